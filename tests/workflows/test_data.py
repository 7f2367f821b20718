"""The verbs as a person gives them."""

from pathlib import Path

import pytest

from clipling.cli import main
from clipling.data.sets import catalogue
from miniature import Miniature, miniature


@pytest.fixture
def birds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Miniature:
    """A miniature of CaltechBirds in the place of the real one."""
    mini = miniature("CaltechBirds", tmp_path)
    monkeypatch.setitem(catalogue.data_sets(), "CaltechBirds", mini.known)
    return mini


def run(capsys: pytest.CaptureFixture[str], *tokens: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["data", *map(str, tokens)])
    said = capsys.readouterr()
    return int(stopped.value.code or 0), " ".join((said.out + said.err).split())


def test_from_the_list_to_a_verified_data_set(
    birds: Miniature, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = tmp_path / "shelf"
    assert "complete" not in run(capsys, "list", shelf)[1]
    given = ("--to", shelf, "--lists", birds.authors, "--images", birds.original)
    status, said = run(capsys, "fetch", "CaltechBirds", *given)
    assert status == 0
    assert "complete" in said
    assert f"--split {shelf}/CaltechBirds/splits/paper" in said
    assert run(capsys, "fetch", "CaltechBirds", "--to", shelf)[1].count("complete, nothing to do") == 1
    assert "nothing to do" in run(capsys, "fetch", "CaltechBirds", *given)[1]
    assert run(capsys, "list", shelf)[1].count("complete") == 1
    assert run(capsys, "verify", "CaltechBirds", shelf)[0] == 0
    image = next((shelf / "CaltechBirds/063.Ivory_Gull").iterdir())
    image.unlink()
    status, said = run(capsys, "verify", "CaltechBirds", shelf)
    assert status == 1
    assert "missing" in said
    assert "begun" in run(capsys, "list", shelf)[1]
    assert run(capsys, "fetch", "CaltechBirds", *given)[0] == 0
    assert image.exists()


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (("fetch", "CaltechBird"), "did you mean 'CaltechBirds'"),
        (("fetch", "StanfordCars"), "cannot be downloaded"),
        (("fetch", "CaltechBirds", "--list", "x"), "Did you mean --lists"),
        (("fetch", "CaltechBirds", "--images", "nowhere"), "nowhere: no such file or folder"),
        (("verify", "SUN397", "nowhere"), "clipling data fetch SUN397 --to nowhere"),
        (("fech", "SUN397"), 'Did you mean "fetch"'),
    ],
)
def test_a_mistake_is_answered_with_what_to_do(
    tokens: tuple[str, ...],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    status, output = run(capsys, *tokens)
    assert status == 2
    assert said in output
    assert list(tmp_path.iterdir()) == []


def test_the_options_may_come_from_a_file(birds: Miniature, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "fetch.yaml"
    config.write_text(f"to: {tmp_path / 'shelf'}\nlists: {birds.authors}\nimages: {birds.original}\n")
    assert run(capsys, "fetch", "CaltechBirds", "--config", config)[0] == 0
    assert (tmp_path / "shelf/CaltechBirds/splits/paper/split.json").exists()
