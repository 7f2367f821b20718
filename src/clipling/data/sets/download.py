"""A download that goes on where it stopped: what has come lies in FILE.part, and the server is asked for the rest.

A file is only given its name once it was found to be the right one.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from clipling.contracts.errors import InputError
from clipling.contracts.system import disk_trouble_named, make_folder
from clipling.files import sync

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is to do."""
PAUSES = (1.0, 2.0, 4.0)
"""Seconds to wait before each further try, as long as none brings anything new."""
_BLOCK = 1 << 20
_MEGABYTE = 1_000_000
_TIMEOUT = 60
_PASSING = (408, 425, 429, 500, 502, 503, 504)
"""HTTP states that may be better a moment later."""
_INSTEAD = "without a network, or a source, files you have are taken by --lists and --images"
_RANGE_NOT_SATISFIABLE = 416


def download(url: str, to: Path, *, right: Callable[[Path], bool], progress: Progress | None = None) -> None:
    """Bring `url` to the file `to`, continuing an earlier attempt; a right file that is there is left as it is.

    right: says of a complete file whether it is the one expected. progress: called with megabytes.
    Raises InputError when the source does not answer, answers with something else, or `to` is another file.
    """
    if to.exists():
        if not right(to):
            raise InputError(f"{to}: not the file that {url} is known for; move it away and give the command again")
        return
    part = to.with_name(f"{to.name}.part")
    make_folder(to.parent)
    _persist(url, part, progress)
    if not right(part):
        part.unlink()
        raise InputError(
            f"{url}: what came is not the file as published (by its checksum) and was removed; give the command again, "
            "and if that changes nothing get the file from elsewhere"
        )
    with disk_trouble_named(to):
        sync(part)
        part.replace(to)


def _persist(url: str, part: Path, progress: Progress | None) -> None:
    """Try until all has come; give up after several tries in a row that brought nothing new."""
    most, tries = _size(part), 0
    while True:
        try:
            return _continue(url, part, progress)
        except HTTPError as error:
            if error.code == _RANGE_NOT_SATISFIABLE and _size(part):
                return None  # nothing is left to send; the checksum decides
            if error.code not in _PASSING:
                raise InputError(f"{url}: the server answers {error.code} {error.reason}; {_INSTEAD}") from None
            trouble: Exception = error
        except (OSError, HTTPException) as error:
            trouble = error
        tries, most = (0, _size(part)) if _size(part) > most else (tries + 1, most)
        if tries > len(PAUSES):
            kept = f"; the {most:,} bytes that came are kept, give the command again to go on" if most else ""
            raise InputError(f"{url}: {trouble}{kept}; {_INSTEAD}") from None
        if tries:
            time.sleep(PAUSES[tries - 1])


def _continue(url: str, part: Path, progress: Progress | None) -> None:
    """Ask once for what is missing. Raises OSError or HTTPException when it fails, HTTPError when it is refused."""
    have = _size(part)
    asked = Request(url, headers={"User-Agent": "clipling", "Accept-Encoding": "identity"})
    if have:
        asked.add_header("Range", f"bytes={have}-")
    with urlopen(asked, timeout=_TIMEOUT) as answer:
        goes_on = answer.status == 206
        if goes_on and not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            raise HTTPException(f"asked for the bytes from {have:,} on, the server sent others")
        start = have if goes_on else 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else 0
        with disk_trouble_named(part), part.open("ab" if goes_on else "wb") as stream:
            _copy(answer, stream, start, total, progress)
    if total > _size(part):
        raise ConnectionError(f"the connection broke after {_size(part):,} of {total:,} bytes")


def _copy(answer: HTTPResponse, stream: BinaryIO, done: int, total: int, progress: Progress | None) -> None:
    while block := answer.read(_BLOCK):
        stream.write(block)
        done += len(block)
        if progress is not None:
            progress(done // _MEGABYTE, total // _MEGABYTE)


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
