"""The licence is what the card beside the weights says, or unknown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clipling.aviary import teacher_spec
from clipling.teacher.licence import licence_of
from workflows.hub import local_hub

DROPPED = """
from clipling.contracts.errors import InputError
from clipling.teacher.licence import licence_of
from clipling.teacher.sources import open_source
assert licence_of("hf-hub:me/birds") is None
try:
    open_source("hf-hub:me/birds")
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("card", "stated"),
    [
        ("---\nlicense: mit\n---\n# A teacher\n", "mit"),
        ("# A teacher without a head\n", None),
        ("---\nlicense: [\n---\n", None),
        ("---\nlicense: 3\n---\n", None),
        (None, None),
    ],
)
def test_a_folder(tmp_path: Path, card: str | None, stated: str | None) -> None:
    if card is not None:
        (tmp_path / "README.md").write_text(card)
    assert licence_of(f"local-dir:{tmp_path}") == stated


def test_the_birds_teacher_comes_with_this_package() -> None:
    assert licence_of(teacher_spec()) == "apache-2.0"


@pytest.mark.parametrize("spec", ["hf-hub:nobody/nothing", "ViT-B-32/openai", "ViT-B-32/none"])
def test_out_of_reach_is_unknown(spec: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert licence_of(spec) is None


def test_a_connection_that_drops_is_no_crash(tmp_path: Path) -> None:
    with local_hub() as hub:
        hub.drops = True
        settings = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0", "NO_PROXY": "*"}
        done = subprocess.run(
            [sys.executable, "-c", DROPPED], env=os.environ | settings, capture_output=True, text=True, check=False
        )
    assert (done.returncode, "'hf-hub:me/birds' could not be fetched" in done.stdout) == (0, True), done.stderr
