"""What every test may use: the real-image test bed, skipped, saying so, where it is absent."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the networks here are tiny: threads cost more than they bring
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(autouse=True)
def _same_draws() -> None:
    """What a test draws without a seed of its own is the same in every run, whatever ran before it."""
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def test_bed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with `tiny-imagenet-32` (real images, split 0 in `splits/0`) and three teachers (open_clip `local-dir:`).

    `teacher` knows the 200 classes; `teacher-b` has the same image tower and another text space; `teacher-c` knows a
    thousand classes of full-size photographs (the fixture `photos`), and little of images of 32 px.
    """
    if not (SHARED / "prepare").exists():
        pytest.skip("../shared is absent: the real-image test bed is not tested")
    target = tmp_path_factory.mktemp("bed")
    subprocess.run([sys.executable, str(SHARED / "prepare"), str(target)], check=True, stdout=subprocess.DEVNULL)
    return target


@pytest.fixture(scope="session")
def photos() -> list[Path]:
    """Two hundred full-size photographs."""
    files = sorted((SHARED / "data" / "photos").glob("*.JPEG"))
    if not files:
        pytest.skip("../shared is absent: the full-size photographs are not tested")
    return files


@pytest.fixture
def too_deep() -> Callable[[Path], str]:
    """Make a folder in another one whose path is longer than the system takes: nobody, not even root, can list it."""

    def make(folder: Path) -> str:
        parts, place = ["x" * 250] * 17, os.open(folder, os.O_RDONLY)
        for part in parts:
            os.mkdir(part, dir_fd=place)
            above, place = place, os.open(part, os.O_RDONLY, dir_fd=place)
            os.close(above)
        os.close(place)
        return "/".join(parts)

    return make
