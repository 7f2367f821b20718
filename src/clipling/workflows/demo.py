"""The main job on the embedded default: imaginary birds, a teacher that knows them, the same student trained twice."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clipling.contracts.errors import InputError, refuse_below
from clipling.contracts.limits import require_seed
from clipling.data.config import Augmentation
from clipling.training.config import OptimizerConfig, ScheduleConfig
from clipling.workflows.distill import distill
from clipling.workflows.run import Run

STUDENT = "resnet10t"
EPOCHS = 16
IMAGE_SIZE = 64
SHORT_RUN: dict[str, Any] = {
    "repeats": 1,
    "evaluate_every": 4,
    "batch_size": 64,
    "optimizer": OptimizerConfig(name="adamw", lr=2e-3, weight_decay=0.05),
    "schedule": ScheduleConfig(name="one_cycle"),
    "augmentation": Augmentation(crop_scale=(0.6, 1.0)),
}
"""For both students alike: the paper's preset is made for 90 epochs, and its crops of 8 % would hide most of a bird."""


@dataclass(frozen=True)
class Demonstrated:
    """The two runs of the demo."""

    runs: tuple[Run, Run]
    page: Path
    table: str

    def __rich__(self) -> str:
        """What a terminal shows."""
        paper = self.runs[1]
        return (
            f"\n{self.table}\n"
            f"Both students had the same data, budget and seed; only the losses differ.\n"
            f"Look at {paper.folder / 'report.html'} and {self.page.absolute()}\n\n"
            "Next, with a folder of your own images, one folder per class:\n"
            "    clipling check YOUR_IMAGES\n"
            "    clipling distill YOUR_IMAGES ViT-L-14/openai runs/mine\n"
        )


def demo(
    out: Path | str = "runs/demo", *, epochs: int = EPOCHS, seed: int = 0, overwrite: bool = False
) -> Demonstrated:
    """Show it all in minutes, without network or data: imaginary birds, their teacher, two students.

    Parameters
    ----------
    out
        Folder for the birds and the two runs.
    epochs
        Passes over the training images, for both students.
    seed
        Decides the birds, the first weights and the order of images.
    overwrite
        Discard the runs of an earlier demo; without it, finished ones are shown again and stopped ones go on.

    """
    refuse_below(epochs=(epochs, 1))
    require_seed(seed)
    from clipling.aviary import teacher_spec, write_aviary
    from clipling.workflows.report import report

    out = Path(out)
    root = write_aviary(out / f"aviary-{seed}", seed=seed)

    def train(recipe: str) -> Run:
        run = Run(out / recipe)
        if (run.folder / "results.json").exists() and not overwrite:
            made_with = (run.setting("epochs", int), run.setting("seed", int))
            if made_with != (epochs, seed):
                raise InputError(f"{run.folder}: made with epochs {made_with[0]}, seed {made_with[1]}; --overwrite it")
            return run
        return distill(
            root,
            teacher_spec(),
            run.folder,
            split=root / "split",
            recipe=recipe,
            student=STUDENT,
            image_size=IMAGE_SIZE,
            epochs=epochs,
            seed=seed,
            **SHORT_RUN,
            resume=(run.folder / "config.yaml").exists() and not overwrite,
            overwrite=overwrite,
        )

    runs = (train("cls"), train("paper"))
    shown = report([run.folder for run in runs], out=out / "comparison.html")
    return Demonstrated(runs, shown.page, shown.table)
