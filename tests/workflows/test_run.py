import os
import shutil
import socket
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

import clipling
from clipling.contracts.errors import InputError
from clipling.locks import held_run
from clipling.training.config import LossConfig
from clipling.workflows.run import check_place, open_run
from workflows.desk import Desk, contents


def test_a_run_from_before_a_setting_was_there_resumes_with_its_default(tmp_path: Path) -> None:
    losses = LossConfig(im_cst=1)
    before = {name: value for name, value in asdict(losses).items() if name != "bidirectional"}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({"epochs": 2, "losses": before}))
    check_place(tmp_path, {"epochs": 2, "losses": asdict(losses)}, resume=True, overwrite=False)
    other = asdict(replace(losses, bidirectional=False))
    with pytest.raises(InputError, match="cannot resume with other settings"):
        check_place(tmp_path, {"epochs": 2, "losses": other}, resume=True, overwrite=False)


def test_what_a_process_left_that_was_killed_at_its_first_file_is_no_obstacle(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".config.yaml.{dead.pid}.part").write_text("epo")
    run = open_run(tmp_path, {"epochs": 2}, resume=False, overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
    assert run.config == {"epochs": 2}
    (tmp_path / "config.yaml").rename(tmp_path / "notes.txt")
    with pytest.raises(InputError, match="not empty, and no run of Clipling's"):
        open_run(tmp_path, {"epochs": 2}, resume=False, overwrite=False)


def test_a_run_that_another_command_works_on_is_left_to_it(
    aviary: Path, finished: clipling.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path, capsys)
    desk.data, desk.split = aviary, aviary / "split"
    shutil.copytree(finished.folder, desk.out)
    (desk.out / "report.html").unlink()  # as if it was still being trained
    commands = [("coherence",), ("fewshot",), ("report",)]
    with held_run(desk.out):
        before = contents(desk.out)
        answers = [desk.distill("--overwrite"), desk.distill("--overwrite", "--epochs", 1)]
        answers += [desk.run(*command, desk.out) for command in commands]
        assert contents(desk.out) == before
    for status, said in answers:
        assert status == 2
        assert f"mine: process {os.getpid()} on {socket.gethostname()}, since 2" in said, said
        assert "Traceback" not in said
    assert desk.run("report", desk.out)[0] == 0
