"""Images without classes: known as such, and divided into those that train and those that are held out.

The same record as for labelled images, but without labels: `Split.labels` is empty, `id` holds the images that are
held out, and the seen classes are the names that a run was given, or none.
"""

from pathlib import Path

from clipling.contracts.errors import InputError, require
from clipling.contracts.records import Split
from clipling.data.decode import readable_extensions
from clipling.data.draw import bursts, held_out
from clipling.data.folder import ImageFolder
from clipling.data.foreign_table import suggestion
from clipling.data.label_table import read_labels
from clipling.data.listed import read_names, require_unique
from clipling.data.lists import read_about
from clipling.data.tree import look
from clipling.files import hash_strings

HOLDOUT = 0.1
"""Share of the images that is held out unless another one is asked for."""


def is_unlabelled(root: Path, split: Path | None = None) -> bool:
    """Whether a data set says nothing of classes: its split does not, or, without one, its images lie flat in `root`.

    Flat: at least one image in the folder itself, none in a folder below it, and no table that may give labels.
    """
    if split is not None:
        return bool(read_about(split / "split.json").get("unlabelled"))
    if not (root.is_dir() and _holds_images(root)) or read_labels(root) is not None:
        return False
    tree = look(root)
    return not any("/" in image for image in tree.images) and not suggestion(root, tree)


def unlabelled_split(
    folder: ImageFolder, *, holdout: float | None = None, seed: int = 0, group: str | None = None
) -> Split:
    """Divide images without classes, the same way on every machine.

    holdout: share in [0, 1) that goes to `id`, a tenth unless said; at least one image stays on either side.
    group: images whose paths match this regular expression alike stay on one side, as the frames of one recording.
    Raises InputError for a share out of range, and where the groups leave nothing to hold out.
    """
    holdout = HOLDOUT if holdout is None else holdout
    require(0 <= holdout < 1, "holdout", holdout, "a share in [0, 1)")
    together = bursts(folder.files, group)
    if holdout and len(set(together.values())) < 2:
        raise InputError(f"group: '{group}' keeps all images together, so that none can be held out; give another one")
    held = held_out({"": list(folder.files)}, holdout, seed, together) if holdout else set[str]()
    return Split(
        train=tuple(file for file in folder.files if file not in held),
        id=tuple(file for file in folder.files if file in held),
        ood=(),
        seen_classes=(),
        unseen_classes=(),
        labels={},
        seed=seed,
        dataset_hash=hash_strings(folder.files),
    )


def names_to_choose(path: Path) -> tuple[str, ...]:
    """The class names in a file, one a line, sorted. Raises InputError for fewer than two, and for one twice."""
    names = [" ".join(line.split()) for line in read_names(path)]
    require_unique((name.casefold() for name in names), str(path), "names")
    if len(names) < 2:
        raise InputError(f"{path}: one class name; expected two or more, one a line")
    return tuple(sorted(names))


def _holds_images(folder: Path) -> bool:
    """Whether the folder itself holds an image: the one look that a folder of classes costs."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:  # whoever scans it says so
        return False
    return any(Path(name).suffix.lower() in readable_extensions() and not name.startswith(".") for name in names)
