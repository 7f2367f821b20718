"""A small real student and what goes into its bundle."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from clipling.deploy import ClassEntry, write_bundle
from clipling.student import StudentNet, create_student
from clipling.tensors import unit

NAMES = {"n01": "wren", "n02": "red kite", "n03": "swan", "n04": "lark"}


@pytest.fixture(scope="session")
def net() -> StudentNet:
    torch.manual_seed(0)
    return create_student("test_resnet", width=16, image_size=48)


@pytest.fixture(scope="session")
def facts() -> dict[str, Any]:
    """The arguments of `write_bundle` after the network."""
    return {
        "classes": [ClassEntry(key, name, f"a photo of {name}", key != "n04") for key, name in NAMES.items()],
        "text": unit(torch.randn(4, 16, generator=torch.Generator().manual_seed(1))),
        "teacher": {"id": "local-dir:kestrel", "weights_hash": "0" * 64, "spec": "local-dir:/nowhere/kestrel"},
        "temperature": 0.07,
        "template": "a photo of {}",
        "results": {
            "accuracy_bundle": {"id": 0.75, "ood_zero_shot": 0.5},
            "teacher": {"id": 0.875, "ood_zero_shot": 0.625},
        },
        "about": {"data": "birds | of the marsh", "recipe": "paper", "epochs": 3},
    }


@pytest.fixture
def bundle(tmp_path: Path, net: StudentNet, facts: dict[str, Any]) -> Path:
    write_bundle(tmp_path / "student", net, **facts)
    return tmp_path / "student"


@pytest.fixture(scope="session")
def picture() -> Image.Image:
    """Smooth colours with some noise, wider than high."""
    down, across = np.mgrid[0:120, 0:160]
    colours = np.stack([down * 2, across, 255 - down - across // 2], axis=2)
    noise = np.random.default_rng(0).integers(-20, 20, colours.shape)
    return Image.fromarray((colours + noise).clip(0, 255).astype(np.uint8))
