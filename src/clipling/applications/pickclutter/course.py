"""One training, as a whole: what it is told, where it lies, and what becomes of it.

Shapes: 2 C texts, D embedding width.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from clipling.applications.pickclutter.bundle import BundleConfig, BundledObject, PickBundle, read_bundle, write_bundle
from clipling.applications.pickclutter.exam import Exam, flat, measures_of
from clipling.applications.pickclutter.measures import by_object, over_epochs, without_looking
from clipling.applications.pickclutter.network import PickNet
from clipling.applications.pickclutter.objects import spoken_name
from clipling.applications.pickclutter.scenes import Scenes
from clipling.applications.pickclutter.settings import Settings
from clipling.applications.pickclutter.teaching import TeacherSide
from clipling.applications.pickclutter.words import texts_of
from clipling.files import write_json
from clipling.training.journal import Journal
from clipling.training.loop import Trainee
from clipling.workflows.run import Run
from clipling.workflows.settings import EPOCHS_AVERAGED


@dataclass(frozen=True)
class Course:
    """One training: its settings, its place, its scenes, and the student it starts from, if from one."""

    settings: Settings
    place: Run
    record: dict[str, Any]
    """What config.yaml holds."""
    shots: Path | None = None
    few: int | None = None
    start: PickBundle | None = None


def conclude(
    course: Course, scenes: Scenes, side: TeacherSide, trainee: Trainee[PickNet], exam: Exam, journal: Journal
) -> dict[str, Any]:
    """Ship the student, measure the shipped weights, and write results.json; returns what it says."""
    ship(course, scenes, side, trainee, exam, None)
    bundle = read_bundle(course.place.student)
    answered = exam.answered(bundle.net, bundle.pairs)
    last = journal.last_accuracies(EPOCHS_AVERAGED)
    results: dict[str, Any] = {
        "schema": 1,
        "measures": over_epochs(last),
        "measures_bundle": measures_of(answered),
        "without_looking": flat({part: without_looking(one.present) for part, one in answered.items()}),
        "objects": {part: by_object(one.said, one.present, one.asked) for part, one in answered.items()},
        "asked": {"seen": list(exam.seen), "unseen": list(exam.unseen)},
        "scenes": {name: len(some) for name in ("train", "shots", "id", "ood") if (some := getattr(scenes, name))},
        "seed": course.settings.seed,
        "epochs_averaged": len(last),
    }
    if course.start is not None:
        results["before"] = before_shots(course.start, exam)
    ship(course, scenes, side, trainee, exam, results)
    write_json(course.place.folder / "results.json", results)
    return results


def ship(
    course: Course,
    scenes: Scenes,
    side: TeacherSide,
    trainee: Trainee[PickNet],
    exam: Exam,
    results: dict[str, Any] | None,
) -> None:
    """Write the bundle: without results before it is measured, with them afterwards."""
    settings, context = course.settings, None if trainee.prompt is None else trainee.prompt.context
    texts = texts_of(exam.asked, descriptions=settings.method.descriptions, own=settings.descriptions)
    with torch.no_grad():
        pairs = side.words.pairs([*texts.values()])(torch.empty(0, 0) if context is None else context)
    config = BundleConfig(
        architecture=settings.student,
        width=side.width,
        image_size=settings.image_size,
        teacher=side.about,
        words="closed" if settings.method.closed else "learned" if settings.prompt else "fixed",
        descriptions=settings.method.descriptions,
        about={
            "recipe": settings.recipe,
            "epochs": settings.epochs,
            "seed": settings.seed,
            "scenes": len(scenes.train),
            "shots": len(scenes.shots) if scenes.shots else 0,
            "started from": "timm's published weights" if settings.pretrained else "random weights",
        },
        results=results,
    )
    objects = [BundledObject(one, spoken_name(one), text, one in scenes.taught) for one, text in texts.items()]
    write_bundle(course.place.student, trainee.net, objects, pairs, context, config)


def before_shots(start: PickBundle, exam: Exam) -> dict[str, float]:
    """The measures of the student that the shots were shown to, on the same scenes; of the objects it knows."""
    row = {one.model_id: number for number, one in enumerate(start.objects)}
    known = replace(exam, unseen=tuple(one for one in exam.unseen if one in row))
    places = [row[one] for one in known.asked]
    halves = [half[places] for half in start.pairs.chunk(2)]
    return known.measured(start.net, torch.cat(halves))
