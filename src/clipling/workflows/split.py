"""Divide the classes of a data set into seen and unseen ones."""

from dataclasses import dataclass
from pathlib import Path

from clipling.contracts.errors import InputError, require
from clipling.contracts.figures import few_choices
from clipling.contracts.records import Split
from clipling.data.listed import read_names
from clipling.data.lists import published_lists
from clipling.data.split import HOLDOUT, make_split, write_split
from clipling.data.unlabelled import is_unlabelled, unlabelled_split
from clipling.workflows.data_folder import open_folder


@dataclass(frozen=True)
class SplitMade:
    """A split and the folder it lies in."""

    split: Split
    folder: Path

    def __rich__(self) -> str:
        """What a terminal shows."""
        split = self.split
        if not split.is_labelled:
            return (
                f"images without classes: {len(split.train)} to train on, {len(split.id)} held out\n"
                f"written to {self.folder}"
            )
        counts = ((split.seen_classes, "seen"), (split.unseen_classes, "unseen"))
        warnings = [warning for classes, which in counts if (warning := few_choices(len(classes), which))]
        return "".join(f"warning: {warning}\n" for warning in warnings) + (
            f"{len(split.seen_classes)} seen classes: {len(split.train)} images to train on, {len(split.id)} to test\n"
            f"{len(split.unseen_classes)} unseen classes: {len(split.ood)} images to test\n"
            f"written to {self.folder}"
        )


def split(
    root: Path | str,
    out: Path | str,
    *,
    seen: float = 0.5,
    holdout: float | None = None,
    seed: int = 0,
    unseen: Path | str | None = None,
    group: str | None = None,
    unlabelled: bool = False,
    overwrite: bool = False,
) -> SplitMade:
    """Divide the classes of a data set into seen and unseen ones, and hold out some images of the seen.

    Parameters
    ----------
    root
        Folder of images, one folder per class, or flat with labels.csv; flat without, they have no classes.
    out
        Folder for train.txt, id.txt, ood.txt and split.json.
    seen
        Share of the classes to train on; 1.0 trains on every class.
    holdout
        Share of each seen class's images kept for testing, 0.3 unless said; of images without classes 0.1.
    seed
        Decides which classes and which images; the same on any machine.
    unseen
        Text file with the unseen classes, one folder name a line, in place of `seen`.
    group
        Regular expression found in a file's path; images with the same match (its first group) stay on one side.
    unlabelled
        Leave classes aside, as if the images had none.
    overwrite
        Replace a split that lies in `out`.

    """
    require(str(out) != "", "out", "empty", "the folder that the split goes to")
    out = Path(out)
    if published := published_lists(out):
        raise InputError(f"{out}: holds {published[0].name}, a list of another split; choose another folder")
    if any((out / name).exists() for name in ("train.txt", "split.json")) and not overwrite:
        raise InputError(f"{out}: holds a split already; --overwrite replaces it")
    without = unlabelled or is_unlabelled(Path(root))
    if without and (unseen or seen != 0.5):
        raise InputError("seen and unseen divide classes, of which these images have none; leave them out")
    own = read_names(Path(unseen)) if unseen else None
    folder = open_folder(Path(root), unlabelled=without)
    if without:
        made = unlabelled_split(folder, holdout=holdout, seed=seed, group=group)
    else:
        share = HOLDOUT if holdout is None else holdout
        made = make_split(folder, seen=seen, holdout=share, seed=seed, unseen=own, group=group)
    write_split(made, out)
    return SplitMade(made, out)
