"""Errors of the operating system: the one place that says what each means and how to mend it."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clipling.contracts.errors import InputError

_ADVICE = {
    errno.ENOSPC: "no space is left on that disk; free some, or choose another place",
    errno.EDQUOT: "the disk quota is used up; free some, or choose another place",
    errno.EROFS: "that file system is read-only; choose another place",
    errno.EACCES: "permission denied; choose a place you may read and write",
    errno.EPERM: "permission denied; choose a place you may read and write",
    errno.ENOTDIR: "a part of that path is a file, not a folder; choose another place",
    errno.EISDIR: "a folder of that name stands where a file is needed; move it away, or choose another place",
    errno.EEXIST: "a file, or a link that leads nowhere, stands where a folder is needed; choose another place",
    errno.ENAMETOOLONG: "a name in that path is longer than the file system takes; choose a shorter one",
    errno.ELOOP: "its symbolic links lead in a circle; mend the links, or choose another place",
    errno.EFBIG: "the file would grow larger than is allowed; see `ulimit -f`, or choose another disk",
    errno.EMFILE: "this process may not open more files; allow it more with `ulimit -n`",
    errno.ENFILE: "the system may not open more files; close other programs",
    errno.EIO: "the disk reports an error; check it, and the network it may be reached by",
    errno.ESTALE: "the network disk has lost that file; mount it again",
    errno.ENOLCK: "that file system gives no locks; choose another place",
}
_UNMADE = {errno.ENOENT, errno.ENOTSUP, errno.EINVAL}
"""What a place answers, besides, where nothing can be made: /proc, for one."""


def is_utf8_locale() -> bool:
    """Whether names of files are read and written as UTF-8."""
    return sys.getfilesystemencoding().lower().replace("-", "") == "utf8"


def locale_advice() -> str:
    """What to do where the locale cannot say a name."""
    return (
        f"the locale's encoding is {sys.getfilesystemencoding()}, which cannot hold every name; set a UTF-8 locale "
        "(LC_ALL=C.UTF-8), or PYTHONUTF8=1"
    )


def translated(error: OSError | ValueError | RuntimeError) -> InputError | None:
    """The error as the user's to mend; None where the system did not cause it."""
    if isinstance(error, RuntimeError):  # pathlib's before Python 3.13
        return InputError(f"{error}: {_ADVICE[errno.ELOOP]}") if str(error).startswith("Symlink loop") else None
    if isinstance(error, UnicodeEncodeError):
        return None if is_utf8_locale() else InputError(f"{error.object!a}: {locale_advice()}")
    if isinstance(error, ValueError):
        return InputError("a path holds a NUL character; give it without") if _is_nul(error) else None
    if error.errno is None:
        return None
    if error.filename is None and isinstance(error, FileNotFoundError) and _is_homeless():
        return InputError("the working directory no longer exists; change to one that does")
    names = (error.filename, error.filename2)
    places = " -> ".join(os.fsdecode(name) for name in names if isinstance(name, str | bytes))
    reason = _ADVICE.get(error.errno, (error.strerror or f"error {error.errno}").lower())
    return InputError(f"{places}: {reason}" if places else reason)


@contextmanager
def system_errors_translated() -> Iterator[None]:
    """Turn what the system refuses into an InputError; other errors, whose cause is no user's, pass."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        if meant := translated(error):
            raise meant from error
        raise


@contextmanager
def disk_trouble_named(path: Path) -> Iterator[None]:
    """Turn an OSError that the user can mend (full, read-only, forbidden) into an InputError that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in _ADVICE:
            raise InputError(f"cannot write {path}: {_ADVICE[error.errno]}") from error
        raise


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, unless they are there. Raises InputError where that cannot be."""
    with _making(folder, "folder"):
        folder.mkdir(parents=True, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file unless there is one. Raises InputError where that cannot be."""
    with _making(path, "file"):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))


@contextmanager
def _making(path: Path, what: str) -> Iterator[None]:
    with disk_trouble_named(path):
        try:
            yield
        except OSError as error:
            if error.errno in _UNMADE:
                raise InputError(f"cannot write {path}: no {what} can be made there; choose another place") from error
            raise


def _is_nul(error: ValueError) -> bool:
    return "embedded null" in str(error)


def _is_homeless() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False
