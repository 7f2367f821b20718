"""A bundle on the Hugging Face Hub: brought to the cache of this machine, or sent to a repository of one's own.

`huggingface_hub` does both; it finds the token by itself (HF_TOKEN, or `hf auth login`), and none is ever shown here.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.contracts.hub import hub_troubles

PREFIX = "hf-hub:"
_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_CLOSED = (401, 403, 404)
_OURS = ("*.json", "*.safetensors", "README.md", "text/*")
"""What a bundle may hold; whatever else lies in a repository stays there."""


def place_of(path: str | PathLike[str]) -> Path:
    """The folder that `path` names, which for hf-hub:ORG/NAME, or hf-hub:ORG/NAME@REVISION, is fetched first.

    Raises InputError for a name of another form, and for what cannot be had.
    """
    text = str(path)
    if not text.startswith(PREFIX):
        return Path(path)
    name, _, revision = text.removeprefix(PREFIX).partition("@")
    require_name(name, text)
    from huggingface_hub import snapshot_download

    with _trouble_named(text):
        return Path(snapshot_download(name, revision=revision or None, allow_patterns=list(_OURS)))


def send(files: Mapping[str, Path], name: str, *, public: bool, message: str) -> str:
    """Commit the files, by their names there, to the model repository `name`; returns its address.

    The repository is made if it is absent. Raises InputError for what the Hub does not allow.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    with _trouble_named(name):
        api = HfApi()
        address = str(api.create_repo(name, private=not public, exist_ok=True))
        adds = [CommitOperationAdd(path_in_repo=there, path_or_fileobj=here) for there, here in files.items()]
        api.create_commit(name, adds, commit_message=message)
    return address


def require_name(name: str, given: str) -> None:
    """Raise InputError unless `name`, which stood in `given`, is ORG/NAME."""
    if not _NAME.fullmatch(name):
        raise InputError(f"'{given}': '{name}' is no name of a model on the Hub; expected ORG/NAME")


@contextmanager
def _trouble_named(given: str) -> Iterator[None]:
    from huggingface_hub import errors

    try:
        yield
    except errors.RevisionNotFoundError as error:
        raise InputError(f"'{given}': the model has no such revision; leave it out for the newest") from error
    except hub_troubles() as error:
        if getattr(getattr(error, "response", None), "status_code", None) in _CLOSED:
            raise InputError(
                f"'{given}': no such model, or not one that you may reach; check the spelling, and log in with "
                "`hf auth login`, or set HF_TOKEN, for what is private and for pushing"
            ) from error
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InputError(f"'{given}': the Hub said no, or is out of reach ({reason}); try again later") from error
