"""Files that are either complete or absent: atomic writes, hashes, and JSON with errors a person can act on.

Every write goes to a temporary file in the same folder, is synced, then renamed. A full or read-only disk becomes an
`InputError` that names the file. A temporary file whose process was killed goes when another one writes in that folder.
"""

import errno
import hashlib
import io
import json
import os
import re
import socket
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from clipling.contracts.documents import parse_json, parse_yaml
from clipling.contracts.errors import InputError
from clipling.contracts.system import disk_trouble_named, make_folder, translated

if TYPE_CHECKING:
    import numpy as np

_NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EISDIR}
"""What CIFS, VirtualBox and FUSE answer when a folder is to be synced."""
_TEMPORARY = re.compile(r"\..+?(\.(?P<machine>[0-9a-f]{8}))?\.(?P<process>[0-9]+)\.part")
_DAY = 24 * 60 * 60
_BLOCK = 1 << 20
_swept = set[tuple[int, Path]]()
_sweeping = Lock()


@contextmanager
def atomic(path: Path, *, synced: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is synced and takes its place, else it is removed.

    synced: False for one of very many files, whose writer syncs once for all of them.
    """
    partial = path.with_name(f".{path.name}.{_machine()}.{os.getpid()}.part")
    make_folder(path.parent)
    with disk_trouble_named(path):
        _sweep(path.parent.absolute())
        try:
            yield partial
            if synced:
                sync(partial)
            partial.replace(path)
            if synced:
                sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk; not every file system can do so for a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC or not path.is_dir():
            raise
    finally:
        os.close(descriptor)


def abandoned(folder: Path) -> list[Path]:
    """Temporary files in a folder that no running process is writing.

    Of this machine's processes that is known; what another machine left counts when it is a day old.
    """
    found = []
    for path in folder.iterdir():
        if named := _TEMPORARY.fullmatch(path.name):
            here = named["machine"] in (None, _machine())
            with suppress(OSError):  # it is gone already
                if not _is_running(int(named["process"])) if here else time.time() - path.stat().st_mtime > _DAY:
                    found.append(path)
    return found


def _sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder, before this one writes there for the first time."""
    with _sweeping:
        if (os.getpid(), folder) in _swept:
            return
        _swept.add((os.getpid(), folder))
        with suppress(OSError):  # where that is not allowed, writing may be
            for left in abandoned(folder):
                left.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    if process == os.getpid():  # asked before this one writes: an earlier one had the number, as in containers
        return False
    if os.name == "nt":
        return True  # os.kill would end it
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


@cache
def _machine() -> str:
    """Eight letters for this machine, so that processes of another one are not looked for here."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path`, atomically."""
    with atomic(path) as partial:
        partial.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text with Unix line ends to `path`, atomically; what of a path is not UTF-8 as JSON escapes it."""
    write_bytes(path, content.encode(errors="backslashreplace"))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically. NaN and infinity are refused: they are no JSON."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Write one JSON value a line, atomically."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows))


def write_array(path: Path, array: "np.ndarray[Any, Any]") -> None:
    """Write `array` as .npy, atomically."""
    import numpy as np  # the rest of this module is for those who do without

    buffer = io.BytesIO()  # numpy reports a full disk without the system's number when it writes the file itself
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


def take_space(path: Path, count: int) -> None:
    """Fill the last `count` bytes by ordinary writes: on a full disk they fail, where a memory map would kill."""
    with path.open("r+b") as stream:
        stream.seek(-count, os.SEEK_END)
        for start in range(0, count, _BLOCK):
            stream.write(bytes(min(_BLOCK, count - start)))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write one string a line, atomically. They must be UTF-8, as whoever reads them takes them as they stand."""
    write_bytes(path, "".join(f"{line}\n" for line in lines).encode())


def read_text(path: Path) -> str:
    """The UTF-8 text of `path`. Raises InputError when it is absent, no file, or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (IsADirectoryError, NotADirectoryError):
        raise InputError(f"{path}: expected a file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except (OSError, ValueError) as error:
        raise (translated(error) or error) from error


def read_lines(path: Path) -> list[str]:
    """The lines of a text file without line ends; empty lines are dropped."""
    return [line.strip() for line in read_text(path).splitlines() if line.strip()]


def read_json(path: Path) -> Any:
    """The JSON value in `path`, plain as `parse_json` says. Raises InputError with the line where it breaks."""
    try:
        return parse_json(read_text(path))
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON ({error})") from None


def read_jsonl(path: Path) -> list[Any]:
    """The JSON values of a file with one a line. Raises InputError with the line where it breaks."""
    rows = []
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            try:
                rows.append(parse_json(line))
            except ValueError as error:
                reason = str(error).removeprefix("line 1: ")
                raise InputError(f"{path}: line {number} is not valid JSON ({reason})") from None
    return rows


def read_yaml(path: Path) -> Any:
    """The YAML value in `path`, plain as `parse_yaml` says. Raises InputError with the line where it breaks."""
    try:
        return parse_yaml(read_text(path))
    except ValueError as error:
        raise InputError(f"{path}: not valid YAML ({error})") from None


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def hash_strings(strings: Iterable[str]) -> str:
    """SHA-256 of a sequence of strings, in hexadecimal; the order counts. Paths need not be UTF-8."""
    digest = hashlib.sha256()
    for string in strings:
        digest.update(string.encode(errors="surrogateescape") + b"\0")
    return digest.hexdigest()
