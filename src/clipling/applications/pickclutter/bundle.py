"""What ships: one folder with the student, its objects and their texts; written whole and checked when read.

    model.safetensors  text.safetensors  [prompt.safetensors]  config.json  objects.json  hashes.json

Shapes: C objects, 2 C texts (the positive ones first), M learned vectors of width W, D embedding width.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors.torch import save
from torch import Tensor

from clipling.applications.pickclutter.network import MEAN, PickNet, create_net
from clipling.contracts.conform import conform, from_values, require_types
from clipling.contracts.errors import InputError, refuse_outside
from clipling.contracts.limits import IMAGE_SIZE
from clipling.deploy.folder import standing, whole_folder
from clipling.deploy.seal import SEAL, seal, verify
from clipling.files import read_json, write_bytes, write_json
from clipling.student import shapes_of
from clipling.tensor_files import load_weights, read_matrix, read_tensors, require_unit, require_weights

SCHEMA = 1
_BACKBONE = "local.backbone."
_MODEL, _TEXT, _PROMPT, _CONFIG, _OBJECTS = (
    "model.safetensors",
    "text.safetensors",
    "prompt.safetensors",
    "config.json",
    "objects.json",
)


@dataclass(frozen=True)
class BundledObject:
    """An object the bundle holds texts for: its identity in the scenes, its name, its text, whether it was taught."""

    model_id: str
    name: str
    text: str
    taught: bool


@dataclass(frozen=True)
class BundleConfig:
    """What builds the network and what says how texts are made.

    teacher: `id`, `weights_hash` and `spec`. words: learned, fixed or closed. descriptions: whether a text goes on with
    what the object looks like. about: facts about the training. results: as in results.json, or None.
    """

    architecture: str
    width: int
    image_size: int
    teacher: dict[str, Any]
    words: str
    descriptions: bool
    about: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Raises InputError for values of another type, and sizes that no student has."""
        require_types(self)
        refuse_outside(image_size=(self.image_size, 1, IMAGE_SIZE))
        for key in ("id", "weights_hash", "spec"):
            conform(str, self.teacher.get(key), f"teacher.{key}")


@dataclass(frozen=True)
class PickBundle:
    """A student in evaluation mode on the CPU, its objects with their pairs of texts, and the learned contexts."""

    net: PickNet
    objects: tuple[BundledObject, ...]
    pairs: Float[Tensor, "T D"]
    context: Float[Tensor, "M W"] | None
    config: BundleConfig


def write_bundle(
    folder: Path,
    net: PickNet,
    objects: Sequence[BundledObject],
    pairs: Float[Tensor, "T D"],
    context: Float[Tensor, "M W"] | None,
    config: BundleConfig,
) -> None:
    """Write a bundle in one piece; one that is there already is replaced. Raises InputError for weights with NaN."""
    weights = {name: value.detach().cpu().contiguous().clone() for name, value in net.state_dict().items()}
    if broken := [name for name, value in weights.items() if not value.isfinite().all()]:
        raise InputError(f"{broken[0]} holds NaN or infinity; training has diverged: lower --lr")
    with whole_folder(folder) as new:
        write_bytes(new / _MODEL, save(weights))
        write_bytes(new / _TEXT, save({"pairs": pairs.detach().float().cpu().contiguous()}))
        if context is not None:
            write_bytes(new / _PROMPT, save({"context": context.detach().float().cpu().contiguous()}))
        write_json(new / _CONFIG, {"schema": SCHEMA, **asdict(config)})
        write_json(new / _OBJECTS, [asdict(one) for one in objects])
        seal(new)


def read_bundle(path: Path) -> PickBundle:
    """The bundle in a folder, or in the finished run that `path` names, after checking every file in it.

    Raises InputError, naming the file, for what is missing, changed since it was written, or of another kind.
    """
    inside = standing(path / "student")
    folder = inside if inside.is_dir() else standing(path)
    if not (folder / SEAL).is_file():
        what = f"holds no {SEAL}" if folder.is_dir() else "is no folder"
        raise InputError(f"{folder}: {what}; expected a finished run of `clipling pickclutter train`, or its 'student'")
    verify(folder, (_CONFIG, _MODEL, _TEXT))
    config, objects = _read_config(folder), _read_objects(folder / _OBJECTS)
    pairs = read_matrix(folder / _TEXT, "pairs")
    if pairs.shape != (2 * len(objects), config.width):
        raise InputError(f"{folder / _TEXT}: {tuple(pairs.shape)} numbers for {len(objects)} objects; copy it again")
    require_unit(pairs, str(folder / _TEXT))
    context = read_matrix(folder / _PROMPT, "context") if (folder / _PROMPT).exists() else None
    return PickBundle(_build(config, folder), objects, pairs, context, config)


def _read_config(folder: Path) -> BundleConfig:
    values = read_json(folder / _CONFIG)
    if not isinstance(values, dict) or "words" not in values or values.get("schema") != SCHEMA:
        raise InputError(f"{folder}: no bundle of `clipling pickclutter train`; one of `clipling distill`, perhaps")
    try:
        return from_values(BundleConfig, values, extra=True)
    except InputError as error:
        raise InputError(f"{folder / _CONFIG}: {error}; copy the bundle again") from error


def _read_objects(path: Path) -> tuple[BundledObject, ...]:
    try:
        return conform(tuple[BundledObject, ...], read_json(path), "objects")  # type: ignore[no-any-return]
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"{path}: {error}; copy the bundle again") from error


def _build(config: BundleConfig, folder: Path) -> PickNet:
    weights = read_tensors(folder / _MODEL)
    misfit = (
        f"{folder / _MODEL}: the weights do not fit {config.architecture} as this timm builds it; "
        "use the timm version of the training"
    )
    if (
        shapes := shapes_of(config.architecture, width=config.width, image_size=config.image_size, channels=len(MEAN))
    ) is not None:
        backbone = {name: tensor for name, tensor in weights.items() if name.startswith(_BACKBONE)}
        require_weights(backbone, {_BACKBONE + name: tensor for name, tensor in shapes.items()}, misfit)
    with torch.random.fork_rng(devices=[]):  # loading must not shift the caller's random numbers
        net = create_net(config.architecture, width=config.width, image_size=config.image_size)
    load_weights(net, weights, misfit)
    return net.eval()
