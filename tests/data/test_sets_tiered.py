"""tiered-ImageNet, whose lists nobody published: a split of our own, or the lists that are given."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.labels import read_class_names
from clipling.data.sets.catalogue import LISTS
from clipling.data.sets.fetch import fetch, is_complete
from clipling.data.split import read_split
from miniature import Miniature, bytes_of, held, miniature


def given_lists(mini: Miniature) -> tuple[str, ...]:
    """Put lists of one's own beside the authors' files; returns the unseen images."""
    files = sorted(mini.images)
    for name, part in zip(LISTS, (files[:2], files[2:3], files[6:8]), strict=True):
        (mini.authors / name).write_text("\n".join(f"{name}/{file}" for file in part))
    return tuple(files[6:8])


def test_tiered_imagenet_is_its_training_classes_with_a_split_of_our_own(tmp_path: Path) -> None:
    mini = miniature("tiered-ImageNet", tmp_path)
    fetched = fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    assert held(fetched.root) == mini.images
    split = read_split(fetched.split, fetched.root)
    assert (fetched.split.name, len(split.seen_classes), len(split.unseen_classes), split.seed) == ("0", 2, 2, 0)
    names = read_class_names(fetched.root, split.classes)
    assert sorted(names.values()) == ["Cardigan Welsh corgi", "cardigan", "construction crane", "crane bird"]


def test_given_lists_of_tiered_imagenet_are_used(tmp_path: Path) -> None:
    mini = miniature("tiered-ImageNet", tmp_path)
    unseen = given_lists(mini)
    fetched = fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    assert fetched.split.name == "paper"
    assert read_split(fetched.split, fetched.root).ood == unseen


def test_lists_given_later_take_the_place_of_the_split_of_our_own(tmp_path: Path) -> None:
    mini = miniature("tiered-ImageNet", tmp_path)
    own = fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    unseen = given_lists(mini)
    fetched = fetch(mini.known, tmp_path / "root", lists=mini.authors)
    assert (own.split.name, fetched.split.name) == ("0", "paper")
    assert read_split(fetched.split, fetched.root).ood == unseen
    assert fetch(mini.known, tmp_path / "root") == fetched


@pytest.mark.parametrize(
    ("last", "message"),
    [
        (None, rf"no {LISTS[2]} of tiered-ImageNet here.*all three lists, or none"),
        ("train/n02012849/n02012849_1.JPEG", "stand in both"),
        ("val/n1/1.JPEG", "no name for 1 classes of the lists: 'n1'"),
    ],
    ids=["absent", "twice", "nameless"],
)
def test_three_good_lists_are_taken_or_nothing_is_written(last: str | None, message: str, tmp_path: Path) -> None:
    mini = miniature("tiered-ImageNet", tmp_path)
    own = fetch(mini.known, tmp_path / "own", lists=mini.authors, images=mini.original)
    given_lists(mini)
    (mini.authors / LISTS[2]).unlink() if last is None else (mini.authors / LISTS[2]).write_text(last)
    before = bytes_of(own.root)
    for root in (tmp_path / "new", own.root):
        with pytest.raises(InputError, match=message):
            fetch(mini.known, root, lists=mini.authors, images=mini.original)
    assert not (tmp_path / "new").exists()
    assert bytes_of(own.root) == before


def test_a_list_that_an_earlier_try_left_behind_is_no_split(tmp_path: Path) -> None:
    mini = miniature("tiered-ImageNet", tmp_path)
    own = fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    (own.root / ".source" / LISTS[0]).write_text(f"train/{min(mini.images)}")
    assert fetch(mini.known, own.root) == own


def test_another_number_of_classes_is_not_tiered_imagenet(tmp_path: Path) -> None:
    mini = miniature("tiered-ImageNet", tmp_path)
    with pytest.raises(InputError, match="4 classes and 12 images of tiered-ImageNet, expected 351 and 12"):
        fetch(replace(mini.known, classes=351), tmp_path / "root", lists=mini.authors, images=mini.original)


def test_images_that_a_copy_lacks_are_said_and_come_from_another(tmp_path: Path) -> None:
    mini = miniature("tiered-ImageNet", tmp_path)
    poor = shutil.copytree(mini.original, tmp_path / "poor")
    file = min(poor.rglob("train/n02113186/*"))
    file.unlink()
    root = tmp_path / "root"
    with pytest.raises(InputError, match=r"poor: .* 11 images .*expected 4 and 12.* 'n02113186 \(2\)'"):
        fetch(mini.known, root, lists=mini.authors, images=poor)
    assert not is_complete(mini.known, root)
    fetch(mini.known, root, lists=mini.authors, images=mini.original)
    assert held(root) == mini.images
