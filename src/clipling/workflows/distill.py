"""The main verb: a folder of images and a teacher in, a measured student out."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clipling.contracts.errors import InputError, require
from clipling.contracts.records import OnBadImage
from clipling.data.config import Augmentation
from clipling.data.unlabelled import is_unlabelled
from clipling.language.config import TextConfig
from clipling.recipes import RECIPES, Recipe, get_recipe, part_without_labels
from clipling.recipes.presets import preset
from clipling.training.config import NEED_LABELS, Hardware, LoggerName, LossConfig, OptimizerConfig, ScheduleConfig
from clipling.workflows.run import Run
from clipling.workflows.settings import Settings

if TYPE_CHECKING:
    RecipeOrName = str | Recipe
else:
    RecipeOrName = Any  # a command line gives a name; cyclopts 4, the last for Python 3.10, stumbles over the union


def distill(
    data: Path | str,
    teacher: str,
    out: Path | str,
    *,
    split: Path | str | None = None,
    unlabelled: bool = False,
    names: Path | str | None = None,
    sure: float = 0.7,
    recipe: RecipeOrName = "paper",
    student: str = "resnet18",
    image_size: int = 224,
    epochs: int | None = None,
    batch_size: int | None = None,
    repeats: int | None = None,
    seed: int = 0,
    pretrained: bool = False,
    losses: LossConfig | None = None,
    optimizer: OptimizerConfig | None = None,
    schedule: ScheduleConfig | None = None,
    augmentation: Augmentation | None = None,
    text: TextConfig | None = None,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
    features: Path | str | None = None,
    init_from: Path | str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    on_bad_image: OnBadImage = "stop",
    guards: bool = True,
    logger: tuple[LoggerName, ...] = ("tensorboard",),
    evaluate_every: int | None = None,
) -> Run:
    """Distil a teacher into a small student, measured on classes it was trained on and on ones it never saw.

    Parameters
    ----------
    data
        Folder of images, one folder per class at any depth, or flat with labels.csv (file,class); flat without, they
        have no classes, and the student is measured by how far it agrees with its teacher.
    teacher
        open_clip model: ARCHITECTURE/TAG (ViT-L-14/openai), hf-hub:ORG/NAME or local-dir:PATH; ARCHITECTURE alone
        has random weights.
    out
        Folder of the run, made here. Decoded images and features are kept beside it, in .clipling, for other runs.
    split
        Folder of train.txt, id.txt and ood.txt (see `clipling split`); by default half of the classes are kept unseen.
    unlabelled
        Leave classes aside, as if the images had none; a flat folder has none anyway.
    names
        For images without classes, a text file with class names, one a line: the teacher's own answer among them is
        the label of an image where it is sure, and the losses that need labels train on these images.
    sure
        Least softmax probability (of 100 times the cosine, over `names`) at which the teacher's answer is a label.
    recipe
        Which losses, as a row of the paper's Table 1; `paper` is the full method, of which images without classes or
        `names` get the part that needs no labels, `im_cst+mse`.
    student
        Any timm architecture; it starts from random weights.
    image_size
        Side of the square images the student sees, in pixels.
    epochs
        Passes over the training set (times `repeats`); by default the recipe's 90. Milestones scale with it.
    batch_size
        Images in a step, of all processes together; by default the recipe's 128.
    repeats
        How often one epoch passes over the training set; by default 5 below 10,000 images, else 1 (transformers 3).
    seed
        Decides initial weights, the order of images, augmentation, and the split where none is given.
    pretrained
        Start from timm's published weights, which may have seen the unseen classes.
    losses
        In place of the recipe's losses; on the command line one option replaces one number.
    optimizer
        The recipe's optimizer.
    schedule
        The recipe's learning-rate schedule.
    augmentation
        The recipe's augmentation.
    text
        The text of a class.
    hardware
        Where and how it runs.
    features
        Folder of the teacher's features; by default one per data set and teacher, in .clipling beside `out`.
    init_from
        A bundle, or a run, whose weights the student starts from.
    resume
        Continue a run that was stopped, with the same settings.
    overwrite
        Discard the run that lies in `out`.
    on_bad_image
        What to do with an image that cannot be decoded: stop, or skip it and list it.
    guards
        Stop when there is nothing to learn from, or nothing is being learned.
    logger
        Where the numbers of each epoch go besides log.jsonl.
    evaluate_every
        Measure after every so many epochs, and after each of the last five; by default a tenth of all.

    """
    given: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "repeats": repeats,
        "losses": losses,
        "optimizer": optimizer,
        "schedule": schedule,
        "augmentation": augmentation,
        "text": text,
    }
    require(str(out) != "", "out", "empty", "the folder of the run")
    base = _recipe_named(recipe, student, given) if isinstance(recipe, str) else recipe
    chosen = replace(base, **{name: value for name, value in given.items() if value is not None})
    if own := chosen.text.descriptions_file:
        chosen = replace(chosen, text=replace(chosen.text, descriptions_file=Path(own).resolve()))
    without = unlabelled or is_unlabelled(Path(data), Path(split) if split else None)
    settings = Settings(
        data=Path(data).resolve(),
        teacher=anywhere(teacher),
        out=Path(out).resolve(),
        split=Path(split).resolve() if split else None,
        recipe=part_without_labels(chosen) if without and names is None else chosen,
        student=student,
        image_size=image_size,
        seed=seed,
        pretrained=pretrained,
        hardware=hardware,
        features=Path(features).resolve() if features else None,
        init_from=Path(init_from).resolve() if init_from else None,
        on_bad_image=on_bad_image,
        guards=guards,
        logger=tuple(logger),
        evaluate_every=max(1, chosen.epochs // 10) if evaluate_every is None else evaluate_every,
        unlabelled=without,
        names=Path(names).resolve() if names else None,
        sure=sure,
    )
    _check(settings)
    from clipling.workflows.distillation.stages import run_stages  # torch and its kin load here, not for --help

    return run_stages(settings, resume=resume, overwrite=overwrite)


def _recipe_named(name: str, student: str, given: dict[str, Any]) -> Recipe:
    """The recipe of that name. Where all its numbers are given, as by a config.yaml, it may be one of one's own."""
    if name not in RECIPES and all(value is not None for value in given.values()):
        return replace(preset(student), name=name)
    return get_recipe(name, student)


def anywhere(teacher: str) -> str:
    """The teacher's name, valid from any folder: the path of a local-dir is made absolute."""
    kind, separator, place = teacher.partition("local-dir:")
    return f"{separator}{Path(place).expanduser().resolve()}" if separator and place and not kind else teacher


def _check(settings: Settings) -> None:
    """Reject settings that do not go together before anything is loaded or written."""
    recipe = settings.recipe
    if settings.features and settings.features.is_relative_to(settings.out):
        raise InputError(
            f"features: {settings.features} lies in the folder of the run, whose files come and go with it; "
            "choose a folder beside it"
        )
    if not recipe.losses.weights:
        raise InputError("every loss has weight 0; give at least one a weight, such as --losses.cls 1")
    _check_prompt(recipe)
    _check_labels(settings)


def _check_labels(settings: Settings) -> None:
    """Reject what needs the class of each image where there are none, and names where there are classes."""
    losses, text, names = settings.recipe.losses, settings.recipe.text, settings.names
    require(0 < settings.sure <= 1, "sure", settings.sure, "a probability above 0, of at most 1")
    if not settings.unlabelled:
        require(names is None, "names", names, "none: the images have classes; --unlabelled leaves these aside")
        return
    if settings.split and not is_unlabelled(settings.data, settings.split):
        raise InputError(
            f"{settings.split}: a split of images with classes; leave --unlabelled out, or make another split by "
            "`clipling split --unlabelled`"
        )
    for name, asked in (("losses.cap", losses.cap), ("text.closed", text.closed)):
        if asked:
            raise InputError(f"{name} needs the class of every image, and these have none; leave it out")
    needing = [f"losses.{name}" for name in NEED_LABELS if name in losses.weights]
    needing += ["losses.filter_im_cst"] if losses.filter_im_cst else []
    needing += ["text.descriptions"] if text.descriptions != "none" else []
    if needing and names is None:
        raise InputError(
            f"{', '.join(needing)}: of no use to images without classes; give class names by --names FILE, for the "
            "teacher to choose among, or a recipe that needs none: --recipe im_cst+mse, im_cst or mse"
        )


def _check_prompt(recipe: Recipe) -> None:
    if recipe.text.closed and (recipe.text.prompt or recipe.losses.weights.keys() != {"cls"}):
        raise InputError(
            "text.closed learns a vector for each class and asks no teacher: it goes with losses.cls alone and without "
            "text.prompt, as in --recipe closed_set"
        )
    if recipe.text.prompt and not (recipe.losses.cls or recipe.losses.vl_prox):
        raise InputError(
            "text.prompt: a prompt is learned from the class texts, which neither loss in use looks at; give "
            "losses.cls or losses.vl_prox a weight, or leave text.prompt at 0"
        )
