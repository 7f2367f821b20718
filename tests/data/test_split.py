import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.folder import ImageFolder, scan
from clipling.data.split import make_split, read_split, write_split
from clipling.files import hash_strings

Make = Callable[[dict[str, int]], Path]


def folder_of(counts: dict[str, int], name: str = "{label}/{index:03}.png") -> ImageFolder:
    files = {name.format(label=label, index=index): label for label, count in counts.items() for index in range(count)}
    return ImageFolder(Path("nowhere"), tuple(sorted(files)), files, ())


TEN = folder_of({f"class{number}": 10 for number in range(10)})


def test_shares_are_those_asked_for() -> None:
    split = make_split(TEN, seen=0.6, holdout=0.3)
    assert (len(split.seen_classes), len(split.unseen_classes)) == (6, 4)
    assert (len(split.train), len(split.id), len(split.ood)) == (42, 18, 40)
    assert sorted(split.files) == list(TEN.files)
    assert {split.labels[file] for file in split.train} == {split.labels[file] for file in split.id}
    assert {split.labels[file] for file in split.ood} == set(split.unseen_classes)
    assert split.dataset_hash == TEN.hash


def test_the_seed_alone_decides() -> None:
    assert make_split(TEN, seed=3) == make_split(TEN, seed=3)
    assert make_split(TEN, seed=3).unseen_classes != make_split(TEN, seed=4).unseen_classes


def test_every_process_and_version_draws_the_same() -> None:
    assert make_split(TEN, seed=0).unseen_classes == ("class1", "class5", "class6", "class8", "class9")


def test_a_new_image_moves_one_other_at_most() -> None:
    more = folder_of({f"class{number}": 10 + (number == 1) for number in range(10)})
    before, after = make_split(TEN, holdout=0.5), make_split(more, holdout=0.5)
    assert before.unseen_classes == after.unseen_classes
    assert len(set(before.id) - set(after.id)) <= 1


def test_named_classes_are_the_unseen_ones() -> None:
    assert make_split(TEN, unseen=["class7", "class1"]).unseen_classes == ("class1", "class7")
    with pytest.raises(InputError, match="did you mean 'class1'"):
        make_split(TEN, unseen=["Class1"])
    with pytest.raises(InputError, match="all 10 classes"):
        make_split(TEN, unseen=TEN.classes)
    with pytest.raises(InputError, match="more than once: 'class1'"):
        make_split(TEN, unseen=["class1", "class1"])


def test_the_ends_of_the_ranges() -> None:
    everything = make_split(TEN, seen=1.0)
    assert (everything.ood, everything.unseen_classes, len(everything.seen_classes)) == ((), (), 10)
    assert len(make_split(TEN, seen=0.99).unseen_classes) == 1
    assert len(make_split(TEN, seen=0.01).seen_classes) == 1
    assert make_split(TEN, holdout=0.0).id == ()
    assert len(make_split(TEN, seen=1.0, holdout=0.001).id) == 10
    assert len(make_split(TEN, seen=1.0, holdout=0.999).train) == 10


@pytest.mark.parametrize(
    "wrong", [{"seen": 0.0}, {"seen": 1.5}, {"seen": float("nan")}, {"holdout": 1.0}, {"holdout": -0.1}]
)
def test_shares_out_of_range_are_named(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is .*expected a share"):
        make_split(TEN, **wrong)  # type: ignore[arg-type]


def test_a_seen_class_of_one_image_cannot_be_held_out() -> None:
    lonely = folder_of({"cup": 1, "lamp": 4, "tree": 1})
    with pytest.raises(InputError, match="'cup', 'tree': seen classes with too few images"):
        make_split(lonely, seen=1.0)
    assert make_split(lonely, unseen=["cup", "tree"]).ood == ("cup/000.png", "tree/000.png")
    assert len(make_split(lonely, seen=1.0, holdout=0.0).train) == 6


@pytest.mark.parametrize("group", [r"burst(\d+)", r"burst\d+", r"(?:burst(\d+))|never(x)"])
def test_bursts_stay_on_one_side(group: str) -> None:
    names = {f"{label}/burst{shot // 4}-{shot}.png": label for label in ("cup", "lamp", "tree") for shot in range(40)}
    folder = ImageFolder(Path("nowhere"), tuple(sorted(names)), names, ())
    split = make_split(folder, seen=1.0, holdout=0.3, group=group)
    number = re.compile(r"burst\d+-")
    train, held = ({number.search(file)[0] for file in files} for files in (split.train, split.id))  # type: ignore[index]
    assert not train & held
    assert len(split.id) == 36


def test_bursts_of_uneven_size_and_images_without_one() -> None:
    names = {f"cup/a{shot}.png": "cup" for shot in range(18)} | {f"cup/{shot}.png": "cup" for shot in range(2)}
    names |= {f"tree/b{shot % 2}-{shot}.png": "tree" for shot in range(10)}
    folder = ImageFolder(Path("nowhere"), tuple(sorted(names)), names, ())
    split = make_split(folder, seen=1.0, holdout=0.3, group=r"/([ab]\d?-|a)")
    assert [file for file in split.id if "cup" in file] == ["cup/0.png", "cup/1.png"]
    with pytest.raises(InputError, match=r"'tree'.*group"):
        make_split(folder, seen=1.0, group=r"/([ab])")


def test_a_wrong_group_is_named() -> None:
    with pytest.raises(InputError, match="no regular expression"):
        make_split(TEN, group="(")
    with pytest.raises(InputError, match=r"matches none of the 100 paths, such as 'class0/000\.png'"):
        make_split(TEN, group="burst")


def test_what_is_written_reads_back_equal(make_images: Make, tmp_path: Path) -> None:
    root = make_images({"cup": 4, "lamp": 4, "sky blue": 4, "tree": 4})
    split = make_split(scan(root), seed=5)
    write_split(split, tmp_path / "split")
    assert json.loads((tmp_path / "split/split.json").read_text()) == {
        "seen_classes": list(split.seen_classes),
        "unseen_classes": list(split.unseen_classes),
        "seed": 5,
        "dataset_hash": scan(root).hash,
        "list_hashes": {part: hash_strings(getattr(split, part)) for part in ("train", "id", "ood")},
    }
    assert read_split(tmp_path / "split", root) == split


def moved(split: Path) -> str:
    held = (split / "id.txt").read_text().splitlines(keepends=True)
    (split / "id.txt").write_text("".join(held[1:]))
    (split / "train.txt").write_text((split / "train.txt").read_text() + held[0])
    return "train.txt"


def dropped(split: Path) -> str:
    lines = (split / "ood.txt").read_text().splitlines(keepends=True)
    (split / "ood.txt").write_text("".join(lines[:-1]))
    return "ood.txt"


def cut_short(split: Path) -> str:
    (split / "id.txt").write_bytes((split / "id.txt").read_bytes()[:-5])
    return "id.txt"


@pytest.mark.parametrize("spoil", [moved, dropped, cut_short])
def test_a_list_that_is_not_as_written_is_refused(
    spoil: Callable[[Path], str], make_images: Make, tmp_path: Path
) -> None:
    root, out = make_images({"cup": 9, "lamp": 9, "sky blue": 9, "tree": 9}), tmp_path / "split"
    write_split(make_split(scan(root)), out)
    (out / "train.txt").write_bytes((out / "train.txt").read_bytes().replace(b"\n", b"\r\n"))
    read_split(out, root)  # line ends do not count
    spoiled = spoil(out)
    with pytest.raises(InputError, match=rf"{spoiled}: not the list that was written.*remove list_hashes"):
        read_split(out, root)
    about = json.loads((out / "split.json").read_text())
    del about["list_hashes"]
    (out / "split.json").write_text(json.dumps(about))
    if spoil is not cut_short:
        assert read_split(out, root).dataset_hash == scan(root).hash  # as the splits of earlier versions read


def test_a_part_of_a_split_reads_back_though_its_data_set_holds_more(make_images: Make, tmp_path: Path) -> None:
    root = make_images({"cup": 4, "lamp": 4, "tree": 4})
    split = make_split(scan(root))
    part = replace(split, train=split.train[1:], ood=split.ood[:-1])
    write_split(part, tmp_path / "part")
    labels = {file: split.labels[file] for file in part.files}
    assert read_split(tmp_path / "part", root) == replace(part, labels=labels)


def test_no_torch_is_loaded_for_a_split() -> None:
    code = (
        "import sys, clipling.data.split, clipling.data.check, clipling.data.labels; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture
def published(make_images: Make) -> tuple[Path, Path]:
    """A data folder with a class both in `train` and `val_on_train`, and a folder for lists."""
    root = make_images({"train/cup": 2, "train/lamp": 1, "val_on_train/cup": 1, "val/tree": 2})
    (root.parent / "lists").mkdir()
    return root, root.parent / "lists"


TRAIN = "train/cup/000.png\ntrain/cup/001.png\ntrain/lamp/000.png"
HELD, NEW = "val_on_train/cup/000.png", "./val/tree/000.png\r\nval//tree/001.png\r\n"


def write(folder: Path, names: tuple[str, str, str], train: str = TRAIN, held: str = HELD, new: str = NEW) -> None:
    for name, text in zip(names, (train, held, new), strict=True):
        (folder / name).write_bytes(text.encode())


OURS = ("train.txt", "id.txt", "ood.txt")


@pytest.mark.parametrize(
    "names",
    [
        OURS,
        ("train_data", "val_on_train_data", "val_data"),
        ("train_data.txt", "val_on_train_data.txt", "val_data.txt"),
        ("Food-train.txt", "Food-val_on_train.txt", "Food-val.txt"),
    ],
)
def test_every_style_of_lists_reads_as_the_same_split(
    published: tuple[Path, Path], names: tuple[str, str, str]
) -> None:
    root, lists = published
    write(lists, names)
    split = read_split(lists, root)
    assert split.train == ("train/cup/000.png", "train/cup/001.png", "train/lamp/000.png")
    assert (split.id, split.ood) == ((HELD,), ("val/tree/000.png", "val/tree/001.png"))
    assert (split.seen_classes, split.unseen_classes) == (("cup", "lamp"), ("tree",))
    assert (split.seed, split.dataset_hash) == (None, None)


def test_one_of_several_triples_is_chosen_by_name(published: tuple[Path, Path]) -> None:
    root, lists = published
    write(lists, ("Food-train.txt", "Food-val_on_train.txt", "Food-val.txt"))
    write(lists, ("Cars-train.txt", "Cars-val_on_train.txt", "Cars-val.txt"), train="train/lamp/000.png", held="")
    assert read_split(lists / "Cars", root).train == ("train/lamp/000.png",)
    with pytest.raises(InputError, match=r"'Cars', 'Food'; give one of them, as .*Cars"):
        read_split(lists, root)
    with pytest.raises(InputError, match=r"did you mean 'Food'"):
        read_split(lists / "food", root)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"train": ""}, r"train\.txt: empty"),
        ({"train": TRAIN + "\ntrain/cup/000.png"}, r"train\.txt: files listed more than once: 'train/cup/000.png'"),
        ({"held": "./train/cup/000.png"}, r"1 files stand in both train\.txt and id\.txt: 'train/cup/000.png'"),
        ({"new": "/etc/hostname"}, "'/etc/hostname' leaves the data folder"),
        ({"new": "val/../../data/val/tree/000.png"}, "leaves the data folder"),
        ({"new": "val/tree/7.png\nval/tree/8.png\nval/tree/000.png"}, r"2 of its 3 files are missing.*tree/7\.png"),
        ({"new": "val\\tree\\000.png"}, r"paths take '/'"),
        ({"train": "train/lamp/000.png"}, r"train\.txt: no image of the seen classes: 'cup'"),
        ({"train": TRAIN + "\nval/tree/000.png", "new": "val/tree/001.png"}, "classes both seen and unseen: 'tree'"),
    ],
)
def test_lists_that_cannot_be_are_named(published: tuple[Path, Path], texts: dict[str, str], message: str) -> None:
    root, lists = published
    write(lists, OURS, **texts)
    with pytest.raises(InputError, match=message):
        read_split(lists, root)


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"seen_classes": ["cup", "lamp"], "unseen_classes": ["tree", "cup"]}, "both seen and unseen: 'cup'"),
        ({"seen_classes": ["cup"], "unseen_classes": ["tree"]}, "does not call seen: 'lamp'"),
        ({"seen_classes": ["cup", "lamp"], "unseen_classes": ["bush"]}, "does not call unseen: 'tree'"),
        ({"seen_classes": ["cup", "lamp", "x"], "unseen_classes": ["tree"]}, "no image of the seen classes: 'x'"),
        ({"seen_classes": ["cup", "lamp"], "unseen_classes": ["tree", "x"]}, "no image of the unseen classes: 'x'"),
        ({"seen_classes": "cup", "unseen_classes": ["tree"]}, "'seen_classes' is 'cup'; expected a list"),
        ({"seen_classes": ["cup", "lamp"]}, "'unseen_classes' is None"),
        ({"seen_classes": ["cup", "lamp"], "unseen_classes": ["tree"], "seed": "0"}, "'seed' is '0'; expected int"),
        (["cup"], "expected an object"),
    ],
)
def test_split_json_must_agree_with_the_lists(published: tuple[Path, Path], about: object, message: str) -> None:
    root, lists = published
    write(lists, OURS)
    (lists / "split.json").write_text(json.dumps(about))
    with pytest.raises(InputError, match=message):
        read_split(lists, root)


def test_absent_lists_are_named(published: tuple[Path, Path]) -> None:
    root, lists = published
    with pytest.raises(InputError, match=r"no split lists here; expected train\.txt"):
        read_split(lists, root)
    with pytest.raises(InputError, match=r"nowhere: no such split"):
        read_split(lists / "nowhere", root)
    write(lists, OURS)
    (lists / "ood.txt").unlink()
    with pytest.raises(InputError, match=r"ood\.txt: missing beside train\.txt"):
        read_split(lists, root)


def test_labels_of_a_table_win(published: tuple[Path, Path]) -> None:
    root, lists = published
    write(lists, OURS)
    files = [*TRAIN.split(), HELD, "val/tree/000.png", "val/tree/001.png"]
    rows = "".join(f"{file},{'new' if 'tree' in file else 'old'}\n" for file in files)
    (root / "labels.csv").write_text("file,class\n" + rows)
    assert read_split(lists, root).classes == ("old", "new")
    (root / "labels.csv").write_text("file,class\n" + rows.replace("val/tree/000.png,new\n", ""))
    with pytest.raises(InputError, match=r"ood\.txt: 'val/tree/000\.png' has no row in labels\.csv"):
        read_split(lists, root)


def test_the_real_split_reads(test_bed: Path) -> None:
    root = test_bed / "tiny-imagenet-32"
    split = read_split(root / "splits/0", root)
    assert (len(split.train), len(split.id), len(split.ood)) == (25_000, 5_000, 5_000)
    assert (len(split.seen_classes), len(split.unseen_classes)) == (100, 100)
