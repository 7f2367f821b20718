"""The ways to name a teacher: `ARCHITECTURE/TAG`, `hf-hub:ORG/NAME`, `local-dir:PATH`, or an `ARCHITECTURE` alone.

An architecture alone has random weights, the same in every process: good for timing and for trying things out.

Names are checked before anything is fetched. open_clip is imported inside the functions: it takes seconds, and
those who only read stored features do without it.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from clipling.contracts.errors import InputError, unknown
from clipling.contracts.hub import hub_troubles
from clipling.teacher.folder import brief, build_from_folder
from clipling.teacher.pixels import Preprocessing
from clipling.teacher.tokens import Tokenizer

_SCHEMES = ("local-dir:", "hf-hub:")
_FORMS = "expected ARCHITECTURE/TAG (ViT-L-14/openai), hf-hub:ORG/NAME or local-dir:PATH"


@dataclass(frozen=True)
class Source:
    """A built model with what belongs to it.

    `id` is the name given, but for a folder only its last part: a folder may move, the hash of its weights tells
    what it holds.
    """

    id: str
    model: nn.Module
    tokenizer: Tokenizer
    preprocessing: Preprocessing
    width: int
    config: dict[str, Any]
    """open_clip's own, of which the model was built."""


def open_source(spec: str) -> Source:
    """Build the teacher that `spec` names, on the CPU in float32. Raises InputError."""
    if spec.startswith("local-dir:"):
        return _from_folder(spec)
    if spec.startswith("hf-hub:"):
        return _from_hub(spec)
    if spec and Path(spec).is_dir():
        raise InputError(f"teacher '{spec}': a folder is written local-dir:{spec}")
    if ":" in spec:
        raise unknown("kind of teacher", spec.partition(":")[0] + ":", _SCHEMES)
    if is_untrained(spec):
        return _assembled(spec, spec, untrained(spec))
    return _from_tag(spec)


def is_untrained(spec: str) -> bool:
    """Whether it names an architecture alone, whose weights are random."""
    return "/" not in spec and ":" not in spec and not Path(spec).is_dir()


def untrained(architecture: str) -> nn.Module:
    """The model with random weights, always the same ones. Raises InputError for an unknown name, with the nearest."""
    require_architecture(architecture)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _built(architecture, architecture, pretrained_text=False)


def require_architecture(name: str) -> None:
    """Raise InputError for a name that open_clip does not know, with the nearest."""
    import open_clip

    if name not in open_clip.list_models():
        raise unknown("teacher architecture", name, open_clip.list_models())


def _from_folder(spec: str) -> Source:
    given = spec.removeprefix("local-dir:")
    if not given:
        raise InputError(f"teacher '{spec}': the path is missing; {_FORMS}")
    folder = Path(given).expanduser().resolve()
    model = build_from_folder(folder)
    return _assembled(f"local-dir:{folder.name}", f"local-dir:{folder}", model)


def _from_hub(spec: str) -> Source:
    if len([part for part in spec.removeprefix("hf-hub:").split("/") if part]) != 2:
        raise InputError(f"teacher '{spec}': {_FORMS}")
    return _assembled(spec, spec, _trained(spec, spec))


def _from_tag(spec: str) -> Source:
    import open_clip

    architecture, _, tag = spec.rpartition("/")
    architecture = architecture.replace("/", "-")
    published = sorted({name for name, _ in open_clip.list_pretrained()})
    if architecture not in published:
        raise unknown("teacher architecture", architecture, published)
    tags = open_clip.list_pretrained_tags_by_model(architecture)
    if not tag:
        raise InputError(f"teacher '{spec}' names no weights; write {spec}TAG with one of: {', '.join(tags)}")
    if not open_clip.is_pretrained_cfg(architecture, tag):
        raise unknown(f"weights of {architecture}", tag, tags)
    # Weights such as OpenAI's were trained with QuickGELU; open_clip only warns where an architecture has not.
    quick_gelu = bool(open_clip.get_pretrained_cfg(architecture, tag).get("quick_gelu"))
    source = _assembled(spec, architecture, _trained(spec, architecture, pretrained=tag, force_quick_gelu=quick_gelu))
    return replace(source, config={**source.config, "quick_gelu": True}) if quick_gelu else source


def _trained(spec: str, name: str, **how: Any) -> nn.Module:
    return _built(spec, name, require_pretrained=True, weights_only=True, **how)


def _built(spec: str, name: str, **how: Any) -> nn.Module:
    import open_clip

    try:
        model: nn.Module = open_clip.create_model(name, **how)
    except hub_troubles(RuntimeError, KeyError) as error:
        raise InputError(
            f"teacher '{spec}' could not be fetched or built ({brief(error)}); check the name and the network, "
            "or give a folder that holds it: local-dir:PATH"
        ) from error
    return model


def _assembled(identity: str, name: str, model: nn.Module) -> Source:
    """The model with its tokenizer and preprocessing; `name` is what open_clip knows it by."""
    import open_clip

    try:
        tokenizer: Any = open_clip.get_tokenizer(name)
    except hub_troubles(TypeError, ImportError) as error:
        raise InputError(
            f"{name}: its tokenizer cannot be loaded ({brief(error)}); a folder needs the "
            "tokenizer's files (tokenizer.json, tokenizer_config.json) beside the weights"
        ) from error
    config = open_clip.get_model_preprocess_cfg(model)
    built_of = open_clip.get_model_config(name)
    preprocessing = Preprocessing.from_config(config, f"preprocessing of {name}")
    return Source(identity, model, tokenizer, preprocessing, int(built_of["embed_dim"]), built_of)
