from pathlib import Path

import pytest

from clipling.applications.pickclutter.episodes import Episodes
from clipling.applications.pickclutter.objects import SEEN
from clipling.cli import main


def run(capsys: pytest.CaptureFixture[str], *tokens: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["pickclutter", "simulate", *map(str, tokens)])
    said = capsys.readouterr()
    return int(stopped.value.code or 0), " ".join((said.out + said.err).split())


def test_a_file_of_scenes_of_seen_objects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "scenes.h5"
    wanted = ("--scenes", 3, "--seed", 5, "--objects", "seen", "--pixels", 64, "--visible", 4)
    status, said = run(capsys, "--out", out, *wanted)
    if "libegl1" in said:
        pytest.skip(said)
    assert status == 0
    assert "3 scenes" in said
    episodes = Episodes(out, known=SEEN)
    assert len(list(episodes)) == 3
    assert episodes.attributes["seed"] == 5
    status, said = run(capsys, "--out", out, *wanted)
    assert (status, "--overwrite replaces it" in said) == (2, True)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (("--scenes", 0), "scenes is 0; expected at least 1"),
        (("--seed", 1_000_000), "the others are for training a teacher"),
        (("--seed", -1), "seed is -1"),
        (("--objects", "banan"), "did you mean 'banana'"),
        (("--objects", "banana"), "most is 7, of 1 objects"),
        (("--workers", 0), "workers is 0"),
        (("--scene", 4), "Did you mean --scenes"),
    ],
)
def test_a_mistake_is_answered_before_anything_is_simulated(
    tokens: tuple[object, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, output = run(capsys, "--out", tmp_path / "scenes.h5", *tokens)
    assert status == 2
    assert said in output
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, output = run(capsys, "--out", tmp_path)
    assert (status, "is a folder" in output) == (2, True)
