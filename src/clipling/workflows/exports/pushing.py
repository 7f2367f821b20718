"""What of a bundle goes to the Hub: the files under its seal, and the text tower beside it where that is asked for."""

from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.deploy.bundle import read_bundle
from clipling.deploy.exports.folder import MANIFEST, read_manifest
from clipling.deploy.hub import require_name
from clipling.deploy.seal import SEAL
from clipling.deploy.tower import tower_beside
from clipling.files import read_json
from clipling.workflows.exports.photographs import bundle_folder


def files_to_send(path: Path, repo: str, *, text: bool) -> dict[str, Path]:
    """By the name there, every file; the bundle is checked first. Raises InputError."""
    require_name(repo, repo)
    folder = bundle_folder(path)
    bundle = read_bundle(folder)
    files = {name: folder / name for name in (*read_json(folder / SEAL), SEAL)}
    if text:
        tower = tower_beside(folder, bundle.config.teacher["weights_hash"])
        if tower is None:
            raise InputError(f"{folder}: no text tower of its teacher beside it; `clipling export --text` makes one")
        files |= {f"text/{name}": tower / name for name in (*read_manifest(tower)["files"], MANIFEST)}
    return files
