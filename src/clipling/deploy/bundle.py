"""The bundle: one folder with all that is needed to use a student, written whole and checked when read.

    model.safetensors  config.json  labels.json  text.safetensors  [prompt.safetensors]  README.md  hashes.json

Shapes: C classes, D embedding width, M learned vectors of width W.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.contracts.names import nfc
from clipling.data.augment import storage_size
from clipling.deploy.card import model_card
from clipling.deploy.config import PROMPT, BundleConfig, read_config
from clipling.deploy.folder import standing, whole_folder
from clipling.deploy.seal import SEAL, seal, verify
from clipling.files import read_json, write_bytes, write_json, write_text
from clipling.student import StudentNet, create_student, shapes_of
from clipling.tensor_files import load_weights, read_matrix, read_tensors, require_finite, require_unit, require_weights

MODEL, CONFIG, LABELS, TEXT, CARD = "model.safetensors", "config.json", "labels.json", "text.safetensors", "README.md"


@dataclass(frozen=True)
class ClassEntry:
    """A class the bundle holds a text for: its key in the data set, its name, the text, and whether it was seen."""

    key: str
    name: str
    text: str
    seen: bool

    def as_json(self) -> dict[str, Any]:
        return {"class": self.key, "name": self.name, "text": self.text, "seen": self.seen}

    @classmethod
    def from_json(cls, row: Any, path: Path) -> "ClassEntry":
        kinds = {"class": str, "name": str, "text": str, "seen": bool}
        if not isinstance(row, dict) or not all(isinstance(row.get(name), kind) for name, kind in kinds.items()):
            raise InputError(f"{path}: {row!r} is no entry of class, name, text and seen; copy the bundle again")
        return cls(nfc(row["class"]), nfc(row["name"]), row["text"], row["seen"])


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds: the network in evaluation mode on the CPU, its classes, a text row (C, D) for each, and the
    learned prompt (M, W) where there is one. There are no classes where it was trained on images without them.
    """

    net: StudentNet
    classes: tuple[ClassEntry, ...]
    text: Float[Tensor, "C D"]
    config: BundleConfig
    prompt: Float[Tensor, "M W"] | None = None


def write_bundle(
    folder: Path,
    net: StudentNet,
    *,
    classes: Sequence[ClassEntry],
    text: Float[Tensor, "C D"],
    teacher: dict[str, Any],
    temperature: float,
    template: str,
    results: dict[str, Any] | None,
    about: dict[str, Any],
    prompt: Float[Tensor, "M W"] | None = None,
) -> None:
    """Write the bundle of `net` to `folder`, in one piece; a bundle that is there already is replaced.

    classes, text: row i of `text` is the unit row of class i, seen classes and unseen. teacher: `id`, `weights_hash`
    and, where the id is no place to load it from, `spec`. temperature, template: those of training. results: as in
    results.json, or None when nothing was measured. about: facts for the model card (data, split, recipe, ...), JSON.
    prompt: the learned vectors with which `text` was made in place of the template.
    Raises InputError for values that make no bundle, such as weights that are not finite, and for a folder that holds
    something else.
    """
    config = _config_of(net, temperature, template, teacher, about, results, PROMPT if prompt is not None else None)
    weights = {name: value.detach().cpu().contiguous().clone() for name, value in net.state_dict().items()}
    rows = text.detach().float().cpu().contiguous()
    _check(classes, rows, net.width, "classes")
    context = {} if prompt is None else {"context": prompt.detach().float().cpu().contiguous()}
    if broken := [name for name, value in {**weights, "text": rows, **context}.items() if not value.isfinite().all()]:
        raise InputError(f"{broken[0]} holds NaN or infinity; training has diverged: lower the learning rate")
    require_unit(rows, "text")
    _refuse_other_content(folder)
    with whole_folder(folder) as new:
        write_bytes(new / MODEL, save(weights))
        write_bytes(new / TEXT, save({"text": rows}))
        if context:
            write_bytes(new / PROMPT, save(context))
        write_json(new / CONFIG, config.as_json())
        write_json(new / LABELS, [one.as_json() for one in classes])
        write_text(new / CARD, _card_of(config, classes))
        seal(new)


def _config_of(
    net: StudentNet,
    temperature: float,
    template: str,
    teacher: dict[str, Any],
    about: dict[str, Any],
    results: dict[str, Any] | None,
    prompt: str | None,
) -> BundleConfig:
    return BundleConfig(
        architecture=net.architecture,
        width=net.width,
        image_size=net.image_size,
        channels=net.channels,
        mean=net.mean,
        std=net.std,
        shorter_side=storage_size(net.image_size),
        temperature=temperature,
        template=template,
        teacher=teacher,
        about=about,
        results=results,
        prompt=prompt,
    )


def _card_of(config: BundleConfig, classes: Sequence[ClassEntry]) -> str:
    seen, unseen = ([one.name for one in classes if one.seen is side] for side in (True, False))
    return model_card(config, seen, unseen)


def read_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`, after checking every file in it.

    Raises InputError, naming the file, for what is missing, changed since it was written, of another schema, no
    safetensors file, or does not fit together.
    """
    folder = standing(folder)
    if not (folder / SEAL).is_file():
        if (folder / "config.yaml").exists() and not (folder / "results.json").exists():
            raise InputError(f"{folder}: a run that is not finished; give the command that began it, with --resume")
        what = f"holds no {SEAL}" if folder.is_dir() else "is no folder"
        raise InputError(f"{folder}: {what}; expected a bundle, such as the folder 'student' of a finished run")
    verify(folder, (MODEL, CONFIG, LABELS, TEXT))
    config = read_config(folder / CONFIG)
    if config.shorter_side != storage_size(config.image_size):
        raise InputError(
            f"{folder / CONFIG}: images were resized to {config.shorter_side} pixels, this clipling would resize them "
            f"to {storage_size(config.image_size)}; use the clipling that wrote the bundle"
        )
    classes = _read_classes(folder / LABELS)
    text = read_matrix(folder / TEXT, "text", may_be_empty=not classes)
    _check(classes, text, config.width, str(folder / LABELS))
    require_unit(text, str(folder / TEXT))
    return Bundle(_build(config, folder), classes, text, config, _read_prompt(config, folder))


def _read_prompt(config: BundleConfig, folder: Path) -> Tensor | None:
    if config.prompt is None:
        return None
    verify(folder, (config.prompt,))
    return read_matrix(folder / config.prompt, "context")


def _build(config: BundleConfig, folder: Path) -> StudentNet:
    weights, described = read_tensors(folder / MODEL), asdict(config)
    build = {name: described[name] for name in ("architecture", "width", "image_size", "channels")}
    misfit = (
        f"{folder / MODEL}: the weights do not fit {config.architecture} as this timm builds it; "
        "use the timm version of the bundle's training"
    )
    if (shapes := shapes_of(**build)) is not None:
        require_weights(weights, {f"backbone.{name}": tensor for name, tensor in shapes.items()}, misfit)
    with torch.random.fork_rng(devices=[]):  # loading must not shift the caller's random numbers
        fresh = create_student(**build)
    # The bundle's own mean and std: another version of timm may have other ones for this name.
    net = StudentNet(
        fresh.backbone,
        architecture=config.architecture,
        width=config.width,
        image_size=config.image_size,
        mean=config.mean,
        std=config.std,
    )
    load_weights(net, weights, misfit)
    black = torch.zeros(1, config.channels, config.image_size, config.image_size, dtype=torch.uint8)
    require_finite(net.encode_image(black), f"{folder / MODEL}: what these weights make of an image")
    return net.eval()


def _read_classes(path: Path) -> tuple[ClassEntry, ...]:
    rows = read_json(path)
    if not isinstance(rows, list):
        raise InputError(f"{path}: expected a list of classes; copy the bundle again")
    return tuple(ClassEntry.from_json(row, path) for row in rows)


def _check(classes: Sequence[ClassEntry], text: Tensor, width: int, where: str) -> None:
    if text.shape != (len(classes), width):
        raise InputError(
            f"{where}: {len(classes)} classes, texts of shape {tuple(text.shape)}; expected {width} numbers for each"
        )
    for field in ("key", "name"):
        for value, times in Counter(getattr(one, field) for one in classes).most_common(1):
            if times > 1:
                raise InputError(f"{where}: class {field} '{value}' comes {times} times; each class must have its own")


def _refuse_other_content(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: a file stands where the bundle's folder is to be; choose another place")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SEAL).is_file():
        raise InputError(f"{folder}: holds something else than a bundle, which would be deleted; choose another place")
