"""A bundle goes to a Hub on this machine and comes back from it, by huggingface_hub itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import clipling
from workflows.desk import Desk
from workflows.hub import TOKEN, local_hub

LOAD = """
import json, sys, clipling
student = clipling.load("hf-hub:me/birds")
[answer] = student.predict(sys.argv[1], k=2)
print(json.dumps([[one.label, one.probability] for one in answer]))
for wrong in ("hf-hub:me/birdz", "hf-hub:birds", "hf-hub:me/birds@old"):
    try:
        clipling.load(wrong)
    except clipling.InputError as error:
        print(error)
"""


def fresh(hub: str, place: Path, *command: object, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
    """A new process, as huggingface_hub reads its settings once."""
    settings = {"HF_ENDPOINT": hub, "HF_HOME": str(place), "HF_TOKEN": token, "HF_HUB_OFFLINE": "0", "NO_PROXY": "*"}
    program = [sys.executable, *map(str, command)]
    return subprocess.run(program, env={**os.environ, **settings}, capture_output=True, text=True, timeout=300)


def test_there_and_back(finished: clipling.Run, tmp_path: Path) -> None:
    Image.new("RGB", (40, 50), "red").save(tmp_path / "red.png")
    with local_hub() as hub:
        sent = fresh(hub.address, tmp_path, "-m", "clipling", "push", finished.folder, "me/birds")
        assert sent.returncode == 0, sent.stderr
        assert hub.repos == {"me/birds": True}
        assert hub.files == {file.name: file.read_bytes() for file in finished.student.iterdir()}
        loaded = fresh(hub.address, tmp_path, "-c", LOAD, tmp_path / "red.png")
        refused = fresh(hub.address, tmp_path, "-m", "clipling", "push", finished.folder, "me/owls", token="hf_wrong")
    assert loaded.returncode == 0, loaded.stderr
    [answer, absent, nameless, old] = loaded.stdout.splitlines()
    [own] = clipling.load(finished.folder).predict(tmp_path / "red.png", k=2)
    assert json.loads(answer) == [[one.label, pytest.approx(one.probability)] for one in own]
    assert "'hf-hub:me/birdz': no such model" in absent
    assert "expected ORG/NAME" in nameless
    assert "no such revision" in old
    assert (refused.returncode, "hf auth login" in " ".join(refused.stderr.split())) == (2, True), refused.stderr
    assert not any(
        secret in said for secret in (TOKEN, "hf_wrong") for said in (sent.stdout, sent.stderr, refused.stderr)
    )


def test_a_dry_run_sends_nothing(finished: clipling.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(tmp_path, capsys)
    status, said = desk.run("push", finished.folder, "me/birds", "--dry-run")
    assert status == 0
    assert "me/birds, private" in said
    assert all(file.name in said for file in finished.student.iterdir())
    assert "dry run: nothing was sent" in said
    for options, trouble in (
        (("birds",), "expected ORG/NAME"),
        (("me/birds", "--text"), "no text tower of its teacher beside it"),
        (("me/birds", "--pubic"), "Did you mean --public?"),
    ):
        status, said = desk.run("push", finished.folder, *options, "--dry-run")
        assert (status, trouble in said) == (2, True), said
