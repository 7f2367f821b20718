"""`clipling pickclutter train`: a student that says which named objects are in a scene, and where."""

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from clipling.applications.pickclutter.settings import OptimizerName, ScheduleName, Settings
from clipling.contracts.errors import InputError
from clipling.training.config import Hardware, LoggerName
from clipling.workflows.distill import anywhere
from clipling.workflows.run import Run

PARTS = {"seen_id": "seen objects, id scenes", "seen_ood": "seen objects, ood", "unseen_ood": "unseen objects, ood"}
MEASURES = ("accuracy", "f1", "precision", "recall")


@dataclass(frozen=True)
class Answers:
    """The measures of a student, by `PART/MEASURE`, and what they are compared with, if with anything."""

    title: str
    measures: dict[str, float]
    before: dict[str, float] | None = None
    page: Path | None = None
    exit_status: int = 0

    def __rich__(self) -> Table:
        """What a terminal shows."""
        parts = [part for part in PARTS if any(key.startswith(f"{part}/") for key in self.measures)]
        table = Table("", *(PARTS[part] for part in parts), title=self.title, title_justify="left")
        if self.page:
            table.caption, table.caption_justify = f"report: {self.page}", "left"
        for measure in MEASURES:
            table.add_row(measure, *(self._cell(f"{part}/{measure}") for part in parts))
        return table

    def _cell(self, key: str) -> str:
        now, was = (f"{found[key]:.1%}" if found and key in found else "–" for found in (self.measures, self.before))
        return now if self.before is None else f"{now} (before {was})"


def train(
    train: Path | str,
    *,
    teacher: str,
    out: Path | str,
    id: Path | str | None = None,
    ood: Path | str | None = None,
    recipe: str = "cls+im_cst+semantics",
    student: str = "efficientnet_b0",
    image_size: int = 224,
    epochs: int = 90,
    batch_size: int = 60,
    optimizer: OptimizerName = "sgd",
    lr: float = 1e-3,
    schedule: ScheduleName = "multi_step",
    prompt: int = 8,
    descriptions: Path | str | None = None,
    seed: int = 0,
    pretrained: bool = False,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
    resume: bool = False,
    overwrite: bool = False,
    logger: tuple[LoggerName, ...] = ("tensorboard",),
    evaluate_every: int | None = None,
) -> Answers:
    """Teach a student which named objects are in a scene of two RGB-D cameras, and where.

    Parameters
    ----------
    train
        HDF5 file of scenes in the published layout; the objects in it are the seen ones.
    teacher
        open_clip model: ARCHITECTURE/TAG (ViT-L-14/openai), hf-hub:ORG/NAME or local-dir:PATH; ARCHITECTURE alone
        has random weights.
    out
        Folder of the run, made here. Resized scenes and features are kept beside it, in .clipling, for other runs.
    id
        Scenes of seen objects to measure on.
    ood
        Scenes of seen and unseen objects to measure on; its further objects are the unseen ones.
    recipe
        A row of Table 12: closed_set, cls, cls+im_cst or cls+im_cst+semantics.
    student
        Any timm architecture with a feature map or patches; it starts from random weights.
    image_size
        Side of the square images the student sees, in pixels.
    epochs
        Passes over the training scenes; the learning rate falls after one and two thirds of them.
    batch_size
        Scenes in a step, of all processes together.
    optimizer
        The optimizer.
    lr
        Learning rate (the highest one, under one_cycle).
    schedule
        multi_step multiplies by 0.3 at each third; one_cycle rises and falls once.
    prompt
        Learned vectors of each of the two contexts; 0 for fixed sentences.
    descriptions
        descriptions.jsonl of all objects, a line with `class` (an identity such as 011_banana) and `text` for each, in
        place of the built-in ones; for recipes with semantics.
    seed
        Decides initial weights, the order of scenes and which are mirrored.
    pretrained
        Start from timm's published weights, which may have seen the unseen objects.
    hardware
        Where and how it runs.
    resume
        Continue a run that was stopped, with the same settings.
    overwrite
        Discard the run that lies in `out`.
    logger
        Where the numbers of each epoch go besides log.jsonl.
    evaluate_every
        Measure after every so many epochs, and after each of the last five; by default a tenth of all.

    """
    settings = Settings(
        train=existing(train),
        teacher=anywhere(teacher),
        out=Path(out).resolve(),
        id=existing(id) if id else None,
        ood=existing(ood) if ood else None,
        recipe=recipe,
        student=student,
        image_size=image_size,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        lr=lr,
        schedule=schedule,
        prompt=prompt,
        seed=seed,
        pretrained=pretrained,
        hardware=hardware,
        logger=tuple(logger),
        evaluate_every=max(1, epochs // 10) if evaluate_every is None else evaluate_every,
        descriptions=existing(descriptions, "a descriptions.jsonl") if descriptions else None,
    )
    from clipling.applications.pickclutter.course import Course  # torch and its kin load here, not for --help
    from clipling.applications.pickclutter.training import run_course

    place = Run(settings.out)
    results = run_course(Course(settings, place, settings.record()), resume=resume, overwrite=overwrite)
    title = f"{place.folder}: mean of the last {results.get('epochs_averaged')} epochs"
    return Answers(title, results["measures"], page=place.page)


def existing(path: Path | str, what: str = "an HDF5 file of scenes") -> Path:
    """The path, absolute. Raises InputError when there is no such file."""
    found = Path(path).expanduser().resolve()
    if not found.is_file():
        raise InputError(f"{path}: no such file; expected {what}")
    return found
