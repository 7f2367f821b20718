"""A bundle with a learned prompt comes back with it, and one without it as ever."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from clipling.contracts.errors import InputError
from clipling.deploy import read_bundle, write_bundle
from clipling.deploy.seal import seal
from clipling.files import read_json, write_json
from clipling.student import StudentNet

CONTEXT = torch.randn(8, 12, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def prompted(tmp_path: Path, net: StudentNet, facts: dict[str, Any]) -> Path:
    write_bundle(tmp_path / "student", net, **facts, prompt=CONTEXT)
    return tmp_path / "student"


def test_round_trip(prompted: Path):
    assert read_json(prompted / "config.json")["prompt"] == "prompt.safetensors"
    back = read_bundle(prompted)
    assert back.prompt is not None
    assert torch.equal(back.prompt, CONTEXT)
    assert (
        "| class text | learned vectors (prompt.safetensors), then the name |" in (prompted / "README.md").read_text()
    )


def test_a_bundle_of_before_there_were_prompts_still_reads(bundle: Path):
    config = read_json(bundle / "config.json")
    assert config.pop("prompt") is None
    write_json(bundle / "config.json", config)
    seal(bundle)
    assert read_bundle(bundle).prompt is None


def test_a_prompt_that_is_missing_or_of_another_form_is_named(prompted: Path):
    (prompted / "prompt.safetensors").unlink()
    with pytest.raises(InputError, match=r"damaged \(missing: prompt\.safetensors\)"):
        read_bundle(prompted)
    seal(prompted)
    with pytest.raises(InputError, match=r"does not list prompt\.safetensors"):
        read_bundle(prompted)
    save_file({"context": CONTEXT.half()}, prompted / "prompt.safetensors")
    seal(prompted)
    with pytest.raises(InputError, match=r"prompt\.safetensors: expected one float32 matrix named 'context'"):
        read_bundle(prompted)


def test_no_other_file_is_taken_for_the_prompt(prompted: Path):
    write_json(prompted / "config.json", {**read_json(prompted / "config.json"), "prompt": "../elsewhere"})
    seal(prompted)
    with pytest.raises(InputError, match=r"config\.json: prompt is \.\./elsewhere; expected 'prompt\.safetensors'"):
        read_bundle(prompted)


def test_a_prompt_that_is_not_finite_is_not_shipped(tmp_path: Path, net: StudentNet, facts: dict[str, Any]):
    with pytest.raises(InputError, match="context holds NaN"):
        write_bundle(tmp_path / "student", net, **facts, prompt=CONTEXT / 0)
    assert not (tmp_path / "student").exists()
