"""A language model behind an OpenAI-compatible endpoint, by the official client, which retries with backoff.

The key comes from the environment, appears in no message, and goes to no address but the one that was given. What comes
back is a stranger's: it has a time to arrive in and a size to stay within, and nothing is assumed of its shape.
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from clipling.contracts.errors import InputError
from clipling.contracts.proxy import is_here
from clipling.language.describe import CutOffError, Message, NoAnswerError, RefusedError
from clipling.plain import visible

KEY = "OPENAI_API_KEY"
_USUAL = "https://api.openai.com/v1"


class Endpoint:
    """Answers from `POST base_url/chat/completions`."""

    def __init__(self, model: str, *, base_url: str | None = None, timeout: float = 60, retries: int = 5) -> None:
        """base_url: by default that of OPENAI_BASE_URL, or OpenAI's own. timeout: seconds for one try, to the end of
        the answer. retries: after 429, 5xx, a time-out or a lost connection, after the wait the endpoint asks for or an
        exponential one.

        Raises InputError without the client's package, a key, or a usable address.
        """
        try:
            import openai

            from clipling.language import bounded_http
        except ImportError as error:
            raise InputError(f"source endpoint: {error}; pip install clipling[llm]") from None
        self._errors = openai
        self._model = model
        self._key = _key()
        asked = os.environ.get("OPENAI_BASE_URL") or None if base_url is None else base_url
        if asked is not None and not _is_address(asked):
            said = "OPENAI_BASE_URL" if base_url is None else "base_url"
            raise InputError(f"{said} is '{asked}'; expected an address such as http://localhost:8000/v1")
        address = urlsplit(asked or _USUAL)
        self.address = f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path.rstrip('/')}/"
        self._http, self._seconds, self._by_proxy = bounded_http, timeout, not is_here(address.hostname)
        self._options: dict[str, Any] = {"base_url": asked or _USUAL, "timeout": timeout, "max_retries": retries}
        self._tries = f"after {retries + 1} tries"

    def ask(self, messages: Sequence[Message]) -> str:
        try:
            received = asyncio.run(self._received(messages))
        except (self._errors.BadRequestError, self._errors.UnprocessableEntityError) as refusal:
            raise RefusedError(self._told(refusal)) from None
        except self._errors.OpenAIError as error:
            raise InputError(self._told(error)) from None
        if len(received) > self._http.LARGEST:
            raise NoAnswerError(f"{self.address} sent an answer of more than {self._http.LARGEST} bytes")
        try:
            choice = json.loads(received)["choices"][0]
            text, ending = _text(choice["message"]["content"]), choice.get("finish_reason")
        except (ValueError, RecursionError) as error:
            what = "nested too deeply" if isinstance(error, RecursionError) else "not valid JSON"
            raise NoAnswerError(f"{self.address} sent an answer that is no chat completion ({what})") from None
        except (AttributeError, TypeError, IndexError, KeyError):
            raise NoAnswerError(f"{self.address} sent an answer that is no chat completion") from None
        if ending == "length":
            raise CutOffError(text)
        if ending == "content_filter":
            raise NoAnswerError(f"{self.address} stopped the answer by its content filter")
        return text

    async def _received(self, messages: Sequence[Message]) -> bytes:
        """The body of the answer, one byte longer than the largest where it is too large."""
        async with (
            self._http.BoundedClient(self._seconds, by_proxy=self._by_proxy) as http,
            self._errors.AsyncOpenAI(api_key=self._key, http_client=http, **self._options) as client,
        ):
            completions: Any = client.chat.completions.with_raw_response
            answer = await completions.create(model=self._model, messages=list(messages))
            return bytes(answer.content)

    def _told(self, error: Exception) -> str:
        """What went wrong, and what to do; more specific errors first."""
        names = self._errors
        said = visible(str(getattr(error, "message", error)).replace(self._key, "***")[:300])
        if 300 <= getattr(error, "status_code", 0) < 400:
            headers: Mapping[str, str] = error.response.headers  # type: ignore[attr-defined]
            to = visible(headers.get("location", "nowhere")[:300]).replace(self._key, "***")
            return f"{self.address} redirects to {to}, where the key is not sent; give that address if it is right"
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


def _text(content: Any) -> str:
    """What a message says, also one in parts: of these the texts, one after the other.

    Raises TypeError for anything else.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise TypeError
    parts = [{"text": part} if isinstance(part, str) else part for part in content]
    return "".join(_text(part["text"]) for part in parts if part.get("type", "text") in ("text", "output_text"))


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
