"""Asking a student from the shell: any names, any files, in three formats."""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import clipling
from clipling.cli import main
from workflows.desk import Desk

Ask = Callable[..., tuple[int, str, str]]
PROGRAM = [sys.executable, "-c", "from clipling.cli import main; main()", "predict"]


@pytest.fixture
def ask(finished: clipling.Run, capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*tokens: object, verb: str = "predict", of: Path | None = None) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([verb, str(of or finished.student), *map(str, tokens)])
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return run


@pytest.fixture(scope="session")
def album(finished: clipling.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three images, one of them deeper, one broken file, and what is no image."""
    folder = tmp_path_factory.mktemp("album")
    (folder / "deep").mkdir()
    for name, colour in (("a.png", "red"), ("b.png", "blue"), ("deep/c.JPG", "green")):
        Image.new("RGB", (40, 50), colour).save(folder / name)
    (folder / "broken.png").write_bytes(b"nothing")
    (folder / "notes.txt").write_text("no image")
    return folder


def test_a_folder_in_json_lines(ask: Ask, album: Path, finished: clipling.Run) -> None:
    status, out, err = ask(album, "--format", "jsonl", "--top", 2)
    rows = [json.loads(line) for line in out.splitlines()]
    assert [Path(row["file"]).name for row in rows] == ["a.png", "b.png", "broken.png", "c.JPG"]
    assert rows[2]["error"] == "its content is no image format that is read here"
    assert status == 1
    assert "broken.png: its content is no image" in err
    assert "1 of 4 images could not be read" in err
    [expected] = clipling.load(finished.student).predict(album / "a.png", k=2)
    assert [guess["label"] for guess in rows[0]["predictions"]] == [guess.label for guess in expected]
    assert rows[0]["predictions"][0]["probability"] == pytest.approx(expected[0].probability, abs=1e-5)


def test_from_python_paths_are_taken_and_a_text_alone_is_one_image(
    album: Path, finished: clipling.Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for named in ([album / "a.png"], str(album / "a.png")):
        assert clipling.predict(finished.student, named, top=1, format="jsonl").images == 1
        assert json.loads(capsys.readouterr().out)["file"] == str(album / "a.png")


def test_a_run_a_pattern_and_new_names(ask: Ask, album: Path, finished: clipling.Run) -> None:
    status, out, _ = ask(album / "?.png", "--labels", "a red bird, a blue bird", "--format", "csv", of=finished.folder)
    rows = list(csv.DictReader(out.splitlines()))
    assert status == 0
    assert [(Path(row["file"]).name, row["rank"]) for row in rows] == [
        ("a.png", "1"), ("a.png", "2"), ("b.png", "1"), ("b.png", "2"),
    ]  # fmt: skip
    assert {row["label"] for row in rows} == {"a red bird", "a blue bird"}
    assert sum(float(row["probability"]) for row in rows[:2]) == pytest.approx(1, abs=1e-5)


def test_the_table(ask: Ask, album: Path) -> None:
    status, out, _ = ask(album / "a.png", album / "b.png", "--top", 1, "--labels", "a red bird")
    assert status == 0
    head, rule, *rows = out.splitlines()
    assert head.split() == ["class", "share", "image"]
    assert set(rule) == {"-", " "}
    assert rows == [f"{'a red bird':<13}  100.0%  {album / name}" for name in ("a.png", "b.png")]


def test_none_of_these(ask: Ask, album: Path, finished: clipling.Run) -> None:
    figures = finished.results["none_of_these"]
    assert figures["seen"]["labels"] == 50
    assert figures["unseen"]["labels"] == 100
    assert 0.85 < figures["seen"]["known_kept"] <= 1
    _, out, _ = ask(album / "a.png", "--threshold", 1)
    assert out.splitlines()[2].split() == ["none", "of", "these", str(album / "a.png")]
    _, out, _ = ask(album / "a.png", "--threshold", 1, "--format", "jsonl")
    assert json.loads(out)["predictions"] == []
    _, _, err = ask(album / "a.png", "--threshold", "calibrated")
    assert f"cosines below {figures['cosine']:.3f}. With 50 seen classes on the list it kept" in err
    assert "with your 200, more of both are let through" in err


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        ((), "IMAGES"),
        (("a.png", "--labels", ","), "--labels: no class names"),
        (("a.png", "--labels", "heron, heron"), "'heron' comes 2 times"),
        (("a.png", "--labels", "heron", "--labels-file", "names.txt"), "give one of them"),
        (("a.png", "--top", "0"), "top is 0; expected at least 1"),
        (("a.png", "--batch-size", "0"), "batch_size is 0; expected at least 1"),
        (("a.png", "--workers", "0"), "workers is 0; expected at least 1"),
        (("a.png", "--threshold", "often"), "often"),
        (("a.png", "--threshold", "90"), "threshold is 90.0; expected a cosine from -1 to 1"),
        (("a.png", "--threshold", "nan"), "threshold is nan; expected a cosine from -1 to 1"),
        (("a.png", "--bank", "absent"), "absent: no such file"),
        (("a.png", "--device", "gpu"), "device 'gpu' cannot be used here (Expected one of cpu, cuda"),
        (("a.png", "--lables", "heron"), "unknown option '--lables': did you mean '--labels'?"),
    ],
)
def test_what_cannot_be_asked(ask: Ask, tokens: tuple[str, ...], said: str) -> None:
    status, out, err = ask(*tokens)
    assert (status, out) == (2, "")
    assert said.lower() in " ".join(err.split()).lower()


def test_a_run_that_is_not_finished_says_so(
    album: Path, finished: clipling.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(finished.folder / "config.yaml", tmp_path)
    status, said = Desk(tmp_path, capsys).run("predict", tmp_path, album / "a.png")
    assert (status, "a run that is not finished; give the command that began it, with --resume" in said) == (2, True), (
        said
    )


def test_a_moving_picture_a_film_and_a_thousand_labels(ask: Ask, album: Path, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (40, 50), colour) for colour in ("red", "blue", "green")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500))
    (tmp_path / "names.txt").write_text("".join(f"bird number {number}\n" for number in range(1000)))
    asked = (album / "a.png", tmp_path / "moving.gif", tmp_path / "film.mp4", "--labels-file", tmp_path / "names.txt")
    status, out, err = ask(*asked, "--format", "jsonl", "--top", 1000)
    still, moving, film = map(json.loads, out.splitlines())
    assert status == 1
    assert len(still["predictions"]) == 1000
    assert moving["predictions"][0]["label"] == still["predictions"][0]["label"]  # its first frame is all red as well
    assert film["error"] == "its content is no image format that is read here"
    assert "film.mp4" in err


def test_nothing_behind_a_name(ask: Ask, tmp_path: Path) -> None:
    status, out, err = ask(tmp_path, tmp_path / "*.png", tmp_path / "absent.png", "--format", "csv")
    assert status == 1
    assert [row["error"] for row in csv.DictReader(out.splitlines())] == [
        "a folder without images", "no file matches", "no such file or directory",
    ]  # fmt: skip
    assert "3 of 3 images could not be read" in err


def test_standard_input_is_answered_line_by_line_and_a_closed_pipe_is_no_crash(
    album: Path, finished: clipling.Run
) -> None:
    command = [*PROGRAM, str(finished.student), "-", "--format", "jsonl", "--top", "1"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, **pipes) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        assert asked.stderr is not None
        for name in ("a.png", "b.png"):
            asked.stdin.write(f"{album / name}\n")
            asked.stdin.flush()
            assert json.loads(asked.stdout.readline())["file"] == str(album / name)
        asked.stdout.close()
        asked.stdin.write(f"{album / 'a.png'}\n")
        asked.stdin.flush()  # and stays open: nobody waits for it any more
        assert asked.wait(60) == 0
        assert asked.stderr.read() == ""


def test_folders_are_walked_as_a_data_set_is(ask: Ask, album: Path, tmp_path: Path) -> None:
    room = tmp_path / "room"
    for folder in ("@eaDir/a.png", "inside", "../elsewhere"):
        (room / folder).mkdir(parents=True)
        shutil.copy(album / "a.png", room / folder / "a.png")
    (room / "link").symlink_to(tmp_path / "elsewhere")
    (room / "loop").symlink_to(room)
    for name in ("film.mp4", "inside/film.MP4", "notes.txt", "labels.csv"):
        (room / name).touch()
    status, out, err = ask(room, "--top", 1, "--format", "jsonl")
    assert status == 0
    assert [json.loads(line)["file"] for line in out.splitlines()] == [
        f"{room}/inside/a.png", f"{room}/link/a.png",
    ]  # fmt: skip
    assert err.splitlines() == [
        "passed over 5: .mp4 (2), a folder of the system (1), .txt (1), leads to a folder that is read already, or to "
        "one above (1)"
    ]


def test_a_folder_that_cannot_be_listed_is_an_answer(ask: Ask, tmp_path: Path, too_deep: Callable[[Path], str]) -> None:
    too_deep(tmp_path)
    status, out, err = ask(tmp_path, "--format", "jsonl")
    assert (status, json.loads(out)["error"]) == (1, "file name too long")
    assert "1 of 1 images could not be read" in err


@pytest.mark.parametrize("name", ["-front.jpg", "-", "--top"])
def test_after_two_dashes_everything_is_a_file(
    ask: Ask, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 50), "red").save(tmp_path / name, format="png")
    status, out, _ = ask("--top", 1, "--format", "jsonl", "--", name, album / "a.png")
    assert status == 0
    assert [json.loads(line)["file"] for line in out.splitlines()] == [f"./{name}", str(album / "a.png")]


def test_a_file_that_looks_like_an_option_is_hinted_at(ask: Ask) -> None:
    status, _, err = ask("-front.jpg")
    assert status == 2
    assert "a file of that name is given as ./-front.jpg" in " ".join(err.split())


@pytest.mark.parametrize(
    ("listing", "status", "said"),
    [
        ("\ufeffA\r\nB\n".encode(), 0, ""),
        ("A\nB\n".encode("utf-16"), 2, "UTF-16"),
        ("A\nB\n".encode("utf-16-be"), 2, "UTF-16"),
        (b"A\0B\0", 2, "-print0"),
    ],
)
def test_lists_on_standard_input(album: Path, finished: clipling.Run, listing: bytes, status: int, said: str) -> None:
    named = {b"A": b"a.png", b"B": b"b.png"}
    for letter, name in named.items():
        listing = listing.replace(letter, name if b"\0" not in listing else letter)
    command = [*PROGRAM, str(finished.student), "-", "--format", "jsonl", "--top", "1"]
    asked = subprocess.run(
        command, input=listing, capture_output=True, cwd=album, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    files = [json.loads(line)["file"] for line in asked.stdout.splitlines()]
    assert (asked.returncode, files) == (status, [] if status else ["a.png", "b.png"])
    assert said in asked.stderr.decode()
    assert asked.stderr.count(b"error:") == (status == 2)


def test_names_are_one_in_either_spelling_and_alike_ones_are_said(ask: Ask, album: Path, tmp_path: Path) -> None:
    status, _, err = ask(album / "a.png", "--labels", "caf\u00e9, cafe\u0301")
    assert (status, "'caf\u00e9' comes 2 times" in err) == (2, True)
    status, out, err = ask(album / "a.png", "--labels", "a red bird, A Red Bird, cafe\u0301", "--format", "jsonl")
    assert {one["label"] for one in json.loads(out)["predictions"]} == {"a red bird", "A Red Bird", "caf\u00e9"}
    assert "the teacher cannot tell 'a red bird', 'A Red Bird' apart" in " ".join(err.split())
    (tmp_path / "names.txt").write_text("heron\n\u200b\n")
    assert "class name '\\u200b' shows nothing" in ask(album / "a.png", "--labels-file", tmp_path / "names.txt")[2]


def test_a_bank_made_from_the_shell(ask: Ask, album: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("a red bird\n\na blue bird\nheron\n")
    status, out, _ = ask(names, verb="textbank")
    assert status == 0
    assert "texts of 3 class names" in out
    bank = tmp_path / "names.safetensors"
    assert ask(names, verb="textbank")[0] == 2
    _, direct, _ = ask(album / "a.png", "--labels-file", names, "--format", "csv")
    _, banked, _ = ask(album / "a.png", "--bank", bank, "--teacher", "local-dir:nowhere", "--format", "csv")
    assert banked == direct
    status, _, err = ask(album / "a.png", "--bank", bank, "--labels", "puffin", "--teacher", "local-dir:nowhere")
    assert status == 2
    assert "'puffin'" in err
    names.write_text("heron\nheron\n")
    assert "'heron'" in ask(names, "--overwrite", verb="textbank")[2]
    assert ask(tmp_path / "absent.txt", "--out", tmp_path / "other", verb="textbank")[0] == 2
