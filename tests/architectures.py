"""A tiny architecture that open_clip knows for the time of a test, with CLIP's own tokenizer and no weights."""

import json
from pathlib import Path
from typing import Any

import open_clip
import pytest
from open_clip import factory

VISION = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}


def register(folder: Path, monkeypatch: pytest.MonkeyPatch, **vision: Any) -> str:
    """The name of the architecture; `vision` changes its image tower."""
    config = {"embed_dim": 24, "vision_cfg": {**VISION, **vision}, "text_cfg": TEXT}
    path = folder / "ViT-XXS-16.json"
    path.write_text(json.dumps(config))
    monkeypatch.setattr(factory, "_MODEL_CONFIG_PATHS", [*factory._MODEL_CONFIG_PATHS])
    monkeypatch.setattr(factory, "_MODEL_CONFIGS", dict(factory._MODEL_CONFIGS))
    open_clip.add_model_config(path)
    return path.stem
