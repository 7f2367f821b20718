"""Whether an image is still the one that was encoded: size and time of change, and the content where the time differs.

Copying or checking out a data set changes every time of change and no content, so the time alone decides nothing.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from clipling.data.decode import UnreadableImage


class Stamp(NamedTuple):
    """Size in bytes, time of change in nanoseconds, and 63 bits of a hash of the content: three int64."""

    size: int
    mtime_ns: int
    content: int


def stamp_of(path: Path) -> Stamp:
    """The stamp of the file as it is now. Raises UnreadableImage when it cannot be read."""
    try:
        status = path.stat()
        return Stamp(status.st_size, status.st_mtime_ns, _content(path))
    except OSError as error:
        raise UnreadableImage(path, (error.strerror or str(error)).lower()) from error


def confirmed(path: Path, stored: Stamp) -> Stamp | None:
    """`stored` with today's time of change when the file's content is the same, None when it is not, or is gone."""
    try:
        status = path.stat()
        if status.st_size != stored.size:
            return None
        if status.st_mtime_ns != stored.mtime_ns and _content(path) != stored.content:
            return None
    except OSError:
        return None  # whoever encodes it next says what is wrong with it
    return stored._replace(mtime_ns=status.st_mtime_ns)


def _content(path: Path) -> int:
    digest = hashlib.blake2b(digest_size=8)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return int.from_bytes(digest.digest(), "big") >> 1
