"""A distillation by several processes, as `torchrun` starts them."""

import subprocess
import sys
from pathlib import Path

import pytest

from clipling.aviary import teacher_spec
from clipling.files import read_json, read_jsonl
from clipling.workflows.run import Run
from workflows.desk import QUICK


def by_two(*tokens: object) -> str:
    """What two processes on the CPU said; the exit status has to be 0."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*launcher, "-m", "clipling", "distill", *map(str, tokens)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_two_processes_leave_one_run_that_resumes(aviary: Path, tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    quick = [token for option in {**QUICK, "--epochs": 1}.items() for token in option]
    given = (aviary, teacher_spec(), run.folder, *quick, "--split", aviary / "split")
    assert by_two(*given).count("report: ") == 1, "one process alone speaks"
    assert [row["epoch"] for row in read_jsonl(run.log) if row["event"] == "epoch"] == [1]
    assert len([*run.checkpoints.iterdir()]) == 1
    assert read_json(run.folder / "environment.json")["processes"] == 2
    assert run.results["accuracy"].keys() == run.results["accuracy_bundle"].keys()
    assert (run.student / "model.safetensors").is_file()
    written = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()}
    assert not [path for path in written if path.name.endswith(".part")]
    assert "is finished; nothing to resume" in by_two(*given, "--resume")
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*") if path.is_file()} == written
