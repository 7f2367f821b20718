"""What the command line writes, whatever it writes to: full disks, poor encodings, markup."""

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.table import Table

from clipling import cli
from clipling.contracts.errors import InputError
from clipling.contracts.records import Prediction
from clipling.data.check import CheckReport, Finding
from clipling.deploy.stream import Answer
from clipling.workflows.answers.lines import lines
from clipling.workflows.check import Checked
from clipling.workflows.console import say
from clipling.workflows.reproduce import Reproduced

FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


def main(*tokens: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        cli.main([*tokens])
    return int(stopped.value.code or 0)


@needs_full
@pytest.mark.parametrize("tokens", [("--help",), ("--version",), ("split", "--help"), ("data", "list", "none")])
def test_a_full_standard_output_is_named(
    tokens: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FULL.open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(*tokens) == 2
        full.flush()  # nothing is left that would fail again as the program ends
    assert "error: standard output: no space is left" in capsys.readouterr().err


@needs_full
def test_a_full_standard_error_stops_no_work_and_leaves_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    full = io.TextIOWrapper(FULL.open("wb", buffering=0), write_through=True)
    monkeypatch.setattr(sys, "stderr", full)
    with pytest.raises(OSError, match="No space left"):
        full.write("epoch 1/90")
    say("epoch 1/90")
    assert main("split", "none", "out") == 2


def test_a_full_disk_elsewhere_is_not_blamed_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full", "/some/file")

    monkeypatch.setattr(cli, "app", SimpleNamespace(meta=fail))
    assert main("split") == 2
    assert "error: /some/file: no space is left" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "日本 é"),
        ("cp1252", r"\u65e5\u672c é"),
        ("latin-1", r"\u65e5\u672c é"),
        ("ascii", r"\u65e5\u672c \xe9"),
    ],
)
def test_what_an_encoding_lacks_is_shown_as_an_escape(
    encoding: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.chdir(tmp_path)
    assert main("data", "list", "日本 é") == 0
    assert main("split", "日本 é", "out") == 2
    said = [stream.buffer.getvalue().decode(encoding) for stream in (out, err)]
    assert shown in said[0]
    assert f"error: {shown}: no such folder" in said[1]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_json_lines_are_json_in_every_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    names = ["日本", "é", "\U0001f426"]
    answer = Answer("a.jpg", [Prediction(name, 0.5) for name in names], 0.3)
    for _, text in lines(iter([answer]), names, "jsonl"):
        stream.write(text)
    stream.flush()
    row = json.loads(stream.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]
    assert [one["label"] for one in row["predictions"]] == names


def test_a_locale_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    for name in ("日本", "cup", "tree"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "1.jpg").write_bytes(b"")
    command = [sys.executable, "-m", "clipling", "split", str(tmp_path / "data"), str(tmp_path / "out")]
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "the locale's encoding is ascii" in done.stderr
    assert "PYTHONUTF8=1" in done.stderr
    assert not (tmp_path / "out").exists()


MARKED = "pip install 'clipling[figures]' [/path] [bold]x[/] \\[a] :bird:"


@pytest.mark.parametrize(
    "answer",
    [
        Reproduced("text", (), (MARKED,), (MARKED,)),
        Checked(CheckReport(1, 1, (Finding("spoils", MARKED, 1, (MARKED,)),))),
    ],
)
def test_answers_are_printed_as_they_are(
    answer: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(cli, "app", SimpleNamespace(meta=lambda *_, **__: answer))
    main("reproduce")
    assert capsys.readouterr().out.count(MARKED) == 2


def test_cells_and_titles_of_tables_are_printed_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Told:
        def __rich__(self) -> Table:
            table = Table(MARKED, title=MARKED)
            table.add_row(MARKED)
            return table

    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(cli, "app", SimpleNamespace(meta=lambda *_, **__: Told()))
    assert main("reproduce") == 0
    assert capsys.readouterr().out.count(MARKED) == 3


def test_messages_and_errors_are_printed_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise InputError(MARKED)

    monkeypatch.setattr(cli, "app", SimpleNamespace(meta=fail))
    assert main("reproduce") == 2
    say(MARKED)
    assert capsys.readouterr().err.count(MARKED) == 2
