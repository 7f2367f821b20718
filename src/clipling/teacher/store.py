"""Features made once and kept under a key: only what is new or changed is encoded again.

The order of work: verify what is there, encode the rest into a journal, publish. Each step can be killed and repeated;
two processes on one store take turns, and the second finds the work done.
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Float
from numpy.lib.format import open_memmap
from torch import Tensor

from clipling.contracts.errors import InputError, unknown
from clipling.contracts.records import OnBadImage
from clipling.files import atomic, hash_file, hash_strings, take_space, write_array, write_json, write_lines
from clipling.locks import locked
from clipling.teacher.decoding import Batch, Failure, batches
from clipling.teacher.features import FeatureStore, read_skipped, read_stamps
from clipling.teacher.journal import Journal
from clipling.teacher.key import TeacherKey
from clipling.teacher.ledger import Ledger
from clipling.teacher.publish import discard, finish, publish, staging
from clipling.teacher.tower import Teacher
from clipling.teacher.views import Views

__all__ = ["FeatureStore", "extract_features", "open_store", "store_features"]

Progress = Callable[[int, int], None]
_log = logging.getLogger(__name__)
_BATCHES_PER_FILE = 4  # what a kill may cost


def extract_features(
    teacher: Teacher,
    root: str | Path,
    files: Iterable[str],
    folder: str | Path,
    *,
    views: Views | None = None,
    batch_size: int = 64,
    workers: int = 0,
    on_bad_image: OnBadImage = "stop",
    rebuild: bool = False,
    progress: Progress | None = None,
) -> FeatureStore:
    """The features of `files` (POSIX paths relative to `root`), from `folder` as far as they are there.

    The image tower runs for new and changed images only; the store keeps what it holds beyond `files`. `views`: how
    often, and how changed, to look at each image, whose rows then are a matrix. `workers` are processes that decode, 0
    means one thread. `on_bad_image`: "stop" at the first image that cannot be read, or "skip" and record them in
    `skipped.json`. `rebuild` discards what is there. `progress(done, total)` is called after each batch. Raises
    InputError for another key than the stored one (naming the differences), a damaged store, an image that cannot be
    read, or features that are not finite (naming the image).
    """
    root, folder, wanted = Path(root), Path(folder), _names(files)
    key, pixels = (teacher.key, teacher.pixels) if views is None else (views.key(teacher.key), views)
    if on_bad_image not in ("stop", "skip"):
        raise unknown("on_bad_image", on_bad_image, ("stop", "skip"))
    with _exclusive(folder):
        stored, ledger = _stored(folder, key, rebuild)
        journal = Journal(folder, key, rows_per_file=_BATCHES_PER_FILE * batch_size)
        resumed = journal.enter_into(ledger)
        todo = [file for file in wanted if not ledger.holds(root, file)]
        skipped = {}
        if todo:
            made = batches(root, todo, pixels, batch_size=batch_size, workers=workers, pin=_on_gpu(teacher))
            report = _counting(progress, len(wanted) - len(todo), len(wanted))
            skipped = _encode(teacher, made, journal, root, on_bad_image, report)
        changed = journal.enter_into(ledger) or resumed
        return _concluded(folder, key, stored, ledger, wanted, skipped, changed)


def open_store(folder: Path) -> FeatureStore | None:
    """The store in `folder`, None where there is none; what a killed process had ready takes its place first."""
    if not folder.is_dir():
        return None
    with _exclusive(folder):
        finish(folder)
        if not (folder / "manifest.json").exists():
            return None
        _mend_skipped(folder)
        return FeatureStore.open(folder)


def store_features(folder: Path, key: TeacherKey, names: Sequence[str], rows: Float[Tensor, "N D"]) -> FeatureStore:
    """A store of rows made elsewhere, such as of pictures that lie in no file of their own; `names` say whose they are.

    What is there already is replaced.
    """
    ledger = Ledger()
    ledger.add(names, rows.cpu().numpy().astype(np.float16), np.zeros((len(names), 3), np.int64))
    with _exclusive(folder):
        _write(folder, key, ledger, names, {})
    return FeatureStore.open(folder)


def _names(files: Iterable[str]) -> list[str]:
    names = list(dict.fromkeys(files))
    if not names:
        raise InputError("no image files were given to encode; expected paths relative to the data root")
    for name in names:
        if "\n" in name or "\r" in name:
            raise InputError(f"{name!r}: a file name with a line break cannot be listed in files.txt; rename it")
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(f"{name!r}: the file name is not valid UTF-8; rename it") from None
    return names


def _exclusive(folder: Path) -> AbstractContextManager[None]:
    """One process at a time; a store on a read-only disk can only be read, so that it needs no lock."""
    if (folder / "manifest.json").exists() and not os.access(folder, os.W_OK):
        return nullcontext()
    return locked(folder / ".lock")


def _stored(folder: Path, key: TeacherKey, rebuild: bool) -> tuple[FeatureStore | None, Ledger]:
    """What the folder holds already, if anything, checked; with `rebuild` nothing."""
    if rebuild:
        discard(folder)
    finish(folder)
    ledger = Ledger()
    if not (folder / "manifest.json").exists():
        return None, ledger
    _mend_skipped(folder)
    stored = FeatureStore.open(folder, expected=key)
    ledger.add(stored.files, stored.image, read_stamps(folder, len(stored)))
    return stored, ledger


def _mend_skipped(folder: Path) -> None:
    """Begin a damaged list of skipped images anew: it only says why an image has no row, which is found out again."""
    try:
        read_skipped(folder)
    except InputError as error:
        _log.warning("%s; the list of skipped images is made anew", error)
        write_json(folder / "skipped.json", {})


def _concluded(
    folder: Path,
    key: TeacherKey,
    stored: FeatureStore | None,
    ledger: Ledger,
    wanted: Sequence[str],
    skipped: dict[str, str],
    changed: bool,
) -> FeatureStore:
    """The store as it is now, written only where something in it is different."""
    earlier = stored.skipped if stored is not None else {}
    skipped = {file: reason for file, reason in {**earlier, **skipped}.items() if file not in ledger.places}
    if stored is None or changed or skipped != earlier:
        order = chain(stored.files if stored is not None else (), wanted, ledger.places)
        _write(folder, key, ledger, list(dict.fromkeys(order)), skipped)
        return FeatureStore.open(folder)
    if ledger.times_differ and os.access(folder, os.W_OK):
        write_array(folder / "stamps.npy", ledger.stamp_table(stored.files))
    return stored


def _encode(
    teacher: Teacher,
    made: Iterable[Batch],
    journal: Journal,
    root: Path,
    on_bad_image: OnBadImage,
    report: Callable[[int], None],
) -> dict[str, str]:
    """Encode into the journal. Returns the files that were skipped with their reasons."""
    skipped: dict[str, str] = {}
    report(0)
    with journal:
        for batch in made:
            if batch.files:
                rows = _rows(teacher, batch.pixels)
                for file, lengths in zip(batch.files, rows.norm(dim=-1), strict=True):
                    if not ((lengths > 0.5) & (lengths < 2)).all():  # NaN, infinity, or no direction at all
                        raise InputError(
                            f"{root / file}: its features are not finite; the teacher's precision may be too low "
                            f"({teacher.precision}), or its weights are broken"
                        )
                journal.add(batch.files, rows.numpy().astype(np.float16), batch.stamps)
            if batch.failures and on_bad_image == "stop":
                raise _stopped(batch.failures[0])
            skipped |= {failure.file: failure.reason for failure in batch.failures}
            report(len(batch.files) + len(batch.failures))
    return skipped


def _rows(teacher: Teacher, pixels: Tensor) -> Tensor:
    """Unit rows on the CPU, (B, D) for images (B, 3, S, S), (B, V, D) for views of them (B, V, 3, S, S)."""
    rows = teacher.encode_image(pixels.flatten(0, -4)).cpu()
    return rows.view(*pixels.shape[:-3], -1)


def _stopped(failure: Failure) -> InputError:
    return InputError(f"{failure.message}; or leave such images out with --on-bad-image skip")


def _counting(progress: Progress | None, done: int, total: int) -> Callable[[int], None]:
    def report(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, total)

    return report


def _on_gpu(teacher: Teacher) -> bool:
    return teacher.device.type == "cuda"


def _write(folder: Path, key: TeacherKey, ledger: Ledger, order: Sequence[str], skipped: dict[str, str]) -> None:
    """Stage and publish the whole store. Files that have no row are left out."""
    order = [file for file in order if file in ledger.places]
    if not order:
        file, reason = next(iter(skipped.items()))
        raise InputError(f"none of the {len(skipped)} images could be read; the first is {file}: {reason}")
    place = staging(folder)
    _, *of_one = ledger.arrays[ledger.places[order[0]][0]].shape
    with atomic(place / "image.npy") as partial:
        image = open_memmap(partial, mode="w+", dtype=np.float16, shape=(len(order), *of_one))
        take_space(partial, image.nbytes)
        ledger.copy_rows(order, image)
        image.flush()
    write_array(place / "stamps.npy", ledger.stamp_table(order))
    write_lines(place / "files.txt", order)
    write_json(place / "skipped.json", skipped)
    sums = {
        "rows": len(order),
        "width": of_one[-1],
        "files": hash_strings(order),
        "image": hash_file(place / "image.npy"),
    }
    write_json(place / "manifest.json", {"schema": 1, **key.as_dict(), **sums})
    publish(folder)
