"""The student as a small CLIP: a folder that open_clip loads, with the student as image and the teacher as text tower.

    open_clip.create_model_and_transforms("local-dir:FOLDER")

open_clip builds an image tower of timm's by its name alone: the size cannot be told to it, nor the number of channels,
nor what an image is resized to before its centre is cut out. The last is the one difference that remains.

Shapes: B images, S x S pixels, D embedding width.
"""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save
from torch import Tensor, nn

from clipling.contracts.errors import InputError
from clipling.deploy.bundle import Bundle
from clipling.deploy.exports.text import example_texts
from clipling.files import write_bytes, write_json
from clipling.teacher.folder import brief, build_from_folder
from clipling.teacher.tower import Teacher

CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model.safetensors"
_TEXT_TOWER = "text-tower"


def write_open_clip(bundle: Bundle, teacher: Teacher, folder: Path, *, place: Path) -> None:
    """Write the small CLIP to `folder`, which will stand at `place`.

    Raises InputError, saying why, for a student or a tokenizer that open_clip cannot express, and a teacher of other
    weights than that of the training.
    """
    ours = bundle.config
    if teacher.weights_hash != ours.teacher["weights_hash"]:
        raise InputError(f"'{teacher.id}' has other weights than the teacher of this student ({ours.teacher['id']})")
    text = {name: value for name, value in teacher.model.state_dict().items() if not name.startswith("visual.")}
    image = {f"visual.trunk.{name}": value for name, value in bundle.net.backbone.state_dict().items()}
    scale = torch.tensor(math.log(1 / ours.temperature)).reshape(text["logit_scale"].shape)
    every = {**text, **image, "logit_scale": scale}
    write_bytes(
        folder / WEIGHTS, save({name: value.detach().cpu().contiguous().clone() for name, value in every.items()})
    )
    towers = _write_text_tower(teacher, folder, place)
    preprocess = {"mean": list(ours.mean), "std": list(ours.std), "interpolation": "bicubic", "resize_mode": "shortest"}
    model = {**teacher.model_config, "vision_cfg": _vision(bundle), "text_cfg": towers}
    write_json(folder / CONFIG, {"model_cfg": model, "preprocess_cfg": preprocess})
    _require_same_tokens(teacher, folder, example_texts(bundle))


def _vision(bundle: Bundle) -> dict[str, Any]:
    return {
        "timm_model_name": bundle.config.architecture,
        "timm_model_pretrained": False,
        "timm_pool": _pool(bundle.net.backbone),
        "timm_proj": "",  # timm's classifier is the projection, as in the student
        "image_size": bundle.config.image_size,
    }


def _pool(backbone: nn.Module) -> str:
    """How the network's own classifier pools, in timm's word."""
    pool = getattr(backbone, "global_pool", None) or getattr(getattr(backbone, "head", None), "global_pool", "avg")
    return pool if isinstance(pool, str) else str(getattr(pool, "pool_type", "avg"))


def _write_text_tower(teacher: Teacher, folder: Path, place: Path) -> dict[str, Any]:
    """Write what the text tower needs beside its weights; returns its configuration."""
    config = dict(teacher.model_config["text_cfg"])
    if config.get("hf_tokenizer_name"):
        teacher.tokenizer.save_pretrained(folder)  # type: ignore[attr-defined]
    if Path(config.get("hf_model_name") or "").is_absolute():  # a folder of this machine, not a name of the hub
        tower: Any = teacher.model.text
        tower.config.save_pretrained(folder / _TEXT_TOWER)
        config["hf_model_name"] = str(place.resolve() / _TEXT_TOWER)  # open_clip knows no path beside the weights
    return {**config, "hf_model_pretrained": False} if config.get("hf_model_name") else config


def _require_same_tokens(teacher: Teacher, folder: Path, texts: Sequence[str]) -> None:
    import open_clip

    tokenizer: Any = open_clip.get_tokenizer(f"local-dir:{folder}")
    if not torch.equal(tokenizer(list(texts)), teacher.tokenizer(list(texts))):
        raise InputError(
            f"open_clip gives a folder another tokenizer than {teacher.id} has ({type(teacher.tokenizer).__name__}), "
            "so this small CLIP would misread every text. Export the text tower to onnx instead"
        )


def open_open_clip(bundle: Bundle, folder: Path) -> tuple[Callable[[np.ndarray], Tensor], Callable[[Tensor], Tensor]]:
    """The image tower in `folder`, as two functions to unit rows: of a picture (H, W, 3), and of squares (B, S, S, 3).

    Pictures go through open_clip's own transform, as whoever loads the folder has it. Raises InputError where open_clip
    does not build the student's network.
    """
    from open_clip import get_model_preprocess_cfg
    from open_clip.transform import PreprocessCfg, image_transform_v2

    ours = bundle.config
    try:
        model: Any = build_from_folder(folder).eval()
    except InputError as error:
        cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
        raise InputError(
            f"open_clip cannot express this student: by its name alone it builds {ours.architecture} at that network's "
            f"own size, not at {ours.image_size} pixels ({brief(cause)}). Export it to onnx or pt2, or distil a "
            "convolutional network"
        ) from error
    transform: Any = image_transform_v2(PreprocessCfg(**get_model_preprocess_cfg(model)), is_train=False)
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (ours.mean, ours.std))

    @torch.no_grad()
    def encode(normalised: Tensor) -> Tensor:
        rows: Tensor = model.encode_image(normalised, normalize=True)
        return rows

    return (
        lambda picture: encode(transform(Image.fromarray(picture))[None]),
        lambda squares: encode((squares.permute(0, 3, 1, 2).float() / 255 - mean) / std),
    )
