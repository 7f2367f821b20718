"""The page links what can be taken along, with its figures where there are any."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import write_json
from clipling.report.page import write_report
from clipling.report.shipped import Export, read_exports

MEASURED = [
    {"name": "torch fp32", "megabytes": 45.0, "milliseconds": 9.0, "accuracy": {"id": 0.5}},
    {"name": "onnx int8", "megabytes": 11.5, "milliseconds": 4.0, "accuracy": {"id": 0.49, "ood_zero_shot": 0.25}},
]


def test_exports_are_linked_with_their_figures(make_run: Callable[..., Path]) -> None:
    run = make_run("demo")
    assert "clipling export" in write_report(run).read_text()
    manifest = {"measured": MEASURED, "parity": {"images": 4, "same_class": 0.75}}
    write_json(run / "exports/onnx-int8/manifest.json", manifest)
    write_json(run / "exports/text/manifest.json", {"parity": {"same_class": 1.0}})
    assert read_exports(run) == [
        Export("onnx-int8", "exports/onnx-int8/", 11.5, 4.0, 0.75, {"id": 0.49, "ood_zero_shot": 0.25}),
        Export("text", "exports/text/", None, None, 1.0, {}),
    ]
    page = write_report(run).read_text()
    for part in ('href="student/"', 'href="exports/onnx-int8/"', 'href="exports/text/"', "11.5", "49.0", "25.0"):
        assert part in page


def test_a_damaged_manifest_is_named(make_run: Callable[..., Path]) -> None:
    run = make_run("demo")
    write_json(run / "exports/onnx-int8/manifest.json", {"measured": [{"megabytes": "many"}]})
    with pytest.raises(InputError, match=r"manifest\.json: 'megabytes' is 'many'"):
        write_report(run)
