from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from applications.pickclutter.conftest import drawn_scene
from clipling.applications.pickclutter import picker as picker_module
from clipling.applications.pickclutter.bundle import read_bundle
from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.exam import scored
from clipling.applications.pickclutter.observations import open_observations
from clipling.applications.pickclutter.picker import Picker
from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.workflows.run import Run


def test_it_answers_as_the_exam_does(finished: Run, files: Path, tmp_path: Path) -> None:
    bundle, episodes = read_bundle(finished.student), Episodes(files / "ood.h5")
    expected = scored(bundle.net, open_observations(episodes, 64, tmp_path), bundle.pairs)
    picker = Picker.load(finished.student)
    for row in range(3):
        seen = picker.look(episodes[row])
        assert list(seen) == ["banana", "apple", "bowl", "orange", "wood block"]
        torch.testing.assert_close(torch.tensor([*seen.values()]), expected[row], atol=1e-4, rtol=0)
        assert picker.present(episodes[row]) == tuple(name for name, score in seen.items() if score > 0.5)


def test_names_of_the_bundle_and_new_ones_in_the_order_asked(
    finished: Run, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Episodes(files / "ood.h5")[0]
    whole = Picker.load(finished.folder).look(seen)
    mixed = Picker.load(finished.folder, ["a green bird", "Wood  Block"]).look(seen)
    assert list(mixed) == ["a green bird", "Wood Block"]
    assert mixed["Wood Block"] == pytest.approx(whole["wood block"], abs=1e-5)
    described = bundle_text(finished, "banana")
    again = Picker.load(finished.folder, [described]).look(seen)
    assert again[described] == pytest.approx(whole["banana"], abs=1e-4), "the teacher makes the text that is bundled"

    def absent(*_: Any, **__: Any) -> None:
        raise InputError("gone")

    monkeypatch.setattr(picker_module, "load_teacher", absent)
    Picker.load(finished.folder, ["banana"]).look(seen)
    with pytest.raises(InputError, match=r"the texts of a green bird need the teacher.*gone.*--teacher"):
        Picker.load(finished.folder, ["a green bird"], teacher=teacher_spec())


def bundle_text(run: Run, name: str) -> str:
    return next(one.text for one in read_bundle(run.student).objects if one.name == name)


def test_where_is_a_map_over_the_last_observation(finished: Run) -> None:
    picker = Picker.load(finished.folder, ["banana", "apple"])
    with pytest.raises(InputError, match="nothing was looked at yet"):
        picker.where("banana")
    first, second = (drawn_scene(number, ("011_banana", "013_apple"), 9) for number in (0, 1))
    picker.look(first)
    heat = picker.where("banana")
    assert heat.shape == picker._net.local.grid
    assert float(heat.sum()) == pytest.approx(1, abs=1e-4)
    picker.look(second)
    assert not torch.equal(heat, picker.where("banana"))
    with pytest.raises(InputError, match="'pear' was not asked for"):
        picker.where("pear")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["banana", "apple", "Banana"], "'banana' is asked for 2 times"),
        ([], "ask for at least one"),
        (["banana", " "], "a name is empty"),
        ("banana", "expected a list"),
    ],
)
def test_names_that_cannot_be_meant(finished: Run, names: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Picker.load(finished.folder, names)


def test_pictures_that_are_no_scene(finished: Run) -> None:
    picker, seen = Picker.load(finished.folder, ["banana"]), drawn_scene(0, ("011_banana", "013_apple"), 9)
    holes = seen.hand_depth.copy()
    holes[3, 4] = np.nan
    for wrong, said in (
        ({"hand_depth": holes}, "hand camera: depth is negative, infinite or no number"),
        ({"base_depth": seen.base_depth[:-1]}, r"base camera: depth has shape \(47, 48, 1\); expected \(48, 48, 1\)"),
        ({"base_rgb": seen.base_rgb / 255}, "base camera: RGB is float64"),
    ):
        with pytest.raises(InputError, match=said):
            picker.look(replace(seen, **wrong))
