"""A teacher from a folder: `open_clip_config.json`, weights as safetensors, and the tokenizer's files.

Nothing in the folder is trusted to run code: pickles are refused before anything opens them, and so is a tokenizer that
asks for its own Python.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from clipling.contracts.errors import InputError
from clipling.contracts.limits import IMAGE_SIZE
from clipling.files import read_json
from clipling.tensor_files import numbers_in

_MOST = {"layers": 256, "width": 1 << 16, "image_size": IMAGE_SIZE, "context_length": 1 << 16}
_MOST_OF_ANY = 1 << 22  # such as a vocabulary
_SLACK = 4  # a file may hold half precision tied weights, or fewer buffers than the model
_CONFIG = "open_clip_config.json"
_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_CONVERT = (
    'convert it once, if you trust it: python -c "import torch, safetensors.torch as s; '
    "w = torch.load('%s', weights_only=True); "
    "s.save_file({k: v.contiguous() for k, v in w.items()}, 'open_clip_model.safetensors')\""
)
_DISGUISES = {
    b"PK\x03\x04": "it is a PyTorch pickle under another name; " + _CONVERT,
    b"\x80": "it is a pickle under another name; " + _CONVERT,
    b"version https://git-lfs": "it is a Git LFS pointer, not the weights; run `git lfs pull`",
    b"<": "it is a web page, not the weights; download the file itself",
    b"\x93NUMPY": "it is a NumPy array under another name",
    b"\x89HDF": "it is an HDF5 file under another name",
    b"\x1f\x8b": "it is a gzip archive; unpack it",
}
# All that open_clip, timm and transformers raise on a configuration they cannot build.
_UNBUILDABLE = (TypeError, ValueError, RuntimeError, KeyError, AttributeError, AssertionError, OSError, ImportError)


def build_from_folder(folder: Path) -> nn.Module:
    """The model of `folder` with its weights. Raises InputError for what is absent, broken, or would run code."""
    import open_clip
    from safetensors import SafetensorError

    config, weights = read_config(folder), find_weights(folder)

    def build(device: str) -> nn.Module:
        with _no_alarm_about_random_weights():
            return open_clip.create_model(  # type: ignore[no-any-return]
                f"local-dir:{folder}",
                load_weights=False,
                pretrained_text=False,
                text_cfg=_text_tower(folder, config["model_cfg"]["text_cfg"]),
                device=device,
            )

    _require_room(folder, weights, build)
    try:
        model = build("cpu")
    except _UNBUILDABLE as error:
        raise InputError(f"{folder / _CONFIG}: open_clip cannot build this model ({brief(error)})") from error
    try:
        open_clip.load_checkpoint(model, str(weights), strict=True, weights_only=True)
    except SafetensorError as error:
        raise InputError(f"{weights}: damaged or cut short ({error}); fetch it again") from error
    except (RuntimeError, KeyError, AttributeError, StopIteration) as error:
        raise InputError(f"{weights}: does not fit the model in {_CONFIG} ({brief(error)})") from error
    return model


def read_config(folder: Path) -> dict[str, Any]:
    """The checked content of `open_clip_config.json`. Raises InputError naming the file and the field."""
    if not folder.is_dir():
        raise InputError(f"local-dir:{folder}: no such folder")
    path = folder / _CONFIG
    if not path.is_file():
        raise InputError(f"{folder}: no {_CONFIG} in it; expected the folder of an open_clip model")
    config: dict[str, Any] = read_json(path)
    model = config.get("model_cfg") if isinstance(config, dict) else None
    if not isinstance(model, dict):
        raise InputError(f"{path}: expected an object with the field 'model_cfg'")
    for field, kind in (("embed_dim", int), ("vision_cfg", dict), ("text_cfg", dict)):
        if not isinstance(model.get(field), kind):
            raise InputError(f"{path}: 'model_cfg.{field}' is {model.get(field)}, expected {kind.__name__}")
    for tower in ("vision_cfg", "text_cfg"):
        _refuse_giants(model[tower], f"{path}: model_cfg.{tower}")
    if not isinstance(config.get("preprocess_cfg", {}), dict):
        raise InputError(f"{path}: 'preprocess_cfg' is no object")
    if (model["text_cfg"].get("tokenizer_kwargs") or {}).get("trust_remote_code"):
        raise InputError(f"{path}: 'tokenizer_kwargs.trust_remote_code' would run the folder's own code; remove it")
    return config


def _refuse_giants(tower: dict[str, Any], where: str) -> None:
    """Raise InputError for numbers of which no tower is built: each layer takes time and memory before any weight."""
    for field, value in tower.items():
        most = _MOST.get(field, _MOST_OF_ANY)
        numbers = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int | float)]
        if any(abs(one) > most for one in numbers):
            raise InputError(f"{where}.{field} is {value}; expected at most {most}")


def _require_room(folder: Path, weights: Path, build: Callable[[str], nn.Module]) -> None:
    """Raise InputError when the configuration describes many more numbers than the weights file holds.

    Found out without memory for a single weight. Where open_clip builds a model with memory only, nothing is said here.
    """
    try:
        with torch.device("meta"):
            described = sum(tensor.numel() for tensor in build("meta").state_dict().values())
    except _UNBUILDABLE:
        return
    if (stored := numbers_in(weights)) * _SLACK < described:
        raise InputError(
            f"{folder / _CONFIG}: describes a model of {described:,} numbers, but {weights.name} holds {stored:,}; "
            "they do not belong together"
        )


def find_weights(folder: Path) -> Path:
    """The safetensors file that holds the model. Raises InputError when there is none, or none that is meant."""
    found = sorted(path for path in folder.glob("*.safetensors") if path.is_file())
    preferred = [folder / name for name in _WEIGHTS if folder / name in found]
    if not found:
        pickles = sorted(path for path in folder.iterdir() if path.suffix in _PICKLES)
        if pickles:
            raise InputError(f"{pickles[0]}: pickled weights can run code and are not loaded; {_CONVERT % pickles[0]}")
        raise InputError(f"{folder}: no weights in it; expected {_WEIGHTS[0]}")
    if not preferred and len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise InputError(f"{folder}: several weight files ({names}); name the one that is meant {_WEIGHTS[0]}")
    chosen = (preferred or found)[0]
    _refuse_disguise(chosen)
    return chosen


def _refuse_disguise(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt"):
            return
    except (SafetensorError, OSError) as error:
        with path.open("rb") as stream:
            head = stream.read(32)
        reasons = [reason for magic, reason in _DISGUISES.items() if head.startswith(magic)]
        reason = reasons[0].replace("%s", str(path)) if reasons else f"damaged or cut short ({error}); fetch it again"
        raise InputError(f"{path}: not a safetensors file: {reason}") from error


def _text_tower(folder: Path, config: dict[str, Any]) -> dict[str, Any]:
    """The text configuration with the tower's folder found beside the weights, wherever the process runs."""
    name = config.get("hf_model_name")
    if not name:
        return config
    beside = [path for path in (folder / name, folder / Path(name).name) if path.is_dir()]
    return {**config, "hf_model_name": str(beside[0]) if beside else name, "hf_model_pretrained": False}


def brief(error: Exception) -> str:
    """An exception's message on one line, cut where it becomes a list of every parameter."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 400 else f"{text[:400]} ..."


@contextmanager
def _no_alarm_about_random_weights() -> Iterator[None]:
    """Silence open_clip's warning about a model without weights: ours are loaded a line later, from a checked file."""

    def other(record: logging.LogRecord) -> bool:
        return "No pretrained weights" not in record.getMessage()

    root = logging.getLogger()
    root.addFilter(other)
    try:
        yield
    finally:
        root.removeFilter(other)
