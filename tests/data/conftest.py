"""Small image folders made for a test."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MakeImages = Callable[[Mapping[str, int]], Path]


@pytest.fixture
def make_images(tmp_path: Path) -> MakeImages:
    """Make `tmp_path/data` with so many distinct images in every folder named, and return it."""

    def make(counts: Mapping[str, int]) -> Path:
        root = tmp_path / "data"
        for number, (folder, count) in enumerate(sorted(counts.items())):
            (root / folder).mkdir(parents=True, exist_ok=True)
            for index in range(count):
                pixels = np.random.default_rng([number, index]).integers(0, 256, (12, 16, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / folder / f"{index:03}.png")
        return root

    return make
