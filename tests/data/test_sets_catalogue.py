"""What is written down about the data sets, against the published files and against torchvision."""

import tarfile
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.sets.catalogue import LABELS, LISTS, data_set, data_sets
from clipling.data.sets.published import class_names, gather, published_split, sentences
from miniature import WITH_LISTS

PAPER = Path(__file__).resolve().parents[3] / "shared/paper"
COUNTS = {
    "Flower102": (3112, 3774, 1303),
    "CaltechBirds": (4122, 5926, 1740),
    "StanfordCars": (2874, 4106, 1164),
    "Food101": (35700, 50000, 15300),
    "SUN397": (38663, 53647, 16444),
}
"""Images to train on, of unseen classes, held out of seen classes."""


@pytest.fixture(scope="session")
def authors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The authors' files as in a clone of their repository."""
    if not PAPER.exists():
        pytest.skip("../shared is absent: the published lists are not tested")
    clone = tmp_path_factory.mktemp("clone")
    (clone / "data").symlink_to(PAPER / "labels")
    with tarfile.open(PAPER / "splits.tar.xz") as archive:
        for member in archive:
            (clone / Path(member.name).name).write_bytes(archive.extractfile(member).read())  # type: ignore[union-attr]
    return clone


@pytest.mark.parametrize("name", WITH_LISTS)
def test_the_published_lists_are_the_papers_split(name: str, authors: Path, tmp_path: Path) -> None:
    known = data_set(name)
    gather(known, authors, tmp_path)
    split = published_split(tmp_path)
    assert (len(split.train), len(split.ood), len(split.id)) == COUNTS[name]
    assert sum(COUNTS[name]) == len(set(split.files)) == known.images
    assert len(split.classes) == known.classes
    names = class_names(known, tmp_path / LABELS[0])
    assert set(names) == set(split.classes)
    assert len({text.casefold() for text in names.values()}) == known.classes
    assert set(sentences(names, tmp_path)) == set(names)


def test_the_texts_of_tiered_imagenet_tell_its_classes_apart(authors: Path, tmp_path: Path) -> None:
    known = data_set("tiered-ImageNet")
    gather(known, authors, tmp_path)
    names = class_names(known, tmp_path / LABELS[0])
    assert len({text.casefold() for text in names.values()}) == len(names) == 1000
    assert "flagpole" in sentences(names, tmp_path)["n03355925"]


def test_line_ends_do_not_count_and_a_line_less_does(authors: Path, tmp_path: Path) -> None:
    lines = (authors / "Flower102-val.txt").read_text().splitlines()
    for name in ("train", "val_on_train"):
        (tmp_path / f"Flower102-{name}.txt").write_bytes((authors / f"Flower102-{name}.txt").read_bytes())
    for name in ("label2text", "chatgpt"):
        (tmp_path / f"{name}.txt").write_bytes((authors / f"data/Flower102/{name}.txt").read_bytes())
    (tmp_path / "Flower102-val.txt").write_bytes("\r\n".join([*lines, ""]).encode())
    gather(data_set("Flower102"), tmp_path, tmp_path / "to")
    assert len(published_split(tmp_path / "to").ood) == 3774
    (tmp_path / "Flower102-val.txt").write_text("\n".join(lines[:-1]))
    with pytest.raises(InputError, match=r"Flower102-val\.txt: 3773 images, expected 3774"):
        gather(data_set("Flower102"), tmp_path, tmp_path / "to")


def test_what_torchvision_knows_too_is_the_same() -> None:
    from torchvision.datasets import SUN397, Flowers102, Food101

    flowers, food = data_set("Flower102").archive, data_set("Food101").archive
    assert flowers is not None
    assert food is not None
    file, md5 = Flowers102._file_dict["image"]
    assert (flowers.url, flowers.md5) == (Flowers102._download_url_prefix + file, md5)
    assert (food.url, food.md5) == (Food101._URL, Food101._MD5)
    assert SUN397._DATASET_MD5 in data_set("SUN397").by_hand


def test_every_set_can_be_got_and_its_authors_files_are_pinned() -> None:
    for known in data_sets().values():
        assert (known.archive is None) == bool(known.by_hand)
        assert all(len(known.url(file).split("/")[5]) == 40 for file in known.published)
        assert set(known.counts) == set(LISTS) & set(known.published)
    with pytest.raises(InputError, match="did you mean 'Flower102'"):
        data_set("flowers102")
