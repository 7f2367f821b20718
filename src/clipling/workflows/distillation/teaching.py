"""The teacher's part, done once: its features of every image on disk, its features of every class text in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.encoders import PromptedTextEncoder, PromptedTexts
from clipling.contracts.errors import InputError, some
from clipling.contracts.names import alike
from clipling.contracts.records import OnBadImage
from clipling.data.labels import read_captions
from clipling.data.split import read_split
from clipling.data.unlabelled import is_unlabelled
from clipling.files import hash_strings
from clipling.language.captions import encode_captions
from clipling.language.classes import encode_classes
from clipling.language.closed_set import ClosedSet
from clipling.language.prompts import LearnedPrompt
from clipling.teacher.licence import licence_of
from clipling.teacher.store import FeatureStore, extract_features
from clipling.teacher.tower import Teacher
from clipling.training.config import Loading
from clipling.training.devices import default_device
from clipling.workflows.console import counting, say
from clipling.workflows.data_folder import open_folder
from clipling.workflows.distillation.images import loading_workers, workspace
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.settings import Settings
from clipling.workflows.towers import open_teacher


@dataclass(frozen=True)
class TeacherSide:
    """All that training and measuring need of the teacher; what they do not need of it is let go."""

    about: dict[str, Any]
    """Its id, the hash of its weights, and where it was loaded from."""
    width: int
    text: Float[Tensor, "C D"]
    """One row per class, the seen classes first; none where no class was named."""
    store: FeatureStore
    captions: Float[Tensor, "N D"] | None
    """One row per training image, where the recipe uses captions."""
    tower: PromptedTextEncoder | ClosedSet | None = None
    """Its text tower, where a prompt is learned, or what takes its place where a vector for each class is; `text` is
    then what the teacher itself is asked with."""

    def prompted(self, inputs: Inputs, classes: Sequence[str], prompt: LearnedPrompt) -> PromptedTexts:
        """The texts of these classes as the prompt takes them."""
        if self.tower is None:
            raise ValueError("the teacher's text tower was let go: text.prompt is 0")
        return self.tower.prompted([inputs.bare[name] for name in classes], len(prompt.context))

    @torch.no_grad()
    def class_text(self, inputs: Inputs, prompt: LearnedPrompt | None) -> Float[Tensor, "C D"]:
        """What the student is asked with: `text`, or the same classes in the prompt as it is now; on the CPU."""
        if prompt is None:
            return self.text
        rows: Tensor = prompt(self.prompted(inputs, inputs.split.classes, prompt))
        return rows.cpu()


def prepare_teacher(
    settings: Settings, inputs: Inputs, *, device: torch.device, weights_hash: str | None = None
) -> tuple[Inputs, TeacherSide]:
    """Load the teacher, fill the feature store, encode the texts; the inputs come back without the images skipped.

    Where the classes are a closed set they come back without those that nothing is taught of, too. Raises InputError,
    before the long work, for a teacher of other weights than those of `weights_hash`.
    """
    teacher = open_teacher(settings.teacher, device=str(device))
    if weights_hash:
        same_weights(settings.teacher, teacher, weights_hash)
    vectors = settings.recipe.text.prompt
    texts = [(inputs.bare[name],) if vectors else inputs.texts[name] for name in inputs.split.classes]
    if vectors:  # what the teacher cannot do is refused before the long work
        teacher.prompted([text for (text, *_) in texts], vectors)
    report_texts(teacher, inputs.split.classes, texts, vectors)
    store = fill_store(
        teacher,
        inputs.root,
        inputs.split.files,
        settings.features or default_store(workspace(settings.out), inputs.root, teacher),
        on_bad_image=settings.on_bad_image,
        hardware=settings.hardware,
    )
    inputs = inputs.without(tuple(store.skipped))
    if settings.recipe.text.closed:
        inputs = inputs.closed()
    captions = None
    if settings.recipe.losses.cap:
        captions = encode_captions(teacher, read_captions(inputs.root, inputs.split.train), inputs.split.train)
    about = {"id": teacher.id, "weights_hash": teacher.weights_hash, "spec": settings.teacher}
    if licence := licence_of(settings.teacher):
        about["licence"] = licence
    classes = inputs.split.classes
    text = torch.empty(0, teacher.width)
    if classes:
        text = encode_classes(teacher, [inputs.texts[name] for name in classes]).cpu()
    tower: PromptedTextEncoder | ClosedSet | None = None
    if vectors:
        teacher.forget_images()
        tower = teacher
    elif settings.recipe.text.closed:
        tower = ClosedSet(tuple(inputs.bare[name] for name in inputs.split.classes), teacher.width)
    return inputs, TeacherSide(about, teacher.width, text, store, captions, tower)


def same_weights(spec: str, teacher: Teacher, known: str) -> None:
    """Raise InputError when the teacher has other weights than the one that the student learned from."""
    if teacher.weights_hash != known:
        raise InputError(
            f"{spec}: other weights (SHA-256 {teacher.weights_hash[:12]}) than those the student learned from "
            f"({known[:12]}); put these back in their place"
        )


@runtime_checkable
class Identity(Protocol):
    """Which teacher: a loaded one, or what a bundle says of its own."""

    @property
    def id(self) -> str: ...

    @property
    def weights_hash(self) -> str: ...


def default_store(shared: Path, root: Path, teacher: Identity) -> Path:
    """Folder of the features of one teacher, with these weights, on one data set."""
    return shared / "features" / f"{root.name}-{hash_strings([str(root), teacher.id, teacher.weights_hash])[:8]}"


def fill_store(
    teacher: Teacher,
    root: Path,
    files: tuple[str, ...],
    folder: Path,
    *,
    on_bad_image: OnBadImage,
    hardware: Loading,
    rebuild: bool = False,
) -> FeatureStore:
    """The feature store of `files`, made or completed; says what it skipped."""
    with counting("teacher features") as progress:
        store = extract_features(
            teacher,
            root,
            files,
            folder,
            workers=loading_workers(hardware),
            on_bad_image=on_bad_image,
            rebuild=rebuild,
            progress=progress,
        )
    skipped = {file: reason for file, reason in store.skipped.items() if file in set(files)}
    for file, reason in skipped.items():
        say(f"skipped {file}: {reason}")
    if skipped:
        say(f"{len(skipped)} of {len(files)} images were skipped")
    return store


def make_features(
    root: Path,
    teacher: str,
    folder: Path,
    *,
    split: Path | None,
    rebuild: bool,
    on_bad_image: OnBadImage,
    hardware: Loading,
) -> FeatureStore:
    """Fill a store in `folder` with the features of a split, or of every image under `root`."""
    files = read_split(split, root).files if split else open_folder(root, unlabelled=is_unlabelled(root)).files
    tower = open_teacher(teacher, device=default_device(hardware))
    return fill_store(tower, root, files, folder, on_bad_image=on_bad_image, hardware=hardware, rebuild=rebuild)


def report_texts(teacher: Teacher, classes: tuple[str, ...], texts: Sequence[Sequence[str]], vectors: int = 0) -> None:
    """Name every class of which a text does not fit the teacher's context, or is the same to it as another's."""
    for same in alike((name, tuple(teacher.tokens(said))) for name, said in zip(classes, texts, strict=True)):
        say(f"the teacher cannot tell these classes apart, whose texts are the same to it: {some(same, 10)}")
    cut = [
        name for name, several in zip(classes, texts, strict=True) if any(teacher.truncated(several, vectors=vectors))
    ]
    if cut:
        say(f"the texts of {len(cut)} classes are cut at {teacher.context_length} tokens: {', '.join(cut)}")
