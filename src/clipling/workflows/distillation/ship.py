"""The last arrow of training: the weights become a bundle that someone without the data can use."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

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
    context = None if prompt is None or closed else prompt.context.detach()
    write_bundle(
        run.student,
        net,
        classes=[
            ClassEntry(key, inputs.names[key], "" if closed else text_of(inputs, key, context), key in seen)
            for key in split.classes
        ],
        text=side.class_text(inputs, prompt),
        teacher=side.about,
        temperature=settings.recipe.losses.temperature,
        template="" if closed else settings.recipe.text.template,
        prompt=context,
        results=results,
        about={
            "data": inputs.root.name,
            "split": {"train": len(split.train), "id": len(split.id), "ood": len(split.ood), "seed": split.seed},
            **_unlabelled(inputs, results),
            "recipe": settings.recipe.name,
            "epochs": settings.recipe.epochs,
            "seed": settings.seed,
            "started from": _origin(settings),
        },
    )


def text_of(inputs: Inputs, key: str, context: Float[Tensor, "M W"] | None) -> str:
    """What a bundle says of the text of a class: the first of its texts, or what stands behind the learned vectors."""
    return inputs.texts[key][0] if context is None else f"[{len(context)} learned vectors] {inputs.bare[key]}"


def _unlabelled(inputs: Inputs, results: dict[str, Any] | None) -> dict[str, str]:
    """What a bundle says of images without classes."""
    if inputs.split.is_labelled:
        return {}
    answers = (results or {}).get("pseudo_labels")
    if not answers:
        return {"labels": "none"}
    said = (
        f"the teacher's answers among {answers['names']} names, where their probability is at least {answers['sure']:g}"
    )
    return {"labels": f"{said}: of {answers['images']} of {answers['of']} images"}


def _origin(settings: Settings) -> str:
    if settings.init_from:
        return f"the weights of {settings.init_from.name}"
    return "timm's published weights" if settings.pretrained else "random weights"
