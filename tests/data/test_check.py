import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipling.contracts.errors import InputError
from clipling.contracts.records import Split
from clipling.data.check import check_dataset
from clipling.data.check_texts import TextReader
from clipling.data.finding import CheckReport
from clipling.data.folder import scan
from clipling.data.split import make_split, read_split

Make = Callable[[dict[str, int]], Path]


@pytest.fixture
def root(make_images: Make) -> Path:
    """Four classes of fifteen distinct images, nothing wrong with them."""
    return make_images({"cup": 15, "lamp": 15, "table": 15, "tree": 15})


def found(report: CheckReport, part: str) -> list[tuple[str, int, str]]:
    return [(row.severity, row.count, " | ".join(row.examples)) for row in report.rows if part in row.what]


def split_of(root: Path) -> Split:
    return make_split(scan(root), unseen=["table", "tree"])


def test_nothing_is_found_where_nothing_is_wrong(root: Path) -> None:
    report = check_dataset(root, None)
    assert (report.images, report.classes, report.rows, report.spoiled) == (60, 4, (), False)


def test_unreadable_images_spoil(root: Path) -> None:
    whole = (root / "cup/003.png").read_bytes()
    (root / "cup/003.png").write_bytes(whole[: len(whole) // 2])
    (root / "tree/000.png").write_bytes(b"")
    report = check_dataset(root, None)
    ((severity, count, examples),) = found(report, "cannot be read")
    assert (severity, count, report.spoiled) == ("spoils", 2, True)
    assert "cup/003.png (" in examples
    assert "tree/000.png (the file is empty)" in examples
    assert found(report, "identical") == []


def test_only_the_files_of_the_split_are_read(root: Path) -> None:
    split = split_of(root)
    (root / "tree/extra.png").write_bytes(b"")
    assert check_dataset(root, split).rows == ()
    assert check_dataset(root, split).images == 60


def test_an_image_in_train_and_evaluation_spoils(root: Path) -> None:
    split = split_of(root)
    shutil.copy(root / split.train[0], root / split.ood[0])
    shutil.copy(root / split.train[1], root / split.train[2])
    report = check_dataset(root, split)
    assert found(report, "both in train and in evaluation") == [("spoils", 1, f"{split.train[0]} = {split.ood[0]}")]
    assert found(report, "identical images in one class") == [("note", 1, f"{split.train[1]} = {split.train[2]}")]
    assert report.rows[0].severity == "spoils"


def test_without_a_split_identical_images_are_judged_by_the_one_distill_makes(root: Path) -> None:
    split = make_split(scan(root))
    of_one_class = [file for file in split.train if split.labels[file] == split.seen_classes[0]]
    other = next(file for file in split.train if split.labels[file] != split.seen_classes[0])
    shutil.copy(root / of_one_class[0], root / of_one_class[1])
    shutil.copy(root / of_one_class[2], root / other)
    report = check_dataset(root, None)
    assert not report.spoiled
    assert found(report, "in one class")[0][1] == found(report, "under different classes")[0][1] == 1
    shutil.copy(root / split.train[-1], root / split.id[-1])
    assert found(check_dataset(root, None), "that distill makes by itself, seed 0") == [
        ("spoils", 1, " = ".join(sorted((split.train[-1], split.id[-1]))))
    ]


def test_classes_that_cannot_be_split_spoil(make_images: Make) -> None:
    root = make_images({"cup": 1, "tree": 1})
    ((severity, _, why),) = found(check_dataset(root, None), "cannot split by itself")
    assert severity == "spoils"
    assert "too few images to hold one out" in why


def test_small_classes(make_images: Make) -> None:
    root = make_images({"cup": 1, "lamp": 3, "tree": 12})
    report = check_dataset(root, None)
    assert found(report, "single image") == [("spoils", 1, "cup")]
    assert found(report, "fewer than") == [("note", 1, "lamp (3)")]
    split = make_split(scan(root), unseen=["cup"])
    assert found(check_dataset(root, split), "unseen classes with fewer") == [("note", 1, "cup (1)")]
    assert found(check_dataset(root, split), "fewer than 10 training") == [("note", 2, "lamp (2) | tree (8)")]


def test_a_seen_class_without_a_test_image_is_noted(root: Path) -> None:
    split = split_of(root)
    only = Split(**{**vars(split), "id": tuple(file for file in split.id if "cup" in file)})
    assert found(check_dataset(root, only), "without an image in id") == [("note", 1, "lamp")]


def test_names_that_are_codes_spoil(make_images: Make) -> None:
    root = make_images({"n01443537": 10, "42": 10, "cup": 10, "b2 bomber": 10})
    ((severity, count, examples),) = found(check_dataset(root, None), "without a name")
    assert (severity, count) == ("spoils", 2)
    assert "n01443537" in examples
    (root / "classes.csv").write_text("class,name\nn01443537,goldfish\n42,answer\ncup,cup\nb2 bomber,b2 bomber\n")
    assert check_dataset(root, None).rows == ()


def test_wrong_texts_are_findings_not_the_end(root: Path) -> None:
    (root / "classes.csv").write_text("class,name\ncup,cup\n")
    (root / "descriptions.jsonl").write_text('{"class": "cup"}\n')
    report = check_dataset(root, None)
    assert "no row for 3 of the 4 classes" in found(report, "class names that cannot")[0][2]
    assert "entry 1 has no text" in found(report, "descriptions that cannot")[0][2]


def test_texts_that_the_teacher_cuts_off_are_noted(root: Path) -> None:
    """Neither the name nor the description is too long alone, but the text that they make."""
    texts = {"cup": "short", "lamp": "a long one indeed", "table": "short", "tree": "short"}
    lines = [json.dumps({"class": label, "text": text}) for label, text in texts.items()]
    (root / "descriptions.jsonl").write_text("\n".join(lines))

    def of(name: str, description: str | None) -> list[str]:
        return [f"{name} . {description}", f"the {name} . {description}"]

    reader = TextReader(lambda texts, vectors: [len(text) + vectors > 17 for text in texts], of, list)
    assert found(check_dataset(root, None, reader=reader), "longer") == [
        ("note", 1, "lamp: the lamp . a long one indeed")
    ]
    behind_vectors = found(check_dataset(root, None, reader=reader._replace(vectors=2)), "longer")
    assert behind_vectors[0][1] == 3


def test_files_passed_over_are_counted_by_extension(root: Path) -> None:
    for name in ("cup/notes.docx", "tree/film.mp4", "tree/film.MP4"):
        (root / name).touch()
    [row] = check_dataset(root, None).rows
    assert (row.severity, row.what, row.count) == ("note", "passed over 3: .mp4 (2), .docx (1)", 3)


def test_a_folder_that_cannot_be_listed_spoils(root: Path, too_deep: Callable[[Path], str]) -> None:
    split = split_of(root)
    too_deep(root / "cup")
    ((severity, count, examples),) = found(check_dataset(root, None), "cannot be listed")
    assert (severity, count) == ("spoils", 1)
    assert examples.endswith("(file name too long)")
    assert found(check_dataset(root, split), "cannot be listed")[0][0] == "note"


def test_classes_inside_classes_are_noted(root: Path) -> None:
    (root / "cup/selected").mkdir()
    for file in list((root / "cup").glob("*.png"))[:10]:
        file.rename(root / "cup/selected" / file.name)
    assert found(check_dataset(root, None), "inside the folder of another") == [("note", 1, "cup/selected")]


@pytest.mark.parametrize(
    ("brightest", "kind", "form", "is_noted"),
    [(8000, np.uint16, "png", True), (9000, np.uint16, "png", False), (4095, np.uint16, "tiff", True),
     (30, np.uint8, "png", False)],
)  # fmt: skip
def test_dark_images_of_16_bits_are_noted(root: Path, brightest: int, kind: type, form: str, is_noted: bool) -> None:
    pixels = np.full((12, 16), brightest, kind)
    pixels[0] = 0
    Image.fromarray(pixels).save(root / f"cup/dark.{form}")
    assert found(check_dataset(root, None), "16-bit") == ([("note", 1, f"cup/dark.{form}")] if is_noted else [])


def test_texts_that_are_the_same_to_the_teacher_spoil(make_images: Make) -> None:
    root = make_images({"C": 10, "C++": 10, "java": 10, "C#": 10})

    def letters(texts: Sequence[str]) -> list[str]:
        return ["".join(filter(str.isalpha, text)).lower() for text in texts]

    reader = TextReader(lambda texts, vectors: [False for _ in texts], lambda name, _: [f"a {name}", name], letters)
    assert found(check_dataset(root, None, reader=reader), "cannot tell apart") == [
        ("spoils", 1, "C = C# = C++: a C | a C# | a C++")
    ]


def test_progress_counts_every_image(root: Path) -> None:
    calls: list[tuple[int, int]] = []
    check_dataset(root, None, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(done, 60) for done in range(1, 61)]


def test_no_data_set_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no images"):
        check_dataset(tmp_path, None)


def test_the_real_split_has_its_known_copies(test_bed: Path) -> None:
    data = test_bed / "tiny-imagenet-32"
    split = read_split(data / "splits/0", data)
    copies = "train/n01944390/n01944390_66.JPEG", "train/n01945685/n01945685_164.JPEG"
    part = Split(
        **{**vars(split), "train": (*copies, *split.train[::50]), "id": split.id[::10], "ood": split.ood[::10]}
    )
    report = check_dataset(data, part)
    assert report.images == 2 + 500 + 500 + 500
    assert [(row.severity, row.what) for row in report.rows if "fewer" not in row.what] == [
        ("note", "identical images under different classes")
    ]
    assert found(report, "different classes") == [("note", 1, " = ".join(copies))]
