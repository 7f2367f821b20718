"""Settings read back from a config.yaml that was edited by hand."""

from pathlib import Path

import pytest
import yaml

import clipling
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
