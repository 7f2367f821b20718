import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.folder import scan
from clipling.data.split import make_split, read_split, write_split

Make = Callable[[dict[str, int]], Path]


def lines(*rows: dict[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("column", ["label", "class"])
def test_the_metadata_of_an_imagefolder_give_the_classes(make_images: Make, tmp_path: Path, column: str) -> None:
    root = make_images({"train": 3, "valid": 2, "test": 1})
    rows = [{"file_name": "000.png", column: "cup"}, {"file_name": "001.png", column: 7}]
    (root / "train/metadata.jsonl").write_text(lines(*rows, {"file_name": "002.png", column: None}))
    (root / "valid/metadata.csv").write_text(f"file_name,{column}\n./000.png,cafe\u0301\n001.png,cup\n")
    (root / "test/metadata.csv").write_text("file_name,text\n000.png,a cup\n")
    found = scan(root)
    assert found.labels == {
        "train/000.png": "cup", "train/001.png": "7", "valid/000.png": "caf\u00e9", "valid/001.png": "cup",
    }  # fmt: skip
    assert found.tables == ("train/metadata.jsonl", "valid/metadata.csv")
    assert found.notes[0] == "classes are those of 'train/metadata.jsonl', 'valid/metadata.csv'"
    assert [(one.path, one.reason) for one in found.passed_over] == [
        ("test/000.png", "not in the metadata"),
        ("test/metadata.csv", "'.csv' is no image format that is read"),
        ("train/002.png", "not in the metadata"),
    ]
    write_split(make_split(found, unseen=["7"], holdout=0), tmp_path / "split")
    assert read_split(tmp_path / "split", root).labels == found.labels


def test_metadata_beside_class_folders_that_say_something_else_are_left_alone(make_images: Make) -> None:
    root = make_images({"cup": 1, "tree": 1})
    (root / "metadata.csv").write_text("file,file\nbroken,broken,broken\n")
    (root / "cup/metadata.jsonl").write_text(lines({"file_name": "000.png", "text": "a cup"}))
    assert scan(root).labels == {"cup/000.png": "cup", "tree/000.png": "tree"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (lines({"file_name": "000.png", "label": "a"}, {"file_name": "9.png", "label": "b"}), "1 of its 2 files are"),
        (lines({"file_name": "000.png", "label": "a"}, {"file_name": "./000.png", "label": "b"}), "more than once"),
        (lines({"file_name": "../000.png", "label": "a"}), "leaves the data folder"),
        (lines({"file_name": "000.png", "label": "a"}) + "[1]\n", r"\[1\] is no object"),
    ],
)
def test_wrong_metadata_are_named(make_images: Make, table: str, message: str) -> None:
    root = make_images({".": 2})
    (root / "metadata.jsonl").write_text(table)
    with pytest.raises(InputError, match=rf"metadata\.jsonl.*{message}"):
        scan(root)
