"""config.json comes back as it was written, or the field at fault is named."""

from pathlib import Path
from typing import Any

import pytest

from clipling.contracts.errors import InputError
from clipling.deploy.config import read_config
from clipling.files import read_json, write_json


def test_it_names_the_resize_rule_and_the_schema(bundle: Path):
    values = read_json(bundle / "config.json")
    assert values["schema"] == 1
    assert values["resize"] == {"shorter_side": 55, "crop": 48}
    assert "shorter_side" not in values


def test_round_trip(bundle: Path, tmp_path: Path):
    config = read_config(bundle / "config.json")
    write_json(tmp_path / "again.json", config.as_json())
    assert read_config(tmp_path / "again.json") == config


@pytest.mark.parametrize("schema", [2, None, "1"])
def test_another_schema(bundle: Path, schema: Any):
    values = read_json(bundle / "config.json")
    write_json(bundle / "config.json", {**values, "schema": schema})
    with pytest.raises(InputError, match=r"config\.json: schema is .* reads schema 1"):
        read_config(bundle / "config.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("architecture", 3),
        ("width", "16"),
        ("width", 0),
        ("width", True),
        ("mean", 0.5),
        ("mean", [0.5, 0.5]),
        ("std", ["a", "b", "c"]),
        ("std", [0.2, 0.0, 0.2]),
        ("temperature", 0),
        ("temperature", "warm"),
        ("teacher", {"id": "somebody"}),
        ("resize", {"crop": 48}),
        ("results", []),
    ],
)
def test_a_field_that_cannot_be_is_named_with_its_file(bundle: Path, field: str, value: Any):
    values = read_json(bundle / "config.json")
    write_json(bundle / "config.json", {**values, field: value})
    name = {"resize": "shorter_side"}.get(field, field)
    with pytest.raises(InputError, match=rf"config\.json.*{name}"):
        read_config(bundle / "config.json")


def test_a_field_that_is_absent(bundle: Path):
    values = read_json(bundle / "config.json")
    del values["template"]
    write_json(bundle / "config.json", values)
    with pytest.raises(InputError, match="template"):
        read_config(bundle / "config.json")
