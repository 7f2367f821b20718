"""What a list or a table names: files relative to the data root, inside it, and there; and names of classes."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from clipling.contracts.errors import InputError, some
from clipling.contracts.names import is_visible, nfc
from clipling.contracts.system import is_utf8_locale, locale_advice
from clipling.files import read_lines


def relative_file(text: str, source: str) -> str:
    """A listed path in its one spelling: POSIX, without `./` and doubled slashes.

    `source` names the list in errors. Raises InputError for a path that is absolute or climbs with `..`.
    """
    path = PurePosixPath(text)
    if path.is_absolute() or PureWindowsPath(text).drive or ".." in path.parts or not path.parts:
        raise InputError(f"{source}: '{text}' leaves the data folder; expected paths relative to it, without '..'")
    return str(path)


def unlistable(file: str) -> str | None:
    """Why no list can hold the name of a file; None where it can."""
    if file != file.strip() or len(file.splitlines()) != 1:
        return "line breaks or outer spaces in its name, which a list cannot hold"
    try:
        file.encode()
    except UnicodeEncodeError:
        if not is_utf8_locale():  # else whole classes would be passed over
            raise InputError(f"{file!a}: {locale_advice()}") from None
        return "its name is not UTF-8"
    return None


def files_on_disk(root: Path, files: Sequence[str], source: str) -> list[str]:
    """The files under `root` as they are on disk, in order; composed and decomposed accents find the same file.

    Raises InputError where some are missing, or where two of the list are one; the message names a few and counts.
    """
    folders: dict[str, dict[str, str]] = {}
    found = {file: _on_disk(root, file, folders) for file in files}
    missing = [file for file, there in found.items() if there is None]
    if missing:
        hint = " (paths take '/', not '\\')" if "\\" in missing[0] else ""
        raise InputError(
            f"{source}: {len(missing)} of its {len(files)} files are missing under {root}: {some(missing)}{hint}; "
            "give the folder that it was made for (to a run whose images have moved: --data), or correct the list"
        )
    there = [str(found[file]) for file in files]
    require_unique(there, source, "files")
    return there


def _on_disk(root: Path, file: str, folders: dict[str, dict[str, str]]) -> str | None:
    """The path of a file as the disk has it, None where there is none; `folders` keeps the listings seen so far."""
    if not file.isascii():
        here = ""
        for part in PurePosixPath(file).parts:
            if here not in folders:
                folders[here] = _listing(root / here)
            name = folders[here].get(part) or folders[here].get(nfc(part)) or part
            here = f"{here}/{name}".lstrip("/")
        file = here
    return file if (root / file).is_file() else None


def _listing(folder: Path) -> dict[str, str]:
    """The names in a folder by themselves and in NFC; none where it cannot be listed."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return {}
    return {nfc(name): name for name in names} | {name: name for name in names}


def require_unique(names: Iterable[str], source: str, what: str) -> None:
    """Raise InputError when a name occurs twice; `what` says what the names are."""
    met: set[str] = set()
    twice = sorted({name for name in names if name in met or met.add(name)})  # type: ignore[func-returns-value]
    if twice:
        raise InputError(f"{source}: {what} listed more than once: {some(twice)}; keep one row of each")


def read_names(path: Path) -> list[str]:
    """The class names of a text file, one a line, in NFC; InputError for none, and for one that shows nothing."""
    return require_names((nfc(line) for line in read_lines(path)), str(path))


def require_names(names: Iterable[str], source: str) -> list[str]:
    """The names; InputError where there are none, and for one of control or zero-width characters alone."""
    names = list(names)
    if not names:
        raise InputError(f"{source}: no class names; expected at least one")
    if blank := next((name for name in names if not is_visible(name)), None):
        raise InputError(f"{source}: class name {blank!a} shows nothing; expected a name that can be read")
    return names
