from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.folder import scan
from clipling.data.labels import read_captions, read_class_names, read_descriptions
from clipling.data.listed import files_on_disk, read_names
from clipling.data.split import make_split, read_split, write_split

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
SPELLINGS = [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)]


def make(root: Path, *files: str) -> Path:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


@pytest.mark.parametrize(("disk", "listed"), SPELLINGS)
def test_a_listed_file_is_found_however_its_accents_are_encoded(tmp_path: Path, disk: str, listed: str) -> None:
    root = make(tmp_path, f"{disk}/{disk}/{disk}.png", "plain/1.png")
    assert files_on_disk(root, [f"{listed}/{disk}/{listed}.png", "plain/1.png"], "list") == [
        f"{disk}/{disk}/{disk}.png",
        "plain/1.png",
    ]
    with pytest.raises(InputError, match="1 of its 1 files are missing"):
        files_on_disk(root, [f"{listed}/{disk}/other.png"], "list")
    with pytest.raises(InputError, match="more than once"):
        files_on_disk(root, [f"{spelling}/{disk}/{disk}.png" for spelling in (disk, listed)], "list")


def test_two_files_of_one_visible_name_are_both_kept(tmp_path: Path) -> None:
    files = [f"a/{COMPOSED}.png", f"a/{DECOMPOSED}.png"]
    assert files_on_disk(make(tmp_path, *files), files, "list") == files


@pytest.mark.parametrize(("disk", "written"), SPELLINGS)
def test_every_list_and_table_names_a_class_in_either_spelling(tmp_path: Path, disk: str, written: str) -> None:
    root = make(tmp_path / "data", *(f"{name}/{number}.png" for name in (disk, "tree") for number in (1, 2)))
    (root / "classes.csv").write_text(f"class,name\n{written},the {written}\ntree,tree\n")
    (root / "descriptions.jsonl").write_text(f'{{"class": "{written}", "text": "small"}}\n')
    (root / "captions.jsonl").write_text(f'{{"file": "{written}/1.png", "text": "one"}}\n')
    (tmp_path / "unseen.txt").write_text(f"{written}\n")
    folder = scan(root)
    assert folder.classes == (COMPOSED, "tree")
    split = make_split(folder, unseen=read_names(tmp_path / "unseen.txt"))
    assert split.unseen_classes == (COMPOSED,)
    assert split == make_split(folder, unseen=[written])
    write_split(split, tmp_path / "split")
    assert read_split(tmp_path / "split", root) == split
    for text in (tmp_path / "split").iterdir():  # the same lists, written on another system
        text.write_text(text.read_text().replace(disk, written))
    about = (tmp_path / "split/split.json").read_text()
    (tmp_path / "split/split.json").write_text(about.replace('"list_hashes"', '"hashes"'))
    assert read_split(tmp_path / "split", root) == split
    assert read_class_names(root, folder.classes) == {COMPOSED: f"the {COMPOSED}", "tree": "tree"}
    assert read_descriptions(root, [COMPOSED]) == {COMPOSED: "small"}
    assert read_captions(root, [f"{disk}/1.png"]) == {f"{disk}/1.png": "one"}
    (root / "labels.csv").write_text(f"file,class\n{written}/1.png,{written}\ntree/1.png,tree\n")
    assert scan(root).labels == {f"{disk}/1.png": COMPOSED, "tree/1.png": "tree"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no class names"), ("\n \n", "no class names"), ("cup\n\u200b\n", r"class name '\\u200b' shows nothing")],
)
def test_lists_of_no_names_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "names.txt").write_text(text)
    with pytest.raises(InputError, match=message):
        read_names(tmp_path / "names.txt")
