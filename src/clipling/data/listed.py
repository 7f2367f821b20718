"""Files named in a list or a table: relative to the data root, inside it, and there."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from clipling.contracts.errors import InputError, some


def relative_file(text: str, source: str) -> str:
    """A listed path in its one spelling: POSIX, without `./` and doubled slashes.

    `source` names the list in errors. Raises InputError for a path that is absolute or climbs with `..`.
    """
    path = PurePosixPath(text)
    if path.is_absolute() or PureWindowsPath(text).drive or ".." in path.parts or not path.parts:
        raise InputError(f"{source}: '{text}' leaves the data folder; expected paths relative to it, without '..'")
    return str(path)


def require_files(root: Path, files: Sequence[str], source: str) -> None:
    """Raise InputError unless every file is there under `root`; the message names a few of the missing and counts."""
    missing = [file for file in files if not (root / file).is_file()]
    if missing:
        hint = " (paths take '/', not '\\')" if "\\" in missing[0] else ""
        raise InputError(
            f"{source}: {len(missing)} of its {len(files)} files are missing under {root}: {some(missing)}{hint}; "
            "give the folder that it was made for (to a run whose images have moved: --data), or correct the list"
        )


def require_unique(names: Iterable[str], source: str, what: str) -> None:
    """Raise InputError when a name occurs twice; `what` says what the names are."""
    met: set[str] = set()
    twice = sorted({name for name in names if name in met or met.add(name)})  # type: ignore[func-returns-value]
    if twice:
        raise InputError(f"{source}: {what} listed more than once: {some(twice)}; keep one row of each")
