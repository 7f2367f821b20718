"""`clipling pickclutter fetch`: the authors' recorded scenes, from the Hugging Face Hub."""

from dataclasses import dataclass
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.contracts.hub import hub_troubles
from clipling.contracts.system import disk_trouble_named

SOURCE = "xuanlinli17/large_vlm_distillation_ood_pickclutter_demos"
"""The data set on the Hub."""
_KINDS = ("*.h5", "*.hdf5")


@dataclass(frozen=True)
class Fetched:
    """The files that came: how many scenes each holds, of how many objects."""

    files: dict[Path, tuple[int, int]]

    def __rich__(self) -> str:
        """What a terminal shows."""
        return "\n".join(
            f"{path}: {scenes} scenes, {objects} objects" for path, (scenes, objects) in self.files.items()
        )


def fetch(*, to: Path | str = "datasets/pickclutter", source: str = SOURCE, check: bool = False) -> Fetched:
    """Bring the authors' recorded scenes here; goes on where it stopped.

    Parameters
    ----------
    to
        Folder for the files.
    source
        Another data set of recorded scenes on the Hub: ORG/NAME.
    check
        Also read every picture of every scene.

    """
    to = Path(to)
    _download(source, to)
    from clipling.applications.pickclutter.episodes import Episodes

    found = sorted(path for kind in _KINDS for path in to.rglob(kind) if ".cache" not in path.parts)
    if not found:
        raise InputError(f"{to}: no recorded scenes came from '{source}'; expected files named {' or '.join(_KINDS)}")
    came = {}
    for path in found:
        episodes = Episodes(path)
        came[path] = (len(episodes), len(episodes.objects))
        if check:
            for _ in episodes:
                pass
    return Fetched(came)


def _download(source: str, to: Path) -> None:
    from huggingface_hub import errors, snapshot_download

    try:
        with disk_trouble_named(to):
            snapshot_download(source, repo_type="dataset", local_dir=to, allow_patterns=list(_KINDS), max_workers=2)
    except errors.RepositoryNotFoundError as error:
        raise InputError(f"'{source}': no such data set on the Hub, or not one that you may reach") from error
    except hub_troubles() as error:
        reason = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InputError(
            f"'{source}': the Hub is out of reach ({reason}); give the command again to go on, or bring the files here "
            "by another way: they are read as they are. Without a network, clipling pickclutter simulate makes scenes"
        ) from error
