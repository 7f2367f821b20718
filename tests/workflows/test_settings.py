"""Settings read back from a config.yaml that was edited by hand."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import clipling
from clipling.cli import main
from clipling.contracts.errors import InputError
from clipling.workflows.settings import Settings

WHERE = Path("run/config.yaml")


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [("hardware", "workers", "two"), ("hardware", "workers", -2), ("optimizer", "lr", "0.1"), ("losses", "clz", 1.0)],
)
def test_what_cannot_be_meant_is_named_with_its_file(finished: clipling.Run, group: str, name: str, value: object):
    record = yaml.safe_load((finished.folder / "config.yaml").read_text())
    assert Settings.from_record(record, WHERE)
    record[group][name] = value
    with pytest.raises(InputError, match=str(WHERE)):
        Settings.from_record(record, WHERE)


def test_a_recipe_of_ones_own_comes_back_from_its_config_yaml(tiny: dict[str, Any], runs: Path) -> None:
    own = replace(clipling.get_recipe("cls"), name="mine", repeats_small=2, epochs=1)
    options = {name: value for name, value in tiny.items() if name not in ("epochs", "repeats")}
    run = clipling.distill(**options, out=runs / "own", recipe=own)
    record = run.config
    assert (record["recipe"], record["repeats"]) == ("mine", 2)
    assert Settings.from_record(record, WHERE).recipe.repeats_for(100) == 2
    assert clipling.distill(**options, out=runs / "own", recipe=own, resume=True).is_finished
    (run.folder / "results.json").unlink()
    changed = replace(own, repeats_small=3)
    with pytest.raises(InputError, match=r"cannot resume with other settings \(repeats: 2 in the run, 3 now\)"):
        clipling.distill(**options, out=runs / "own", recipe=changed, resume=True)
    with pytest.raises(SystemExit) as stopped:
        main(["distill", "--config", str(run.folder / "config.yaml"), "--out", str(runs / "own-again")])
    assert stopped.value.code == 0
    again = clipling.Run(runs / "own-again").config
    assert {**again, "out": None} == {**record, "out": None}
    with pytest.raises(InputError, match="unknown recipe 'mine'"):
        clipling.distill(**options, out=runs / "never-made", recipe="mine")


def test_a_run_that_did_not_count_its_repeats_can_be_resumed(tiny: dict[str, Any], runs: Path) -> None:
    options = {**tiny, "repeats": None, "epochs": 1}
    run = clipling.distill(**options, out=runs / "uncounted")
    path = run.folder / "config.yaml"
    path.write_text(path.read_text().replace("\nrepeats: 5\n", "\nrepeats: null\n"))
    assert run.config["repeats"] is None
    run.page.unlink()
    assert clipling.distill(**options, out=run.folder, resume=True).is_finished
    run.page.unlink()
    with pytest.raises(InputError, match=r"repeats: None in the run, 3 now"):
        clipling.distill(**{**options, "repeats": 3}, out=run.folder, resume=True)
