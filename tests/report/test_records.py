from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import read_json, write_json
from clipling.report.records import Record, read_record, write_record

FIGURES = {"student": {"accuracy/id": 0.5, "none_of_these/cosine": -0.0127}, "texts": {"mean_cosine/names": -0.008}}


def test_a_record_comes_back_as_it_was_with_cosines_below_zero(tmp_path: Path) -> None:
    record = Record("birds", "paper", 0, "0" * 64, {"seed": 0}, FIGURES, {})
    write_record(tmp_path / "one.json", record)
    assert read_record(tmp_path / "one.json") == record


def test_a_figure_that_is_no_number_is_named(tmp_path: Path) -> None:
    write_record(tmp_path / "one.json", Record("birds", "paper", 0, "0" * 64, {"seed": 0}, FIGURES, {}))
    value = read_json(tmp_path / "one.json")
    value["figures"]["student"]["accuracy/id"] = "half"
    write_json(tmp_path / "one.json", value)
    with pytest.raises(InputError, match=r"'figures\.student\.accuracy/id' is 'half', expected a finite number"):
        read_record(tmp_path / "one.json")
