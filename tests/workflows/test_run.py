import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml

from clipling.contracts.errors import InputError
from clipling.training.config import LossConfig
from clipling.workflows.run import check_place, open_run


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
