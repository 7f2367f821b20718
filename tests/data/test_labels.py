import json
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.labels import read_captions, read_class_names, read_descriptions


def table(root: Path, text: str) -> Path:
    (root / "classes.csv").write_text(text)
    return root


def lines(root: Path, name: str, *rows: object) -> Path:
    (root / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return root


def test_names_come_from_the_table_in_the_order_asked(tmp_path: Path) -> None:
    table(tmp_path, 'class,name,synonyms\nn01,"crane, the bird",a|b\nn02, tea  cup\nn03,unused\n')
    assert list(read_class_names(tmp_path, ["n02", "n01"]).items()) == [("n02", "tea cup"), ("n01", "crane, the bird")]


def test_without_a_table_folders_name_the_classes(tmp_path: Path) -> None:
    assert read_class_names(tmp_path, ["tea_cup", "Oak"]) == {"tea_cup": "tea cup", "Oak": "Oak"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class,name\na,x\na,y\nb,z\n", "classes listed more than once: 'a'"),
        ("class,name\na,Crane\nb,crane\n", "'a' and 'b' have the same name 'crane'"),
        ("class,name\na,x\n", "no row for 1 of the 2 classes: 'b'"),
        ("class,name\nq,x\n", r"for any of the 2 classes.*another data set \(it has 'q'\)"),
        ("class,name\na,\nb,y\n", "row 2 has nothing in column 'name'"),
        ("class\na\nb\n", "no column 'name'"),
    ],
)
def test_wrong_tables_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_class_names(table(tmp_path, text), ["a", "b"])


def test_one_name_twice_matters_only_among_the_classes_in_use(tmp_path: Path) -> None:
    table(tmp_path, "class,name\na,crane\nb,crane\nc,cup\n")
    assert read_class_names(tmp_path, ["a", "c"]) == {"a": "crane", "c": "cup"}
    with pytest.raises(InputError, match="'tea_cup' and 'tea cup' have the same name"):
        read_class_names(tmp_path / "elsewhere", ["tea_cup", "tea cup"])


def test_descriptions_come_in_the_order_of_the_classes(tmp_path: Path) -> None:
    lines(tmp_path, "descriptions.jsonl", *({"class": c, "text": f"A {c}.\n", "model": "m"} for c in "abc"))
    assert list(read_descriptions(tmp_path, ["c", "a"]).items()) == [("c", "A c."), ("a", "A a.")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"class": "a", "text": "x"}, {"class": "a", "text": "y"}], "more than once: 'a'"),
        ([{"class": "a", "text": "x"}], "no description for 1 of the 2 classes: 'b'"),
        ([{"class": "q", "text": "x"}], "for any of the 2 classes.*another data set"),
        ([], r"another data set \(it has nothing\)"),
        ([{"class": "a"}], "entry 1 has no text under 'text' .found keys class"),
        ([{"class": "a", "text": " "}], "entry 1 has no text under 'text' .it is empty.; expected {\"class\""),
        ([["a", "x"]], "entry 1 has no text under 'class' .it is no object"),
    ],
)
def test_wrong_descriptions_are_named(tmp_path: Path, rows: list[object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_descriptions(lines(tmp_path, "descriptions.jsonl", *rows), ["a", "b"])


def test_absent_descriptions_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"descriptions\.jsonl: no such file; `clipling describe` makes it"):
        read_descriptions(tmp_path, ["a"])


def test_captions_go_by_file(tmp_path: Path) -> None:
    lines(tmp_path, "captions.jsonl", {"file": "./a/1.png", "text": "one"}, {"file": "a/2.png", "text": "two"})
    assert read_captions(tmp_path, ["a/2.png", "a/1.png"]) == {"a/2.png": "two", "a/1.png": "one"}
    with pytest.raises(InputError, match=r"no caption for 1 of the 2 images: 'a/3\.png'"):
        read_captions(tmp_path, ["a/1.png", "a/3.png"])


def test_the_real_texts_read(test_bed: Path) -> None:
    root = test_bed / "tiny-imagenet-32"
    classes = ["n02123394", "n01443537"]
    assert read_class_names(root, classes) == {"n02123394": "Persian cat", "n01443537": "goldfish"}
    assert read_descriptions(root, classes)["n01443537"].startswith("Goldfish have a plump")
