"""Distil a CLIP-like teacher into a small student that still recognises classes it never saw.

    run = clipling.distill("photos", "ViT-L-14/openai", "runs/first")
    student = clipling.load("runs/first/student")
    student.set_classes(["a lotus", "a rose"]); student.predict("flower.jpg")

Names are loaded when they are asked for: `import clipling` loads neither torch, timm nor open_clip. Every verb of the
command line is a function here, but for `report`, which is the name of a room: `clipling.workflows.report.report`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from clipling.contracts.errors import InputError as InputError
    from clipling.contracts.records import Prediction as Prediction
    from clipling.contracts.records import Split as Split
    from clipling.data.config import Augmentation as Augmentation
    from clipling.deploy.student import Student as Student
    from clipling.language.config import TextConfig as TextConfig
    from clipling.recipes import Recipe as Recipe
    from clipling.recipes import get_recipe as get_recipe
    from clipling.training.config import Hardware as Hardware
    from clipling.training.config import LossConfig as LossConfig
    from clipling.training.config import OptimizerConfig as OptimizerConfig
    from clipling.training.config import ScheduleConfig as ScheduleConfig
    from clipling.workflows.bench import bench as bench
    from clipling.workflows.caption import caption as caption
    from clipling.workflows.check import check as check
    from clipling.workflows.coherence import coherence as coherence
    from clipling.workflows.data import data_fetch as data_fetch
    from clipling.workflows.data import data_list as data_list
    from clipling.workflows.data import data_verify as data_verify
    from clipling.workflows.demo import demo as demo
    from clipling.workflows.describe import describe as describe
    from clipling.workflows.distill import distill as distill
    from clipling.workflows.evaluate import evaluate as evaluate
    from clipling.workflows.export import export as export
    from clipling.workflows.features import features as features
    from clipling.workflows.fewshot import fewshot as fewshot
    from clipling.workflows.label import label as label
    from clipling.workflows.playground import playground as playground
    from clipling.workflows.predict import predict as predict
    from clipling.workflows.push import push as push
    from clipling.workflows.reproduce import reproduce as reproduce
    from clipling.workflows.run import Run as Run
    from clipling.workflows.space import space as space
    from clipling.workflows.split import split as split
    from clipling.workflows.textbank import textbank as textbank

    load: Callable[..., Student]

_HOME = {
    "InputError": "contracts.errors",
    "Prediction": "contracts.records",
    "Split": "contracts.records",
    "Augmentation": "data.config",
    "Student": "deploy.student",
    "TextConfig": "language.config",
    "Recipe": "recipes",
    "get_recipe": "recipes",
    "Hardware": "training.config",
    "LossConfig": "training.config",
    "OptimizerConfig": "training.config",
    "ScheduleConfig": "training.config",
    "bench": "workflows.bench",
    "caption": "workflows.caption",
    "check": "workflows.check",
    "coherence": "workflows.coherence",
    "data_fetch": "workflows.data",
    "data_list": "workflows.data",
    "data_verify": "workflows.data",
    "demo": "workflows.demo",
    "describe": "workflows.describe",
    "distill": "workflows.distill",
    "evaluate": "workflows.evaluate",
    "export": "workflows.export",
    "features": "workflows.features",
    "fewshot": "workflows.fewshot",
    "label": "workflows.label",
    "playground": "workflows.playground",
    "predict": "workflows.predict",
    "push": "workflows.push",
    "reproduce": "workflows.reproduce",
    "Run": "workflows.run",
    "load": "deploy.student:Student",
    "space": "workflows.space",
    "split": "workflows.split",
    "textbank": "workflows.textbank",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'clipling' has no attribute '{name}'")
    module, _, owner = _HOME[name].partition(":")
    home = import_module(f"clipling.{module}")
    return getattr(getattr(home, owner) if owner else home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
