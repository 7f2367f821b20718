"""The last arrow of training: the weights become a bundle that someone without the data can use."""

from typing import Any

from clipling.deploy.bundle import ClassEntry, write_bundle
from clipling.student import StudentNet
from clipling.workflows.inputs import Inputs
from clipling.workflows.run import Run
from clipling.workflows.settings import Settings
from clipling.workflows.teaching import TeacherSide


def ship(
    run: Run,
    settings: Settings,
    inputs: Inputs,
    side: TeacherSide,
    net: StudentNet,
    *,
    results: dict[str, Any] | None = None,
) -> None:
    """Write the bundle of a finished run, without results before it is measured and with them afterwards."""
    split = inputs.split
    seen = set(split.seen_classes)
    write_bundle(
        run.student,
        net,
        classes=[ClassEntry(key, inputs.names[key], inputs.texts[key], key in seen) for key in split.classes],
        text=side.text,
        teacher=side.about,
        temperature=settings.recipe.losses.temperature,
        template=settings.recipe.text.template,
        results=results,
        about={
            "data": inputs.root.name,
            "split": {"train": len(split.train), "id": len(split.id), "ood": len(split.ood), "seed": split.seed},
            "recipe": settings.recipe.name,
            "epochs": settings.recipe.epochs,
            "seed": settings.seed,
            "started from": _origin(settings),
        },
    )


def _origin(settings: Settings) -> str:
    if settings.init_from:
        return f"the weights of {settings.init_from.name}"
    return "timm's published weights" if settings.pretrained else "random weights"
