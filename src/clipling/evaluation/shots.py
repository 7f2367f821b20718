"""Few shots: which images of an unseen class are shown, and what is left to be evaluated on.

A draw goes by the SHA-256 of seed, draw and file, class by class: no other class, and no image that is added later,
moves it, and the shots of a smaller number are among those of a larger one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.data.draw import drawn_unseen
from clipling.files import hash_strings


def draw_shots(split: Split, classes: Sequence[str], shots: int, *, seed: int, draw: int) -> tuple[str, ...]:
    """`shots` images of each of these unseen classes, class by class.

    Raises InputError, naming the smallest class, when one has not that many and at least one more to evaluate on.
    """
    if shots < 1:
        raise InputError(f"--shots is {shots}; expected at least 1 image of each class")
    images = defaultdict[str, list[str]](list)
    for file in split.ood:
        images[split.labels[file]].append(file)
    smallest = min(classes, key=lambda label: len(images[label]))
    most = len(images[smallest]) - 1
    if shots > most:
        raise InputError(
            f"--shots is {shots}, but class '{smallest}' has {most + 1} images, and one must be left to evaluate on; "
            + (f"give --shots {most} or fewer" if most > 0 else "add images of it, or leave it out of the split")
        )
    return tuple(
        file
        for label in classes
        for file in sorted(images[label], key=lambda file: hash_strings([str(seed), str(draw), file]))[:shots]
    )


def halves(classes: Sequence[str], *, seed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The classes in two halves that the seed decides, each sorted; of an odd number the first has one more.

    Raises InputError when there are not two classes to divide.
    """
    if len(classes) < 2:
        raise InputError(f"--half divides the unseen classes, of which there are {len(classes)}; it takes at least 2")
    second = set(drawn_unseen(classes, 0.5, seed))
    first = set(classes) - second
    return tuple(sorted(first)), tuple(sorted(second))


def taught(split: Split, shots: Sequence[str]) -> Split:
    """The split as few-shot training sees it: the shots are training images and their classes are seen.

    The shots come last in `train`, and are gone from `ood`.
    """
    shown = set(shots)
    now_seen = {split.labels[file] for file in shots}
    return replace(
        split,
        train=split.train + tuple(shots),
        ood=tuple(file for file in split.ood if file not in shown),
        seen_classes=tuple(sorted({*split.seen_classes, *now_seen})),
        unseen_classes=tuple(label for label in split.unseen_classes if label not in now_seen),
    )
