"""The features of a finished run, part by part: its student's from the bundle, its teacher's from the store.

Shapes: N images of a part, C classes, D embedding width.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.contracts.records import refuse_retrieval
from clipling.data.loader import Batch, evaluation_loader
from clipling.deploy.bundle import Bundle, read_bundle
from clipling.evaluation.coherence import coherence
from clipling.evaluation.encode import encode_images
from clipling.files import write_json
from clipling.language.config import TextConfig
from clipling.report.page import write_report
from clipling.teacher.store import FeatureStore, open_store
from clipling.teacher.tower import load_teacher
from clipling.training.config import Caching
from clipling.training.devices import default_device
from clipling.workflows.console import counting, say
from clipling.workflows.distillation.images import loading_workers, open_images, workspace
from clipling.workflows.distillation.inputs import Inputs, read_inputs
from clipling.workflows.distillation.measurement import EVALUATION_BATCH
from clipling.workflows.distillation.teaching import default_store, fill_store, same_weights
from clipling.workflows.run import Run

PARTS = ("train", "id", "ood")


class _Taught(NamedTuple):
    id: str
    weights_hash: str


@dataclass(frozen=True)
class RunSpace:
    """What a run's student sees: its bundle, its data, and its features of the parts asked for."""

    run: Run
    bundle: Bundle
    inputs: Inputs
    student: dict[str, Float[Tensor, "N D"]]

    def text(self, part: str) -> Float[Tensor, "C D"]:
        """The texts of the classes of a part, as the student is asked with them."""
        split, row = self.inputs.split, {entry.key: row for row, entry in enumerate(self.bundle.classes)}
        classes = split.unseen_classes if part == "ood" else split.seen_classes
        return self.bundle.text[[row[label] for label in classes]]


def encode_run(run: Run, data: Path | None, hardware: Caching, *, parts: Sequence[str] = PARTS) -> RunSpace:
    """The features that a run's shipped weights give to centre crops of its images, in float32.

    data: where the images are, if not where the run's settings say.
    """
    refuse_retrieval(run.config, run.folder)
    if run.setting("text", dict[str, Any]).get("closed"):
        raise InputError(
            f"{run.folder}: a student of a closed set has a space of its own, not to be compared with texts"
        )
    place = data or run.setting("data", Path | None)
    if place is None:
        raise InputError(f"{run.folder}: its settings do not say where the images are; give --data")
    inputs = read_inputs(place, run.split, seed=run.setting("seed", int), text=TextConfig())
    bundle = read_bundle(run.student)
    images = open_images(inputs, bundle.net.image_size, run.folder, hardware)
    device, workers = default_device(hardware), loading_workers(hardware)
    net = bundle.net.to(device)
    student = {}
    for part in parts:
        rows = range(len(images[part]))
        batches = evaluation_loader(
            images[part], rows, size=net.image_size, batch_size=EVALUATION_BATCH, workers=workers
        )
        student[part] = encode_images(net, _counted(batches, len(rows), part), len(rows), device=device)
    return RunSpace(run, bundle, inputs, student)


def _counted(batches: Iterable[Batch], images: int, part: str) -> Iterator[Batch]:
    with counting(f"student features, {part}") as progress:
        done = 0
        for batch in batches:
            yield batch
            progress(done := done + len(batch.rows), images)


def teacher_store(space: RunSpace, hardware: Caching) -> FeatureStore:
    """The teacher's features of every image of a run: from its store as it is, else completed by the teacher."""
    run, about = space.run, space.bundle.config.teacher
    teacher = _Taught(about["id"], about["weights_hash"])
    made_for = run.setting("data", Path | None) or space.inputs.root  # before the images were moved
    folder = run.setting("features", Path | None) or default_store(workspace(run.folder), made_for, teacher)
    files = space.inputs.split.files
    store = open_store(folder)
    if store is not None and store.key.weights == teacher.weights_hash and all(file in store for file in files):
        return store
    spec = run.setting("teacher", str)
    tower = load_teacher(spec, device=default_device(hardware))
    same_weights(spec, tower, teacher.weights_hash)
    return fill_store(tower, space.inputs.root, files, folder, on_bad_image="stop", hardware=hardware)


def measure_coherence(
    run: Run, data: Path | None, hardware: Caching
) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """Measure every part that has images, put it among the results and on the page of the run, and return it too."""
    path = run.folder / "results.json"
    if "schema" not in run.results:  # asked before the work, and for a run that is not finished
        raise InputError(f"{path}: holds no results of a run; `clipling distill --resume` writes it anew")
    space = encode_run(run, data, hardware)
    store, split = teacher_store(space, hardware), space.inputs.split
    images = {part: len(student) for part, student in space.student.items() if len(student)}
    parts = {}
    for part in images:
        say(f"comparing {images[part]:,} images: {part}")
        parts[part] = coherence(space.student[part], store.rows(getattr(split, part)), space.text(part))
    write_json(path, run.results | {"coherence": parts})
    write_report(run.folder)
    return parts, images
