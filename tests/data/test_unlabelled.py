"""Images without classes: when a folder is of them, how they are divided, and that a split of them reads back."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.check import check_dataset
from clipling.data.folder import scan, scan_unlabelled
from clipling.data.split import make_split, read_split, write_split
from clipling.data.unlabelled import is_unlabelled, names_to_choose, unlabelled_split

Make = Callable[[dict[str, int]], Path]


@pytest.fixture
def flat(make_images: Make) -> Path:
    """Forty distinct images in one folder."""
    return make_images({".": 40})


def test_a_flat_folder_has_no_classes(flat: Path) -> None:
    (flat / "notes.pdf").write_bytes(b"%PDF")
    assert is_unlabelled(flat)
    folder = scan_unlabelled(flat)
    assert (len(folder.files), folder.labels, folder.classes) == (40, {}, ())
    assert [one.path for one in folder.passed_over] == ["notes.pdf"]


def test_a_table_or_a_folder_below_says_the_classes(make_images: Make) -> None:
    root = make_images({".": 2, "cat": 3, "dog": 3})
    assert not is_unlabelled(root)
    shutil.rmtree(root / "cat")
    shutil.rmtree(root / "dog")
    assert is_unlabelled(root)
    (root / "empty").mkdir()
    (root / ".hidden").mkdir()
    shutil.copy(root / "000.png", root / ".hidden/000.png")
    assert is_unlabelled(root)
    (root / "labels.csv").write_text("file,class\n000.png,cat\n001.png,dog\n")
    assert not is_unlabelled(root)


@pytest.mark.parametrize("counts", [{"cat": 3, "dog": 3}, {"all/of/them": 4}])
def test_images_at_any_depth_are_taken_where_classes_are_left_aside(make_images: Make, counts: dict[str, int]) -> None:
    root = make_images(counts)
    assert not is_unlabelled(root)
    assert len(scan_unlabelled(root).files) == sum(counts.values())


def test_nothing_to_divide_is_an_error(make_images: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1 images; expected at least two"):
        scan_unlabelled(make_images({".": 1}))
    with pytest.raises(InputError, match="no such folder"):
        scan_unlabelled(tmp_path / "nowhere")
    assert not is_unlabelled(tmp_path / "nowhere")


def test_a_tenth_is_held_out_by_the_names_alone(flat: Path) -> None:
    folder = scan_unlabelled(flat)
    split = unlabelled_split(folder)
    assert (len(split.train), len(split.id), split.ood, split.classes) == (36, 4, (), ())
    assert sorted(split.files) == list(folder.files)
    assert split == unlabelled_split(folder)
    assert split.id != unlabelled_split(folder, seed=1).id
    assert len(unlabelled_split(folder, holdout=0.25).id) == 10
    assert unlabelled_split(folder, holdout=0).id == ()
    assert not split.is_labelled
    for share in (1.0, -0.1):
        with pytest.raises(InputError, match=r"holdout is .*; expected a share in \[0, 1\)"):
            unlabelled_split(folder, holdout=share)


def test_what_belongs_together_is_held_out_together(flat: Path) -> None:
    split = unlabelled_split(scan_unlabelled(flat), holdout=0.5, group=r"(\d\d)\d\.png")
    assert len(split.id) == 20
    assert not {file[:2] for file in split.id} & {file[:2] for file in split.train}
    with pytest.raises(InputError, match="keeps all images together"):
        unlabelled_split(scan_unlabelled(flat), group="png")


def test_the_lists_read_back(flat: Path, tmp_path: Path) -> None:
    split = unlabelled_split(scan_unlabelled(flat), seed=3)
    write_split(split, tmp_path / "split")
    assert read_split(tmp_path / "split", flat) == split
    assert is_unlabelled(flat, tmp_path / "split")
    (tmp_path / "split/ood.txt").write_text(f"{split.id[0]}\n")
    with pytest.raises(InputError, match=r"1 files stand in both id\.txt and ood\.txt"):
        read_split(tmp_path / "split", flat)


def test_a_split_with_labels_stays_as_it_was(make_images: Make, tmp_path: Path) -> None:
    root = make_images({"cat": 4, "dog": 4})
    split = make_split(scan(root))
    write_split(split, tmp_path / "split")
    assert "unlabelled" not in (tmp_path / "split/split.json").read_text()
    assert read_split(tmp_path / "split", root) == split
    assert not is_unlabelled(root, tmp_path / "split")


def test_names_are_read_whole_and_each_once(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("fire  engine\n\ncat\n")
    assert names_to_choose(file) == ("cat", "fire engine")
    for text, message in (
        ("cat\nCat\n", "listed more than once: 'cat'"),
        ("cat\n", "one class name"),
        ("", "no class names"),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=message):
            names_to_choose(file)


def test_check_says_what_it_sees(flat: Path) -> None:
    shutil.copy(flat / "000.png", flat / "copy.png")
    (flat / "broken.png").write_bytes(b"")
    report = check_dataset(flat, None, unlabelled=True)
    assert (report.images, report.classes) == (42, 0)
    found = {row.what.split(":")[0].split(";")[0]: (row.severity, row.count) for row in report.rows}
    assert found["images without classes"] == ("note", 42)
    assert found["images that cannot be read"] == ("spoils", 1)
    assert any(row.examples[0] == "000.png = copy.png" for row in report.rows if "identical" in row.what)


@pytest.mark.parametrize(("classes", "alone"), [(2, 2), (3, 1), (4, 0)])
def test_a_class_alone_on_its_side_spoils(make_images: Make, classes: int, alone: int) -> None:
    report = check_dataset(make_images({f"c{number}": 15 for number in range(classes)}), None)
    found = [row for row in report.rows if "nothing to choose from" in row.what]
    assert [(row.severity, row.count) for row in found] == ([("spoils", alone)] if alone else [])
