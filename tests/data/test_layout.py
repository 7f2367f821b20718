from collections.abc import Callable
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.folder import scan
from clipling.data.layout import folder_labels, nested_classes

Make = Callable[[dict[str, int]], Path]


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (("train/cup", "train/tree", "test"), r"'test' holds 1 images of no class beside 'train'.*data/train alone"),
        (("train/cup", "train/tree", "Valid"), "'Valid' holds 1 images of no class beside 'train'"),
        (("photos/cup", "photos/tree", "testing"), "'testing' holds 1 images of no class beside 'photos'"),
        (("deep/images/cup", "deep/images/tree", "deep/val"), "'deep/val' holds 1 .* beside 'deep/images'"),
        (("train/cup", "val/cup", "train/tree", "test"), "'test' holds 1 images of no class beside 'train'"),
        (("train", "valid", "test"), r"'test', 'train', 'valid' hold images, but no class folders.*labels\.csv"),
        (("TRAIN", "validation"), "'TRAIN', 'validation' hold images, but no class folders"),
        (("set/train", "set/test", "cup"), "'set/test', 'set/train' hold images"),
        (("train",), "'train' hold images, but no class folders"),
    ],
)
def test_parts_of_a_data_set_are_no_classes(make_images: Make, folders: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        scan(make_images(dict.fromkeys(folders, 1)))


@pytest.mark.parametrize(
    "folders",
    [("train", "bus", "car"), ("vehicles/train", "vehicles/bus", "animals/cat"), ("vehicles/train", "animals/cat")],
)
def test_a_train_among_classes_is_one(make_images: Make, folders: tuple[str, ...]) -> None:
    assert "train" in scan(make_images(dict.fromkeys(folders, 1))).classes


def test_lists_may_name_parts(make_images: Make) -> None:
    assert scan(make_images({"train/cup": 1, "train/tree": 1, "test": 1}), listed=True).classes == (
        "cup",
        "test",
        "tree",
    )


@pytest.mark.parametrize(
    ("one", "other"), [("caf\u00e9", "cafe\u0301"), ("u\u0308ber/cup", "\u00fcber/tree"), ("\u1e69", "s\u0323\u0307")]
)
def test_two_spellings_of_one_folder_are_refused(one: str, other: str) -> None:
    with pytest.raises(InputError, match="their accents encoded in two ways") as error:
        folder_labels(Path("data"), [f"{one}/1.png", f"{other}/2.png", "c/3.png"], listed=True)
    assert all(ascii(name.split("/")[0])[1:-1] in str(error.value) for name in (one, other))


@pytest.mark.parametrize("name", ["\u200b", "\x07\x08", "\u3164"])
def test_a_folder_whose_name_shows_nothing_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="shows nothing") as error:
        folder_labels(Path("data"), [f"{name}/1.png", "cup/2.png"])
    assert ascii(name) in str(error.value)


def test_classes_inside_classes(make_images: Make) -> None:
    files = ["cup/1.png", "cup/selected/1.png", "cup/a/b/1.png", "tree/deep/1.png", "lamp/1.png"]
    assert nested_classes(files) == ("cup/a/b", "cup/selected")
    found = scan(make_images({"cup": 1, "cup/selected": 1, "tree": 1}))
    assert found.nested == ("cup/selected",)
    assert found.notes == ("classes inside the folder of another class: 'cup/selected'",)
