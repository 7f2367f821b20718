"""The folder of an export: its files, and a manifest that says what they are and how well they repeat the student."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clipling.contracts.conform import conform
from clipling.contracts.errors import InputError
from clipling.deploy.folder import whole_folder
from clipling.files import hash_file, read_json, write_json

MANIFEST = "manifest.json"
SCHEMA = 1


@contextmanager
def export_folder(out: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """Yield an empty folder to fill; `manifest` is read once it is full, and the folder then stands at `out`.

    An export that stood there is replaced. Raises InputError where anything else stands.
    """
    refuse_other_content(out)
    with whole_folder(out) as folder:
        yield folder
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        hashes = {path.relative_to(folder).as_posix(): hash_file(path) for path in files}
        write_json(folder / MANIFEST, {"schema": SCHEMA, **manifest, "files": hashes})


def refuse_other_content(out: Path) -> None:
    """Raise InputError unless `out` is free, empty, or an export."""
    if out.is_dir() and (not any(out.iterdir()) or (out / MANIFEST).is_file()):
        return
    if out.exists():
        raise InputError(f"{out}: holds something else than an export, which would be deleted; choose another --out")


def read_manifest(folder: Path) -> dict[str, Any]:
    """What `folder` says it holds, its files checked. Raises InputError naming what is absent or changed."""
    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder}: holds no {MANIFEST}; expected a folder that `clipling export` made")
    manifest = read_json(folder / MANIFEST)
    if (
        not isinstance(manifest, dict)
        or manifest.get("schema") != SCHEMA
        or not isinstance(manifest.get("files"), dict)
    ):
        raise InputError(f"{folder / MANIFEST}: no manifest of schema {SCHEMA}; export again")
    for name, digest in conform(dict[str, str], manifest["files"], f"{folder / MANIFEST}: files").items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{folder / MANIFEST}: '{name}' lies outside of the export; export again")
        if not path.is_file() or hash_file(path) != digest:
            raise InputError(f"{path}: missing, or changed since the export; export again")
    return manifest
