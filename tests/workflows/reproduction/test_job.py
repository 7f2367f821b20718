"""What makes two jobs the same."""

from copy import deepcopy
from dataclasses import asdict

from clipling.recipes import get_recipe
from clipling.workflows.reproduction.job import same_settings


def test_a_record_outlives_settings_that_recipes_get_later() -> None:
    now = {"seed": 0, "recipe": asdict(get_recipe("semantics"))}
    before = deepcopy(now)
    del before["recipe"]["text"]["prompt"]
    assert same_settings(before, now)
    assert same_settings(now, now)
    prompted = deepcopy(now)
    prompted["recipe"]["text"]["prompt"] = 8
    assert not same_settings(before, prompted)
    assert not same_settings(now, before)
    assert not same_settings(before, {**now, "seed": 1})
