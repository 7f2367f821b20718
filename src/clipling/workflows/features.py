"""Fill a feature store ahead of training, or on another machine."""

from dataclasses import dataclass
from pathlib import Path

from clipling.contracts.records import OnBadImage
from clipling.training.config import Loading


@dataclass(frozen=True)
class FeaturesMade:
    """A feature store on disk."""

    folder: Path
    images: int
    width: int
    skipped: dict[str, str]

    def __rich__(self) -> str:
        """What a terminal shows."""
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return f"features of {self.images} images, {self.width} wide{skipped}: {self.folder}"


def features(
    data: Path | str,
    teacher: str,
    out: Path | str,
    *,
    split: Path | str | None = None,
    rebuild: bool = False,
    on_bad_image: OnBadImage = "stop",
    hardware: Loading = Loading(),  # noqa: B008  frozen
) -> FeaturesMade:
    """Encode every image with the teacher, for `clipling distill --features`. Only what is new is encoded.

    Parameters
    ----------
    data
        Folder of images, one folder per class, or flat with labels.csv.
    teacher
        open_clip model: ARCHITECTURE/TAG, hf-hub:ORG/NAME or local-dir:PATH; ARCHITECTURE alone has random weights.
    out
        Folder of the features.
    split
        Folder of a split: only its images are encoded.
    rebuild
        Discard features of another teacher, other weights or another preprocessing that lie in `out`.
    on_bad_image
        What to do with an image that cannot be decoded: stop, or skip it and list it.
    hardware
        Where and how it runs.

    """
    from clipling.workflows.distillation.teaching import make_features  # torch and its kin load here, not for --help

    store = make_features(
        Path(data).resolve(),
        teacher,
        Path(out).resolve(),
        split=Path(split) if split else None,
        rebuild=rebuild,
        on_bad_image=on_bad_image,
        hardware=hardware,
    )
    return FeaturesMade(Path(out), len(store.files), store.width, store.skipped)
