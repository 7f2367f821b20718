"""From an original archive, or a folder it was unpacked into, to ROOT/<class>/<image>.

The lists name the class and the file of every image, so that no annotation of the archive is read: an image is found by
the two folders above it (`bakery/shop` is the class `bakery_shop`), or, where all lie in one folder, by its name.
"""

import errno
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from clipling.contracts.errors import InputError, some
from clipling.contracts.records import class_of
from clipling.data.decode import readable_extensions
from clipling.data.sets.catalogue import DataSet
from clipling.data.sets.download import Progress
from clipling.files import atomic

Locate: TypeAlias = Callable[[tuple[str, ...]], str | None]
"""From the parts of a path in the original to <class>/<image>, or None for what is not wanted."""
_Found: TypeAlias = Iterator[tuple[tuple[str, ...], Callable[[Path], None]]]
"""Every file of an original: the parts of its path, and what brings it to a place."""
_APART = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.EMLINK)
"""Why a file system may refuse a second name for a file."""
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, RuntimeError)
"""What the libraries raise over an archive; RuntimeError is zipfile's for a password and an unknown compression."""
_LARGEST = 1 << 28
"""Bytes of an image, many times the largest there is: what unpacks to more is no image, and would fill the memory."""


def bring(
    data_set: DataSet, origin: Path, wanted: Collection[str], root: Path, progress: Progress | None = None
) -> None:
    """Put every wanted <class>/<image> under `root` that is not there yet; the original stays as it is.

    origin: a folder (its files get a second name, or are copied where that cannot be), a tar or a zip archive.
    Raises InputError when the original is unreadable, or lacks images.
    """
    left = {file for file in wanted if not (root / file).exists()}
    locate = _by_list(left, data_set.flat)
    for parts, put in _files(origin) if left else ():
        file = locate(parts)
        if file in left:
            put(root / file)
            left.remove(file)
            if progress is not None:
                progress(len(wanted) - len(left), len(wanted))
        if not left:
            break
    if left:
        raise InputError(
            f"{origin}: {len(left)} of the {len(wanted)} images of {data_set.name} are not in it: "
            f"{some(sorted(left))}; expected them as in {data_set.layout}"
        )


def bring_classes(data_set: DataSet, origin: Path, classes: Collection[str], root: Path) -> None:
    """Put every image of train/<class>/ under `root`, for a data set without published lists.

    Raises InputError when classes and images, with those that were there, are not as many as the data set has.
    """
    endings = readable_extensions()
    for parts, put in _files(origin):
        if parts[-3:-2] == ("train",) and parts[-2] in classes and PurePosixPath(parts[-1]).suffix.lower() in endings:
            target = root / parts[-2] / parts[-1]
            if not target.exists():
                put(target)
    places = (path for label in classes for path in (root / label).glob("[!.]*"))
    files = [f"{path.parent.name}/{path.name}" for path in places if path.suffix.lower() in endings]
    labels = {class_of(file) for file in files}
    if (len(labels), len(files)) != (data_set.classes, data_set.images):
        poor = too_few(data_set, files)
        raise InputError(
            f"{origin}: with it {root} holds {len(labels)} classes and {len(files):,} images of {data_set.name}, "
            f"expected {data_set.classes} and {data_set.images:,}, as in {data_set.layout}"
            + (f"; fewer than {data_set.fewest} images: {some(poor)}" if poor else "")
            + "; give a whole copy, and remove what is not of it"
        )


def too_few(data_set: DataSet, files: Iterable[str]) -> list[str]:
    """The classes that have fewer images than any of the data set should, each with their number."""
    held = Counter(map(class_of, files))
    return [f"{label} ({number})" for label, number in sorted(held.items()) if number < data_set.fewest]


def _by_list(wanted: Collection[str], flat: str | None) -> Locate:
    names = {PurePosixPath(file).name: file for file in wanted}

    def locate(parts: tuple[str, ...]) -> str | None:
        above, folder, name = ("", "", *parts)[-3:]
        for file in (f"{folder}/{name}", f"{above}_{folder}/{name}"):
            if file in wanted:
                return file
        return names.get(name) if folder == flat else None

    return locate


def _files(origin: Path) -> _Found:
    if origin.is_dir():
        return _in_folder(origin)
    if not origin.is_file():
        raise InputError(f"{origin}: no such file or folder; give the original archive, or what it was unpacked into")
    if zipfile.is_zipfile(origin):
        return _in_zip(origin)
    if tarfile.is_tarfile(origin):
        return _in_tar(origin)
    raise InputError(f"{origin}: neither a folder nor a tar or zip archive; give the original archive as it is")


def _in_folder(origin: Path) -> _Found:
    for here, folders, names in os.walk(origin.absolute()):
        folders.sort()
        for file in (Path(here, name) for name in sorted(names)):
            if file.is_file():
                yield file.parts, partial(_link_or_copy, file)


def _in_tar(origin: Path) -> _Found:
    with _damage_named(origin), tarfile.open(origin, "r|*") as archive:
        for member in archive:
            if member.isreg() and (stream := archive.extractfile(member)) is not None:
                yield PurePosixPath(member.name).parts, partial(_write, origin, stream.read)


def _in_zip(origin: Path) -> _Found:
    with _damage_named(origin), zipfile.ZipFile(origin) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                with archive.open(member) as stream:
                    yield PurePosixPath(member.filename).parts, partial(_write, origin, stream.read)


@contextmanager
def _damage_named(origin: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise InputError(
            f"{origin}: damaged, or packed in a way that is not read here ({error}); get it again, or unpack it and "
            "give the folder"
        ) from error


def _write(origin: Path, read: Callable[[int], bytes], to: Path) -> None:
    with _damage_named(origin), atomic(to, synced=False) as part:
        content = read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise InputError(
                f"{origin}: {to.parent.name}/{to.name} unpacks to more than {_LARGEST >> 20} MiB, which no image of "
                "the original has; get the archive again"
            )
        part.write_bytes(content)


def _link_or_copy(file: Path, to: Path) -> None:
    with atomic(to, synced=False) as part:
        try:
            os.link(os.path.realpath(file), part)
        except OSError as error:
            if error.errno not in _APART:
                raise
            shutil.copyfile(file, part)
