import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.folder import dataset_hash, scan

Make = Callable[[dict[str, int]], Path]


def test_the_folder_of_an_image_is_its_class(make_images: Make) -> None:
    root = make_images({"indoor/cup": 2, "outdoor/far/tree": 1})
    found = scan(root)
    assert found.files == ("indoor/cup/000.png", "indoor/cup/001.png", "outdoor/far/tree/000.png")
    assert found.labels["outdoor/far/tree/000.png"] == "tree"
    assert found.classes == ("cup", "tree")
    assert found.passed_over == ()


def test_any_format_and_any_case_counts(make_images: Make) -> None:
    root = make_images({"cup": 1, "tree": 1})
    (root / "cup/000.png").rename(root / "cup/a.PnG")
    (root / "tree/b.JPEG").touch()
    (root / "tree/c.webp").touch()
    assert scan(root).files == ("cup/a.PnG", "tree/000.png", "tree/b.JPEG", "tree/c.webp")


def test_what_is_no_image_is_passed_over_with_its_reason(make_images: Make) -> None:
    root = make_images({"cup": 1, "tree": 1, "empty": 0})
    for name in ("cup/notes.docx", "cup/noending", "loose.png", "classes.csv", "README.md", ".hidden.png", "train.txt"):
        (root / name).touch()
    (root / ".cache").mkdir()
    (root / ".cache/x.png").touch()
    (root / "splits").mkdir()
    for name in ("train_data", "val_data.txt", "Food-val_on_train.txt", "split.json"):
        (root / "splits" / name).touch()
    (root / "tree/line\nbreak.png").touch()
    os.mkfifo(root / "tree/pipe.png")
    found = scan(root)
    assert found.files == ("cup/000.png", "tree/000.png")
    assert [file for file, _ in found.passed_over] == [
        "cup/noending", "cup/notes.docx", "empty", "loose.png", "tree/line\nbreak.png", "tree/pipe.png",
    ]  # fmt: skip
    assert "'.docx'" in dict(found.passed_over)["cup/notes.docx"]


def test_linked_folders_count_and_loops_end(make_images: Make) -> None:
    root = make_images({"cup": 1, "../elsewhere/lamp": 2, "tree": 1})
    (root / "lamp").symlink_to(root.parent / "elsewhere/lamp")
    (root / "tree/loop").symlink_to(root)
    (root / "cup/above").symlink_to(root.parent)
    (root / "cup/self").symlink_to("self")
    (root / "cup/gone.png").symlink_to(root / "nowhere.png")
    found = scan(root)
    assert found.files == ("cup/000.png", "lamp/000.png", "lamp/001.png", "tree/000.png")
    assert [file for file, _ in found.passed_over] == ["cup/above", "cup/gone.png", "cup/self", "tree/loop"]


def test_two_folders_of_one_name_need_a_split(make_images: Make) -> None:
    root = make_images({"train/cup": 1, "val/cup": 1, "val/tree": 1})
    with pytest.raises(InputError, match=r"'cup': 'train/cup' and 'val/cup'.*--split"):
        scan(root)
    assert len(scan(root, listed=True).files) == 3


def test_a_table_gives_the_classes_of_flat_files(make_images: Make) -> None:
    root = make_images({".": 3})
    (root / "labels.csv").write_text("file,class,note\n./000.png,cup,x\n\n002.png, tree ,\n")
    found = scan(root)
    assert found.labels == {"000.png": "cup", "002.png": "tree"}
    assert found.passed_over == (("001.png", "not in labels.csv"),)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("name,class\n000.png,cup\n", "no column 'file'.*found: name, class"),
        ("file;class\n000.png;cup\n", "separated by commas"),
        ("", "found: nothing"),
        ("file,class\n000.png\n", "row 2 has nothing in column 'class'"),
        ("file,class\n000.png,cup\n./000.png,tree\n", "more than once: '000.png'"),
        ("file,class\n000.png,cup\nabsent.png,tree\n", "1 of its 2 files are missing.*'absent.png'"),
        ("file,class\n../000.png,cup\n", r"'\.\./000.png' leaves the data folder"),
        ("file,class\n000.png,cup\n001.png,cup\n", "only one class, 'cup'"),
    ],
)
def test_wrong_tables_are_named(make_images: Make, table: str, message: str) -> None:
    root = make_images({".": 2})
    (root / "labels.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        scan(root)


def test_files_of_a_table_that_no_list_can_hold_are_named(make_images: Make) -> None:
    root = make_images({".": 2})
    (root / "001.png").rename(root / "one\u2028two.png")
    (root / "labels.csv").write_text("file,class\n000.png,cup\none\u2028two.png,tree\n")
    with pytest.raises(InputError, match=r"labels\.csv: file 'one\\u2028two\.png': line breaks .* rename it"):
        scan(root)


def test_folders_without_use_are_errors(make_images: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: no such folder"):
        scan(tmp_path / "nowhere")
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match=r"no images of any class.*labels\.csv"):
        scan(tmp_path / "none")
    root = make_images({".": 2})
    with pytest.raises(InputError, match=r"passed over '000\.png \(lies in no class folder\)'"):
        scan(root)
    with pytest.raises(InputError, match="only one class, 'cup'"):
        scan(make_images({"cup": 1}))


def test_the_hash_follows_names_and_labels_only(make_images: Make) -> None:
    root = make_images({"cup": 2, "tree": 1})
    before = scan(root).hash
    (root / "cup/000.png").write_bytes((root / "tree/000.png").read_bytes())
    assert scan(root).hash == before
    (root / "cup/000.png").rename(root / "tree/009.png")
    assert scan(root).hash != before
    assert dataset_hash(["b", "a"], {"a": "x", "b": "y"}) == dataset_hash(["a", "b"], {"a": "x", "b": "y"})


def test_the_real_data_set_is_found_whole(test_bed: Path) -> None:
    found = scan(test_bed / "tiny-imagenet-32", listed=True)
    assert (len(found.files), len(found.classes), found.passed_over) == (60_000, 200, ())
