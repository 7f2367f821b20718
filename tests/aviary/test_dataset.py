import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipling import files
from clipling.aviary import SPECIES, write_aviary
from clipling.aviary.dataset import bird_image
from clipling.contracts.errors import InputError
from clipling.contracts.records import class_of

COUNTS = {"train": 2, "held_out": 1, "seed": 3}


@pytest.fixture(scope="module")
def aviary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_aviary(tmp_path_factory.mktemp("data") / "aviary", **COUNTS)


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_seen_species_have_all_images_and_unseen_ones_the_held_out(aviary: Path):
    for bird in SPECIES:
        names = sorted(path.name for path in (aviary / "images" / bird.key).iterdir())
        assert names == (["0000.jpg", "0001.jpg", "0002.jpg"] if bird.seen else ["0000.jpg"])


def test_the_files_are_real_jpegs_of_64_pixels(aviary: Path):
    with Image.open(aviary / "images" / SPECIES[0].key / "0000.jpg") as picture:
        assert picture.format == "JPEG"
        assert picture.size == (64, 64)
        assert picture.mode == "RGB"


def test_the_split_covers_every_image_once(aviary: Path):
    lists = {name: files.read_lines(aviary / "split" / f"{name}.txt") for name in ("train", "id", "ood")}
    assert {name: len(listing) for name, listing in lists.items()} == {"train": 200, "id": 100, "ood": 100}
    listed = [file for listing in lists.values() for file in listing]
    assert sorted(listed) == sorted(path.relative_to(aviary).as_posix() for path in aviary.rglob("*.jpg"))
    split = files.read_json(aviary / "split" / "split.json")
    assert split["seed"] == 3
    assert {class_of(file) for file in lists["train"]} == set(split["seen_classes"])
    assert {class_of(file) for file in lists["id"]} == set(split["seen_classes"])
    assert {class_of(file) for file in lists["ood"]} == set(split["unseen_classes"])
    assert not set(split["seen_classes"]) & set(split["unseen_classes"])
    assert split["seen_classes"] == sorted(split["seen_classes"])


def test_names_and_descriptions_lie_beside_the_images(aviary: Path):
    with (aviary / "classes.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["class"]: row["name"] for row in rows} == {bird.key: bird.name for bird in SPECIES}
    lines = [json.loads(line) for line in (aviary / "descriptions.jsonl").read_text().splitlines()]
    assert {line["class"]: line["text"] for line in lines} == {bird.key: bird.description for bird in SPECIES}
    assert {(line["model"], line["prompt"]) for line in lines} == {("clipling aviary", "")}


def test_an_image_is_a_function_of_seed_species_and_index():
    def pixels(species, index, seed):
        return np.asarray(Image.open(io.BytesIO(bird_image(species, index, seed=seed))), dtype=int)

    first = pixels(SPECIES[0], 0, 0)
    np.testing.assert_array_equal(first, pixels(SPECIES[0], 0, 0))
    for other in (pixels(SPECIES[1], 0, 0), pixels(SPECIES[0], 1, 0), pixels(SPECIES[0], 0, 1)):
        assert np.abs(first - other).mean() > 5


def test_a_complete_data_set_is_left_as_it_is(aviary: Path):
    before = {path: path.stat().st_mtime_ns for path in aviary.rglob("*")}
    assert write_aviary(aviary, **COUNTS) == aviary
    assert {path: path.stat().st_mtime_ns for path in aviary.rglob("*")} == before


def test_an_interrupted_write_is_finished_by_the_next_call(
    aviary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = tmp_path / "aviary"
    write, left = files.write_bytes, iter(range(30))

    def power_cut(path: Path, data: bytes) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        write(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_bytes", power_cut)
        with pytest.raises(KeyboardInterrupt):
            write_aviary(root, **COUNTS)
    assert not (root / "split").exists()
    write_aviary(root, **COUNTS)
    assert content(root) == content(aviary)


def test_other_counts_or_another_seed_are_refused(aviary: Path):
    with pytest.raises(InputError, match=r"aviary\.json: written with .*remove"):
        write_aviary(aviary, train=2, held_out=1, seed=4)
    with pytest.raises(InputError, match="choose another folder"):
        write_aviary(aviary, train=5, held_out=1, seed=3)


def test_a_folder_of_other_files_is_refused_and_left_alone(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="holds something else"):
        write_aviary(tmp_path, **COUNTS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "aviary").write_text("")
    with pytest.raises(InputError, match="a file stands where"):
        write_aviary(tmp_path / "aviary", **COUNTS)


@pytest.mark.parametrize(("field", "value"), [("train", 0), ("held_out", 0), ("seed", -1)])
def test_impossible_counts_are_refused_by_name(tmp_path: Path, field: str, value: int):
    with pytest.raises(InputError, match=f"{field} is {value}; expected at least {value + 1}"):
        write_aviary(tmp_path / "aviary", **{**COUNTS, field: value})
