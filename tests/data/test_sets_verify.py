from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.sets.fetch import fetch
from clipling.data.sets.verify import verify
from clipling.data.split import read_split, write_split
from miniature import ORIGINALS, Miniature, miniature


@pytest.mark.parametrize("name", ORIGINALS)
def test_nothing_is_wrong_with_what_was_just_fetched(name: str, tmp_path: Path) -> None:
    mini = miniature(name, tmp_path)
    fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    seen = list[tuple[int, int]]()
    report = verify(mini.known, tmp_path / "root", lambda done, total: seen.append((done, total)))
    assert (report.images, report.classes, report.rows) == (12, 4, ())
    assert seen[-1] == (12, 12)


@pytest.fixture
def mini(tmp_path: Path) -> Miniature:
    made = miniature("SUN397", tmp_path)
    fetch(made.known, tmp_path / "root", lists=made.authors, images=made.original)
    return made


def first(root: Path) -> Path:
    return min((root / "abbey").iterdir())


def replaced(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def drawn_anew(root: Path) -> None:
    folder = root / "splits/paper"
    split = read_split(folder, root)
    write_split(replace(split, id=split.id[::-1]), folder)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda root: first(root).unlink(), ["images that are missing", "abbey/sun_aaa0000000000001.jpg"]),
        (lambda root: replaced(first(root), b"\xff\xd8 cut"), ["cannot be read", "abbey/sun_aaa0000000000001.jpg ("]),
        (
            lambda root: (root / ".source/val_data.txt").write_text("val/abbey/1.jpg"),
            ["not as published", "val_data.txt: 1 images, expected 6"],
        ),
        (lambda root: (root / ".source/chatgpt.txt").unlink(), ["absent or not as published", "chatgpt.txt: no such"]),
        (lambda root: drawn_anew(root), ["differ from the published", "splits/paper/id.txt"]),
        (lambda root: (root / "splits/paper/ood.txt").write_text(""), ["split that cannot be used", "ood.txt"]),
        (lambda root: (root / "classes.csv").write_text("class,name\nabbey,x\n"), ["texts of the", "classes.csv"]),
        (lambda root: (root / ".source/complete.json").unlink(), ["not complete"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    spoil: Callable[[Path], object], found: list[str], mini: Miniature, tmp_path: Path
) -> None:
    spoil(tmp_path / "root")
    report = verify(mini.known, tmp_path / "root")
    assert report.spoiled
    said = "\n".join(f"{row.what}: {' '.join(row.examples)}" for row in report.rows)
    assert all(part in said for part in found), said


@pytest.mark.parametrize("name", ["classes.csv", ".source/chatgpt.txt", "splits/paper/id.txt", ".source/complete.json"])
def test_what_was_removed_is_mended_without_the_original(name: str, mini: Miniature, tmp_path: Path) -> None:
    (tmp_path / "root" / name).unlink()
    assert verify(mini.known, tmp_path / "root").spoiled
    fetch(mini.known, tmp_path / "root", lists=mini.authors)
    assert not verify(mini.known, tmp_path / "root").spoiled


def test_a_copy_that_was_taken_with_too_few_images_is_said(tmp_path: Path) -> None:
    made = miniature("tiered-ImageNet", tmp_path)
    poor = min(made.original.rglob("train/n02113186/*"))
    poor.unlink()
    fetch(replace(made.known, images=11, fewest=2), tmp_path / "root", lists=made.authors, images=made.original)
    rows = {row.what: (row.count, row.examples) for row in verify(made.known, tmp_path / "root").rows}
    assert rows["images too few or too many, 11 for 12; fetch again with a whole copy"] == (
        1,
        ("n02113186 (2)",),
    )


def test_nothing_there_says_how_to_fetch(mini: Miniature, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"fetch it with: clipling data fetch SUN397 --to .*elsewhere"):
        verify(mini.known, tmp_path / "elsewhere/SUN397")
