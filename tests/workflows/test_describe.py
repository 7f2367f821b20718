"""`clipling describe` as a user gives it, against an endpoint over real HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.data.folder import scan
from clipling.data.labels import read_descriptions
from clipling.data.split import make_split, write_split
from clipling.files import read_jsonl, write_jsonl
from clipling.workflows.check import check
from ctrl_c import heed_ctrl_c
from language.endpoint import Endpoint, fails, says, serving
from workflows.desk import Desk
from workflows.kinds import LABELS, NAMES, write_kinds

pytest.importorskip("openai", reason="the extra llm is not installed: `clipling describe` is not tested")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    write_kinds(tmp_path / "birds")
    return Desk(tmp_path, capsys)


def asking(server: Endpoint, *more: object) -> tuple[object, ...]:
    return ("--model", "parrot", "--base-url", server.url, "--timeout", 5, "--retries", 1, *more)


def described(desk: Desk) -> dict[str, str]:
    return {row["class"]: row["text"] for row in read_jsonl(desk.data / "descriptions.jsonl")}


def test_every_class_gets_a_sentence_and_a_second_run_asks_nothing(desk: Desk, server: Endpoint) -> None:
    server.acts["kind3 bird"] = [fails(500), says("The kind4 bird is blue."), says("")]
    status, said = desk.run("describe", desk.data, *asking(server))
    assert (status, "descriptions of 10 classes (12 questions asked)" in said) == (0, True), said
    assert described(desk) == {
        label: f"The {name} is round and has four red corners." for label, name in zip(LABELS, NAMES, strict=True)
    }
    row = read_jsonl(desk.data / "descriptions.jsonl")[0]
    assert list(row) == ["class", "text", "model", "prompt", "date"]
    assert (row["model"], "of {name}. Only" in row["prompt"]) == ("parrot", True)
    assert len(server.asked) == 13
    assert desk.run("describe", desk.data, *asking(server))[0] == 0
    assert len(server.asked) == 13
    assert not list(desk.data.glob(".*.journal"))


def test_descriptions_of_another_origin_are_kept_unless_told(desk: Desk, server: Endpoint) -> None:
    assert desk.run("describe", desk.data, *asking(server))[0] == 0
    before = (desk.data / "descriptions.jsonl").read_bytes()
    for other in (("--model", "owl"), ("--instruction", "Draw the shape of {name}.")):
        tokens = [*asking(server), *other] if other[0] != "--model" else [*other, *asking(server)[2:]]
        status, said = desk.run("describe", desk.data, *tokens)
        assert (status, "--overwrite replaces them" in said) == (2, True), said
        assert (desk.data / "descriptions.jsonl").read_bytes() == before
        assert len(server.asked) == 10
    assert desk.run("describe", desk.data, "--model", "owl", *asking(server)[2:], "--overwrite")[0] == 0
    assert {row["model"] for row in read_jsonl(desk.data / "descriptions.jsonl")} == {"owl"}


def test_asked_of_the_classes_of_a_split_those_of_the_others_stay(desk: Desk, server: Endpoint) -> None:
    assert desk.run("describe", desk.data, *asking(server))[0] == 0
    before = described(desk)
    server.acts |= {name: [says(f"The {name} is like an owl.")] for name in NAMES}
    first, second = sorted(LABELS)[:2]
    split = make_split(scan(desk.data), seen=1.0, holdout=0.0)
    train = tuple(file for file in split.train if split.labels[file] in (first, second))
    write_split(replace(split, train=train, seen_classes=(first, second)), desk.place / "two")
    command = ("describe", desk.data, "--model", "owl", *asking(server)[2:], "--split", desk.place / "two")
    assert desk.run(*command, "--overwrite")[0] == 0
    now = described(desk)
    assert [label for label in LABELS if now[label] != before[label]] == [first, second]
    assert now.keys() == before.keys()
    asked = len(server.asked)
    assert desk.run(*command)[0] == 0
    assert len(server.asked) == asked


def command_of(desk: Desk, server: Endpoint) -> list[str]:
    options = map(str, asking(server, "--concurrency", 2))
    return [sys.executable, "-m", "clipling", "describe", str(desk.data), *options]


def started(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_ctrl_c,
    )


@pytest.mark.parametrize(("how", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_killed_and_given_again_nothing_is_paid_twice(
    desk: Desk, server: Endpoint, how: signal.Signals, status: int
) -> None:
    server.delay = 0.5
    command = command_of(desk, server)
    running = started(command)
    while running.poll() is None and not any(path.stat().st_size for path in desk.data.glob(".*.journal")):
        time.sleep(0.01)
    running.send_signal(how)
    said = running.communicate(timeout=30)[1]
    assert running.returncode == status, said
    assert "Traceback" not in said
    assert not (desk.data / "descriptions.jsonl").exists()
    (journal,) = desk.data.glob(".*.journal")
    answered = {json.loads(line)["about"] for line in journal.read_text().splitlines()}
    assert 1 <= len(answered) < 10
    if how == signal.SIGINT:
        assert len(answered) == len(server.asked)  # what was under way was waited for
    server.delay = 0
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert len(described(desk)) == 10
    assert all(server.questions(name) == 1 for name, label in zip(NAMES, LABELS, strict=True) if label in answered)


def test_a_second_ctrl_c_does_not_wait(desk: Desk, server: Endpoint) -> None:
    server.delay = 300
    running = started(command_of(desk, server))
    assert running.stderr
    try:
        while len(server.asked) < 2 and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        said = ""
        while "Ctrl-C now stops without them" not in said and running.poll() is None:
            said += running.stderr.read(1)
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == -signal.SIGINT
    finally:
        running.kill()


def test_where_nothing_came_no_file_is_named(desk: Desk, server: Endpoint) -> None:
    server.acts |= {name: [fails(400)] for name in NAMES}
    status, said = desk.run("describe", desk.data, *asking(server))
    assert (status, "10 of 10 classes" in said, "those of the others" in said) == (2, True, False), said
    assert not (desk.data / "descriptions.jsonl").exists()


def test_what_fails_for_one_class_keeps_the_others(desk: Desk, server: Endpoint) -> None:
    server.acts["kind3 bird"] = [says("The kind4 bird is blue.")] * 2
    status, said = desk.run("describe", desk.data, *asking(server, "--attempts", 2))
    assert (status, "1 of 10 classes" in said, "kind3_bird: That is about kind4 bird" in said) == (2, True, True), said
    assert described(desk).keys() == {*LABELS} - {"kind3_bird"}
    assert desk.run("describe", desk.data, *asking(server))[0] == 0
    assert len(server.asked) == 11 + 1
    assert described(desk).keys() == {*LABELS}


def test_a_class_that_is_refused_gets_a_description_of_one_s_own(desk: Desk, server: Endpoint) -> None:
    server.acts["kind3 bird"] = [fails(400)] * 9
    for asked in (10, 11):  # the second time of this class alone
        status, said = desk.run("describe", desk.data, *asking(server))
        assert (status, "kind3_bird" in said, "refuses this question" in said) == (2, True, True), said
        assert (len(server.asked), len(described(desk))) == (asked, 9)
    with pytest.raises(InputError, match=r"no description for 1 of the 10 classes: 'kind3_bird'"):
        read_descriptions(desk.data, LABELS)
    mine = desk.place / "mine.jsonl"
    write_jsonl(mine, [{"class": "kind3_bird", "text": "The kind3 bird is red."}])
    assert desk.run("describe", desk.data, "--source", "file", "--file", mine)[0] == 0
    assert (described(desk).keys(), described(desk)["kind3_bird"]) == ({*LABELS}, "The kind3 bird is red.")


def test_what_cannot_be_replaced_stays(desk: Desk, server: Endpoint) -> None:
    write_jsonl(desk.data / "descriptions.jsonl", [{"class": label, "text": "It is red."} for label in LABELS])
    server.acts["kind3 bird"] = [fails(422)]
    status, said = desk.run("describe", desk.data, *asking(server, "--overwrite"))
    assert (status, "1 of 10 classes" in said) == (2, True), said
    assert [label for label, text in described(desk).items() if text == "It is red."] == ["kind3_bird"]


@pytest.mark.parametrize("row", ['{"text": "Red.", %s}', '{"class": "kind0_bird", "text": null, %s}', "[1]"])
def test_a_damaged_row_is_named(row: str, desk: Desk, server: Endpoint) -> None:
    assert desk.run("describe", desk.data, *asking(server))[0] == 0
    made = desk.data / "descriptions.jsonl"
    ours = json.dumps({key: value for key, value in read_jsonl(made)[0].items() if key in ("model", "prompt")})[1:-1]
    made.write_text(made.read_text() + row.replace("%s", ours) + "\n")
    status, said = desk.run("describe", desk.data, *asking(server))
    assert (status, "descriptions.jsonl: entry 11 has no text under" in said, len(server.asked)) == (2, True, 10), said


def test_a_wrong_key_stops_it_and_is_not_shown(desk: Desk, server: Endpoint) -> None:
    for name in NAMES:
        server.acts[name] = [fails(401)]
    status, said = desk.run("describe", desk.data, *asking(server, "--concurrency", 1))
    assert (status, "refuses the key in OPENAI_API_KEY" in said, "sk-secret" in said) == (2, True, False), said
    assert len(server.asked) == 1
    assert not list(desk.data.glob("*.jsonl"))
    assert not list(desk.data.glob(".*.journal"))


def test_what_the_teacher_cannot_read_to_its_end_is_asked_for_again(desk: Desk, server: Endpoint) -> None:
    server.acts["kind3 bird"] = [says("The kind3 bird is " + "red and blue and " * 30 + "green.")]
    status, said = desk.run("describe", desk.data, *asking(server, "--teacher", teacher_spec()))
    assert (status, len(server.asked)) == (0, 11), said
    first, again = (messages for name, messages in server.asked if name == "kind3 bird")
    assert ["too long" in messages[-1]["content"] for messages in (first, again)] == [False, True]


@pytest.mark.parametrize(
    ("words", "options", "asked"),
    [
        (70, (), 11),  # 70 words, behind "a photo of kind3 bird ." too long for CLIP
        (64, (), 11),  # no room for 8 learned vectors
        (64, ("--prompt", 0), 10),
        (64, ("--prompt", 5), 10),
    ],
)
def test_without_a_teacher_clip_s_own_tokenizer_counts(
    words: int, options: tuple[object, ...], asked: int, desk: Desk, server: Endpoint
) -> None:
    server.acts["kind3 bird"] = [says("The kind3 bird is" + " red" * (words - 5) + " green.")]
    status, said = desk.run("describe", desk.data, *asking(server, *options))
    assert (status, len(server.asked)) == (0, asked), said
    assert "no --teacher is given: texts have to fit the 77 tokens of CLIP's own tokenizer" in " ".join(said.split())


def test_a_check_counts_learned_vectors(desk: Desk) -> None:
    rows = [{"class": label, "text": f"The {name} is" + " red" * 55} for label, name in zip(LABELS, NAMES, strict=True)]
    write_jsonl(desk.data / "descriptions.jsonl", rows)
    found = [check(desk.data, teacher=teacher_spec(), prompt=vectors).report.rows for vectors in (0, 8, 20)]
    assert ["class texts longer than" in " ".join(row.what for row in rows) for rows in found] == [False, False, True]


def test_the_key_is_in_no_file(desk: Desk, server: Endpoint) -> None:
    assert desk.run("describe", desk.data, *asking(server))[0] == 0
    assert "Bearer sk-secret" in server.keys
    files = [file for file in desk.place.rglob("*") if file.is_file()]
    assert files
    assert not any(b"sk-secret" in file.read_bytes() for file in files)
    assert os.environ["OPENAI_API_KEY"] == "sk-secret"
