"""The last arrow of training: the weights become a bundle that someone without the data can use."""

from typing import Any

from clipling.deploy.bundle import ClassEntry, write_bundle
from clipling.language.prompts import LearnedPrompt
from clipling.student import StudentNet
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.distillation.teaching import TeacherSide
from clipling.workflows.run import Run
from clipling.workflows.settings import Settings


def ship(
    run: Run,
    settings: Settings,
    inputs: Inputs,
    side: TeacherSide,
    net: StudentNet,
    *,
    prompt: LearnedPrompt | None = None,
    results: dict[str, Any] | None = None,
) -> None:
    """Write the bundle of a finished run, without results before it is measured and with them afterwards."""
    split = inputs.split
    seen, closed = set(split.seen_classes), settings.recipe.text.closed
    write_bundle(
        run.student,
        net,
        classes=[
            ClassEntry(key, inputs.names[key], "" if closed else _text_of(inputs, key, prompt), key in seen)
            for key in split.classes
        ],
        text=side.class_text(inputs, prompt),
        teacher=side.about,
        temperature=settings.recipe.losses.temperature,
        template="" if closed else settings.recipe.text.template,
        prompt=None if prompt is None or closed else prompt.context,
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


def _text_of(inputs: Inputs, key: str, prompt: LearnedPrompt | None) -> str:
    return inputs.texts[key][0] if prompt is None else f"[{len(prompt.context)} learned vectors] {inputs.bare[key]}"


def _origin(settings: Settings) -> str:
    if settings.init_from:
        return f"the weights of {settings.init_from.name}"
    return "timm's published weights" if settings.pretrained else "random weights"
