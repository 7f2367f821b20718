"""Imaginary birds, two images to train on of each seen class."""

from pathlib import Path

import pytest

from clipling.aviary import write_aviary


@pytest.fixture(scope="session")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_aviary(tmp_path_factory.mktemp("reproduced") / "aviary", train=2, held_out=6)
