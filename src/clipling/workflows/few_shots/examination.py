"""One draw of a few-shot experiment: who is asked what, before and after, and the folder that the figures go to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from lightning_fabric import Fabric
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.data.split import write_split
from clipling.deploy.bundle import Bundle, read_bundle
from clipling.evaluation.few_shot import Logits, part_accuracies
from clipling.files import write_json
from clipling.language.config import TextConfig
from clipling.tensors import cosine
from clipling.training.config import Caching
from clipling.workflows.distillation.images import open_images
from clipling.workflows.distillation.inputs import Inputs, read_inputs
from clipling.workflows.distillation.measurement import encode_bundle
from clipling.workflows.distillation.ship import text_of
from clipling.workflows.few_shots.shots import Experiment, as_run_accuracies
from clipling.workflows.run import Run, open_run, write_config


@dataclass(frozen=True)
class Examination:
    """Who is asked what: the classes of the evaluated images, as rows of a text matrix, and those of each part.

    A part of which the student has no text is absent.
    """

    labels: Int[Tensor, " N"]
    parts: dict[str, Int[Tensor, " P"]]

    @classmethod
    def of(cls, split: Split, parts: Mapping[str, Sequence[str]], text_of: Sequence[str]) -> "Examination":
        """The id images, then the ood images of `split`. text_of: the class of each row of the text matrix."""
        row = {label: number for number, label in enumerate(text_of)}
        labels = [row.get(split.labels[file], -1) for file in split.id + split.ood]
        known = {part: classes for part, classes in parts.items() if row.keys() >= set(classes)}
        rows = {part: torch.tensor([row[label] for label in classes]) for part, classes in known.items()}
        return cls(torch.tensor(labels, dtype=torch.int64), rows)

    def accuracies(self, features: Float[Tensor, "N D"], text: Float[Tensor, "C D"]) -> dict[str, float]:
        """Of each part, by the nearest text."""
        return part_accuracies(self.parts, self.labels, features, nearest(text))


def nearest(text: Float[Tensor, "C D"]) -> Logits:
    """An image fits a class as far as it is near to its text."""
    return lambda features, classes: cosine(features, text[classes])


@dataclass(frozen=True)
class Shown:
    """One draw: what a method is given, and what it answers for."""

    experiment: Experiment
    draw: int
    inputs: Inputs
    """The split with the shots among its training images, last, and gone from those it is evaluated on."""
    shots: tuple[str, ...]
    """Class by class, in the order of the classes of the part that gets them."""
    parts: dict[str, tuple[str, ...]]
    student: Bundle
    features: Float[Tensor, "N D"]
    """What the student, before any shot, makes of the images evaluated on."""

    @property
    def taught_part(self) -> str:
        """The part that the shots are of."""
        return "ood1" if self.experiment.half else "ood"

    @property
    def split(self) -> Split:
        """The split as it goes to disk: the classes of the shots are as unseen as before the shots."""
        split, seen = self.inputs.split, self.parts["id"]
        unseen = sorted(set(split.classes) - set(seen))
        return replace(split, seen_classes=tuple(seen), unseen_classes=tuple(unseen), shots=self.shots)

    @property
    def before(self) -> dict[str, float]:
        """The accuracies of the student as it was shipped."""
        classes = [entry.key for entry in self.student.classes]
        return Examination.of(self.inputs.split, self.parts, classes).accuracies(self.features, self.student.text)


def parts_of(split: Split) -> dict[str, tuple[str, ...]]:
    """The classes of each part, read off the split that a draw left."""
    shown = {split.labels[file] for file in split.shots}
    first, second = (
        tuple(label for label in split.unseen_classes if (label in shown) is taught) for taught in (True, False)
    )
    return {"id": split.seen_classes, **({"ood1": first, "ood2": second} if second else {"ood": first})}


def accuracies_of_draw(run: Run, data: Path | None, hardware: Caching) -> dict[str, Any]:
    """The accuracies of the weights that a draw left, from its bundle and its split alone, as a run has them."""
    config = run.config
    inputs = read_inputs(data or Path(config["data"]), run.split, seed=config["seed"], text=TextConfig())
    bundle = read_bundle(run.student)
    shipped = encode_bundle(bundle, open_images(inputs, bundle.net.image_size, run.folder, hardware), hardware)
    exam = Examination.of(inputs.split, parts_of(inputs.split), [entry.key for entry in bundle.classes])
    return as_run_accuracies(exam.accuracies(torch.cat([shipped.id, shipped.ood]), bundle.text), config["shots"])


def same_texts(inputs: Inputs, student: Bundle) -> None:
    """Raise InputError when a class has another text than the one that the student learned."""
    asked = {entry.key: entry.text for entry in student.classes if entry.text}  # a closed set has none
    for key, before in asked.items():
        now = text_of(inputs, key, student.prompt)
        if now != before:
            raise InputError(
                f"{inputs.root}: the text of class '{key}' is '{now}', but the student learned '{before}', so that "
                "figures before and after would not compare; put the names or descriptions of then back in their place"
            )


def begin(fabric: Fabric, shown: Shown, overwrite: bool) -> None:
    """Open the folder of a draw; nothing is written before, so that what is refused leaves nothing behind."""
    with fabric.rank_zero_first():
        if fabric.global_rank == 0:
            experiment, draw = shown.experiment, shown.draw
            place = experiment.place(draw)
            resume = experiment.started(draw) and not overwrite
            open_run(place.folder, experiment.record(draw), resume=resume, overwrite=overwrite)
            write_config(place, experiment.config(draw))
            write_split(shown.split, place.split)


def conclude(shown: Shown, after: dict[str, float], **more: Any) -> None:
    """Write the figures of a draw; its results.json is what says that it is finished."""
    results = {
        "schema": 1,
        "settings": shown.experiment.record(shown.draw),
        "draw": shown.draw,
        "shots": list(shown.shots),
        "before": shown.before,
        "after": after,
        **more,
    }
    write_json(shown.experiment.place(shown.draw).folder / "results.json", results)
