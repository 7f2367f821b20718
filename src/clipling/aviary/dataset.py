"""The data set on disk: JPEG files, class names, descriptions and the fixed split of seen and unseen species.

An image is a function of (seed, species, index) and nothing else. `aviary.json` is written last: a folder that has it
is complete, one that has not is finished by the next call.
"""

import io
from pathlib import Path
from zlib import crc32

import numpy as np

from clipling import files
from clipling.aviary.scene import draw_bird
from clipling.aviary.species import SPECIES, Species
from clipling.contracts.errors import InputError, refuse_below
from clipling.contracts.limits import require_seed

_SEAL = "aviary.json"
_DRAWING = 1  # to be raised whenever the same seed would draw other pictures


def bird_image(species: Species, index: int, *, seed: int = 0) -> bytes:
    """The JPEG file of the index-th picture of a species, 64 x 64 pixels."""
    rng = np.random.default_rng([seed, crc32(species.key.encode()), index])
    stream = io.BytesIO()
    draw_bird(species, rng).save(stream, format="JPEG", quality=92)
    return stream.getvalue()


def write_aviary(root: Path, *, train: int = 24, held_out: int = 10, seed: int = 0) -> Path:
    """Write the data set into `root` and return it; a complete one of the same counts and seed is left as it is.

    train, held_out: images of each species; unseen species get the held-out ones only. `root/split` holds the split.
    Raises InputError for counts below 1, a negative seed, or a `root` that holds anything but this data set.
    """
    order = {"drawing": _DRAWING, "train": train, "held_out": held_out, "seed": seed}
    _check(order, root)
    if (root / _SEAL).exists():
        return root
    files.write_json(root / f".{_SEAL}", order)  # tells an interrupted write from a folder of other files
    _write_images(root, train, held_out, seed)
    files.write_text(root / "classes.csv", "class,name\n" + "".join(f"{bird.key},{bird.name}\n" for bird in SPECIES))
    rows = [{"class": b.key, "text": b.description, "model": "clipling aviary", "prompt": ""} for b in SPECIES]
    files.write_jsonl(root / "descriptions.jsonl", rows)
    _write_split(root / "split", train, held_out, seed)
    files.write_json(root / _SEAL, order)
    (root / f".{_SEAL}").unlink(missing_ok=True)
    return root


def _check(order: dict[str, int], root: Path) -> None:
    refuse_below(train=(order["train"], 1), held_out=(order["held_out"], 1))
    require_seed(order["seed"])
    if root.exists() and not root.is_dir():
        raise InputError(f"{root}: a file stands where the folder of the data set is needed; choose another place")
    found = next((path for path in (root / _SEAL, root / f".{_SEAL}") if path.exists()), None)
    if found is not None:
        other = files.read_json(found)
        if other != order:
            raise InputError(f"{found}: written with {other}, not {order}; remove {root} or choose another folder")
    elif root.exists() and any(root.iterdir()):
        raise InputError(f"{root}: holds something else already; choose a new or an empty folder")


def _write_images(root: Path, train: int, held_out: int, seed: int) -> None:
    """Write the pictures that are not there yet."""
    for species in SPECIES:
        for index in range(held_out + train * species.seen):
            path = root / "images" / species.key / f"{index:04}.jpg"
            if not path.exists():
                files.write_bytes(path, bird_image(species, index, seed=seed))


def _write_split(folder: Path, train: int, held_out: int, seed: int) -> None:
    """The held-out images of a species are the first ones, so that more training images change no test image."""

    def listing(seen: bool, first: int, last: int) -> list[str]:
        birds = sorted(bird.key for bird in SPECIES if bird.seen == seen)
        return [f"images/{key}/{index:04}.jpg" for key in birds for index in range(first, last)]

    files.write_lines(folder / "train.txt", listing(True, held_out, held_out + train))
    files.write_lines(folder / "id.txt", listing(True, 0, held_out))
    files.write_lines(folder / "ood.txt", listing(False, 0, held_out))
    classes = {
        f"{half}_classes": sorted(bird.key for bird in SPECIES if bird.seen == (half == "seen"))
        for half in ("seen", "unseen")
    }
    files.write_json(folder / "split.json", {**classes, "seed": seed})
