"""A language model behind an OpenAI-compatible endpoint, by the official client, which retries with backoff.

The key comes from the environment and appears in no message.
"""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlsplit

from clipling.contracts.errors import InputError
from clipling.contracts.proxy import is_here, reached_directly
from clipling.language.describe import CutOffError, Message, NoAnswerError, RefusedError

KEY = "OPENAI_API_KEY"


class Endpoint:
    """Answers from `POST base_url/chat/completions`."""

    def __init__(self, model: str, *, base_url: str | None = None, timeout: float = 60, retries: int = 5) -> None:
        """base_url: by default that of OPENAI_BASE_URL, or OpenAI's own. timeout: seconds for one try. retries: after
        429, 5xx, a time-out or a lost connection, after the wait the endpoint asks for or an exponential one.

        Raises InputError without the client's package, a key, or a usable address.
        """
        try:
            import openai
        except ImportError as error:
            raise InputError(f"source endpoint: {error}; pip install clipling[llm]") from None
        self._errors = openai
        self._model = model
        self._key = _key()
        asked = os.environ.get("OPENAI_BASE_URL") or None if base_url is None else base_url
        if asked is not None and not _is_address(asked):
            said = "OPENAI_BASE_URL" if base_url is None else "base_url"
            raise InputError(f"{said} is '{asked}'; expected an address such as http://localhost:8000/v1")
        here = asked is not None and is_here(urlsplit(asked).hostname)
        with reached_directly() if here else nullcontext():
            self._client = openai.OpenAI(api_key=self._key, base_url=asked, timeout=timeout, max_retries=retries)
        self._tries = f"after {retries + 1} tries"
        address = urlsplit(str(self._client.base_url))
        self.address = f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}"

    def ask(self, messages: Sequence[Message]) -> str:
        try:
            completion: Any = self._client.chat.completions.create(model=self._model, messages=list(messages))  # type: ignore[arg-type]
        except (self._errors.BadRequestError, self._errors.UnprocessableEntityError) as refusal:
            raise RefusedError(self._told(refusal)) from None
        except self._errors.OpenAIError as error:
            raise InputError(self._told(error)) from None
        except ValueError:  # JSON cut off or none at all
            raise NoAnswerError(f"{self.address} sent an answer that is not valid JSON") from None
        try:
            text, ending = completion.choices[0].message.content, completion.choices[0].finish_reason
        except (AttributeError, TypeError, IndexError):  # the client checks no shapes
            raise NoAnswerError(f"{self.address} sent an answer that is no chat completion") from None
        if ending == "length":
            raise CutOffError(text or "")
        if ending == "content_filter":
            raise NoAnswerError(f"{self.address} stopped the answer by its content filter")
        return text or ""

    def _told(self, error: Exception) -> str:
        """What went wrong, and what to do; more specific errors first."""
        names = self._errors
        said = str(getattr(error, "message", error)).replace(self._key, "***")[:300]
        for kind, words in {
            names.AuthenticationError: f"refuses the key in {KEY} (status 401); set a valid one",
            names.PermissionDeniedError: f"says that the key in {KEY} may not use '{self._model}' (status 403)",
            names.NotFoundError: f"knows no model '{self._model}', or is no such address ({said})",
            names.BadRequestError: f"refuses this question, status 400 ({said})",
            names.UnprocessableEntityError: f"refuses this question, status 422 ({said})",
            names.RateLimitError: f"still answers 429, too many requests or no credit left, {self._tries} ({said}); "
            "wait, or give a smaller --concurrency",
            names.APITimeoutError: f"has not answered in time {self._tries}; give a larger --timeout",
            names.APIConnectionError: f"cannot be reached {self._tries} ({error.__cause__ or said}); is it running?",
        }.items():
            if isinstance(error, kind):
                return f"{self.address} {words}".replace(self._key, "***")
        return f"{self.address} failed {self._tries}: {said}"


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # what is no number is told only here
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _key() -> str:
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise InputError(
            f"{KEY} is not set; put the endpoint's key into it (any word, where the endpoint asks for none)"
        )
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise InputError(f"{KEY} holds characters that no key has, such as spaces; copy the key again")
    return key
