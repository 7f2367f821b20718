"""Draw classes and images in the order of the SHA-256 of seed and name.

No generator is involved: every machine and every version draws the same. An image added later leaves the
others in their order; only those at the edge of a share may change sides.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import floor

from clipling.contracts.errors import InputError, some, unknown
from clipling.contracts.names import nfc
from clipling.data.listed import require_names, require_unique


def _rank(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}\0{name}".encode()).hexdigest()


def drawn_unseen(classes: Sequence[str], seen: float, seed: int) -> list[str]:
    if seen == 1:
        return []
    count = min(max(floor(seen * len(classes) + 0.5), 1), len(classes) - 1)
    return sorted(classes, key=lambda label: _rank(seed, label))[count:]


def named_unseen(classes: Sequence[str], unseen: Sequence[str]) -> Sequence[str]:
    unseen = require_names(map(nfc, unseen), "unseen classes")
    for label in unseen:
        if label not in classes:
            raise unknown("class among the unseen", label, classes)
    require_unique(unseen, "unseen classes", "classes")
    if len(unseen) == len(classes):
        raise InputError(f"all {len(classes)} classes are named as unseen; at least one must be left to train on")
    return unseen


def bursts(files: Sequence[str], group: str | None) -> dict[str, str]:
    """The burst of each image; an image on its own is a burst named like itself."""
    if group is None:
        return {file: file for file in files}
    try:
        matches = {file: re.search(group, file) for file in files}
    except re.error as error:
        raise InputError(f"group: '{group}' is no regular expression ({error})") from None
    if not any(matches.values()):
        raise InputError(f"group: '{group}' matches none of the {len(files)} paths, such as '{files[0]}'")
    # The prefixes keep the key of a burst apart from the name of a single file.
    return {
        file: f"burst {match[1] if match.re.groups and match[1] is not None else match[0]}" if match else f"file {file}"
        for file, match in matches.items()
    }


def held_out(images: Mapping[str, list[str]], holdout: float, seed: int, bursts: Mapping[str, str]) -> set[str]:
    """The files that go to `id`, burst by burst. A burst that spans classes goes where its first class put it."""
    goes_to_id: dict[str, bool] = {}
    too_small = []
    for label, files in images.items():
        members = defaultdict[str, list[str]](list)
        for file in files:
            members[bursts[file]].append(file)
        sizes = {burst: len(its) for burst, its in members.items()}
        open_ones = sorted((burst for burst in sizes if burst not in goes_to_id), key=lambda burst: _rank(seed, burst))
        held = sum(size for burst, size in sizes.items() if goes_to_id.get(burst, False))
        chosen = _chosen(open_ones, sizes, held, max(1, floor(holdout * len(files) + 0.5)))
        goes_to_id |= {burst: burst in chosen for burst in open_ones}
        if len({goes_to_id[burst] for burst in sizes}) < 2:
            too_small.append(label)
    if too_small:
        raise InputError(
            f"{some(too_small)}: seen classes with too few images to hold one out and train on another (images that "
            "`group` keeps together count as one); add images, name them as unseen, or set holdout to 0"
        )
    return {file for files in images.values() for file in files if goes_to_id[bursts[file]]}


def _chosen(bursts: Sequence[str], sizes: Mapping[str, int], held: int, target: int) -> set[str]:
    """The bursts to hold out beside the `held` images: those that bring the number nearer to `target`, at least one."""
    total = sum(sizes.values())
    chosen = set[str]()
    for burst in bursts:
        if 2 * (target - held) > sizes[burst] and held + sizes[burst] < total:
            chosen.add(burst)
            held += sizes[burst]
    if not held and bursts:
        chosen.add(min(bursts, key=lambda burst: sizes[burst]))
    return chosen
