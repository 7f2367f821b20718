import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import clipling
from clipling.cli import main
from clipling.contracts.errors import InputError
from clipling.data.folder import scan

Make = Callable[[dict[str, int]], Path]
ROBOFLOW = "filename, cup, tree\n000.png, 1, 0\n001.png, 0, 1\n"


def command_in(error: BaseException) -> list[str]:
    return shlex.split(str(error).split("`")[1])[1:]


@pytest.mark.parametrize(
    ("tables", "labels"),
    [
        (
            {"train/_classes.csv": ROBOFLOW, "test/_classes.csv": ROBOFLOW},
            ["cup", "tree", "cup", "tree"],  # of test, then train
        ),
        (
            {"labels_of_all.csv": "id,breed\ntrain/000,pug\ntrain/001.png,e\u0301clair\ntest/000.png,pug\n"},
            ["pug", None, "pug", "\u00e9clair"],
        ),
        (
            {"train/metadata.jsonl": "".join(f'{{"file_name": "00{n}.png", "species": "{n}"}}\n' for n in range(2))},
            [None, None, "0", "1"],
        ),
        (
            {"train/_annotations.csv": "filename,width,class\n000.png,5,cup\n000.png,6,cup\n001.png,7,tree\n"},
            [None, None, "cup", "tree"],
        ),
    ],
)
def test_the_command_that_an_error_names_makes_the_labels(
    make_images: Make, tables: dict[str, str], labels: list[str | None]
) -> None:
    root = make_images({"train": 2, "test": 2})
    for name, text in tables.items():
        (root / name).write_text(text)
    with pytest.raises(InputError, match="writes labels") as error:
        scan(root)
    with pytest.raises(SystemExit) as stopped:
        main(command_in(error.value))
    assert stopped.value.code == 0
    files = ["test/000.png", "test/001.png", "train/000.png", "train/001.png"]
    assert [scan(root).labels.get(file) for file in files] == labels


def test_names_without_extension_and_paths_of_another_machine_are_found(make_images: Make, tmp_path: Path) -> None:
    root = make_images({"a": 1, "b/deep": 1})
    (root / "b/deep/000.png").rename(root / "b/deep/e\u0301t\u00e9.png")
    (tmp_path / "far.csv").write_text('image,x,y\n000,cup,"a,b"\nC:\\data\\\u00e9t\u00e9.png,tree,c\n')
    made = clipling.label(root, [tmp_path / "far.csv"], file_column="image", class_column="x")
    assert (made.images, made.classes, made.unnamed) == (2, {"cup": 1, "tree": 1}, 0)
    assert scan(root).labels == {"a/000.png": "cup", "b/deep/e\u0301t\u00e9.png": "tree"}
    with pytest.raises(InputError, match=r"labels\.csv: is there already; --overwrite"):
        clipling.label(root, [tmp_path / "far.csv"], file_column="image", class_column="x")


@pytest.mark.parametrize(
    ("table", "column", "message"),
    [
        ("file,kind\n000.png,cup\n", "kind", "'000.png' is the name of 2 images"),
        ("file,kind\na/000.png,cup\nc/9.png,cup\n", "kind", r"1 of its 2 files are missing .*'c/9\.png'"),
        ("file,kind\na/000.png,cup\na/000.png,tree\n", "kind", "row 3 calls 'a/000.png' 'tree', another row 'cup'"),
        ("file,kind\na/000.png,\n", "kind", "row 2 has nothing in column 'kind'"),
        ("file,kind\na/000.png,cup\n", "Kind", "unknown column of .*: did you mean 'kind'"),
        ("file;kind\na/000.png;cup\n", "kind", "unknown column of .*'file'.*valid are: file;kind"),
        ("file,cup,tree\na/000.png,1,1\n", None, r"row 2 names 2 classes \(cup, tree\)"),
        ("file,cup,tree\na/000.png,0,0\n", None, "row 2 names 0 classes"),
        ("file,cup,width\na/000.png,1,640\n", None, "'640' in column 'width', neither 0 nor 1"),
        ("file,cup,cup\na/000.png,1,0\n", None, "columns listed more than once: 'cup'"),
    ],
)
def test_wrong_tables_are_named(make_images: Make, table: str, column: str | None, message: str) -> None:
    root = make_images({"a": 1, "b": 1})
    (root / "kaggle.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        clipling.label(root, [root / "kaggle.csv"], file_column="file", class_column=column)
    assert not (root / "labels.csv").exists()
