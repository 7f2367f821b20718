"""The seal of a folder: the SHA-256 of every file in it, so that a copy that lost or changed something is noticed.

It guards against accidents, not against malice: whoever changes a file can change its hash. What is read afterwards is
checked as if it came from a stranger.
"""

from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.files import hash_file, read_json, write_json

SEAL = "hashes.json"
_FOREIGN = "this bundle was not written by clipling"


def seal(folder: Path) -> None:
    """Write `hashes.json` over the files that lie in `folder`."""
    files = sorted(path for path in folder.iterdir() if path.name != SEAL)
    write_json(folder / SEAL, {path.name: hash_file(path) for path in files})


def verify(folder: Path, required: tuple[str, ...]) -> None:
    """Raise InputError, naming them, for files that are required but not sealed, sealed but missing, or changed."""
    hashes = read_json(folder / SEAL)
    if not isinstance(hashes, dict) or not all(isinstance(value, str) for value in hashes.values()):
        raise InputError(f"{folder / SEAL}: expected an object of file names and hashes; copy the bundle again")
    for name in hashes:
        if Path(name).name != name:
            raise InputError(f"{folder / SEAL}: '{name}' is no plain file name; {_FOREIGN}")
    if unsealed := [name for name in required if name not in hashes]:
        raise InputError(f"{folder / SEAL}: does not list {', '.join(unsealed)}; {_FOREIGN}")
    missing = [name for name in hashes if not (folder / name).is_file()]
    changed = [name for name in hashes if name not in missing and hash_file(folder / name) != hashes[name]]
    troubles = [f"{what}: {', '.join(names)}" for what, names in (("missing", missing), ("changed", changed)) if names]
    if troubles:
        raise InputError(f"{folder}: the bundle is damaged ({'; '.join(troubles)}); copy it again")
