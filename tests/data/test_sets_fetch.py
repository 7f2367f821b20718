import hashlib
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.data.check import check_dataset
from clipling.data.labels import read_class_names, read_descriptions
from clipling.data.sets import catalogue, download, images
from clipling.data.sets.catalogue import LISTS, Archive
from clipling.data.sets.fetch import fetch, is_complete
from clipling.data.split import read_split
from clipling.files import read_lines
from miniature import ORIGINALS, WITH_LISTS, Miniature, bytes_of, held, jpeg, miniature
from moody import serving


def packed(mini: Miniature, kind: str) -> Path:
    return Path(shutil.make_archive(str(mini.original.parent / "archive"), kind, mini.original))


@pytest.mark.parametrize("kind", ["folder", "gztar", "zip"])
@pytest.mark.parametrize("name", WITH_LISTS)
def test_the_original_becomes_the_projects_layout_with_the_papers_split(name: str, kind: str, tmp_path: Path) -> None:
    mini = miniature(name, tmp_path)
    origin = mini.original if kind == "folder" else packed(mini, kind)
    before = bytes_of(mini.original) | bytes_of(origin.parent)
    fetched = fetch(mini.known, tmp_path / "root", lists=mini.authors, images=origin)
    assert held(fetched.root) == mini.images
    split = read_split(fetched.split, fetched.root)
    for ours, published in zip((split.train, split.id, split.ood), LISTS, strict=True):
        lines = read_lines(mini.authors / "data" / name / published)
        assert list(ours) == [line.split("/", 1)[1] for line in lines]
    assert split.seen_classes + split.unseen_classes == tuple(sorted(ORIGINALS[name][0][:2])) + tuple(
        sorted(ORIGINALS[name][0][2:])
    )
    assert not check_dataset(fetched.root, split).spoiled
    assert all("_" not in text for text in read_class_names(fetched.root, split.classes).values())
    label = ORIGINALS[name][0][3]
    assert read_descriptions(fetched.root, [label]) == {label: f"The {label} has a shape."}
    assert before.items() <= bytes_of(tmp_path).items()  # the original is as it was


def test_files_of_a_folder_get_a_second_name_or_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mini = miniature("Food101", tmp_path)
    fetched = fetch(mini.known, tmp_path / "linked", lists=mini.authors, images=mini.original)
    file = next(iter(mini.images))
    assert (fetched.root / file).stat().st_nlink == 2

    def refuse(*_: object) -> None:
        raise OSError(18, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    fetched = fetch(mini.known, tmp_path / "copied", lists=mini.authors, images=mini.original)
    assert held(fetched.root) == mini.images
    assert (fetched.root / file).stat().st_nlink == 1


def test_a_second_fetch_does_nothing_and_a_removed_image_comes_back(tmp_path: Path) -> None:
    mini = miniature("Flower102", tmp_path)
    fetched = fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    (fetched.root / "classes.csv").write_text(
        "class,name\n" + "".join(f"{c},my {c}\n" for c in ORIGINALS["Flower102"][0])
    )
    before = {path: path.stat().st_mtime_ns for path in fetched.root.rglob("*")}
    assert fetch(mini.known, fetched.root) == fetched
    assert {path: path.stat().st_mtime_ns for path in fetched.root.rglob("*")} == before
    file = next(iter(mini.images))
    (fetched.root / file).unlink()
    assert not is_complete(mini.known, fetched.root)
    fetch(mini.known, fetched.root, lists=mini.authors, images=mini.original)
    assert held(fetched.root) == mini.images
    assert "my watercress" in (fetched.root / "classes.csv").read_text()


def test_an_archive_that_breaks_off_keeps_what_came_and_goes_on_with_a_whole_one(tmp_path: Path) -> None:
    mini = miniature("CaltechBirds", tmp_path)
    whole = packed(mini, "tar")
    broken = tmp_path / "broken.tar"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    root = tmp_path / "root"
    with pytest.raises(InputError, match=r"broken\.tar: (damaged|\d+ of the 12 images)"):
        fetch(mini.known, root, lists=mini.authors, images=broken)
    assert not is_complete(mini.known, root)
    assert not (root / "splits").exists()
    assert all(path.read_bytes() == mini.images[f"{path.parent.name}/{path.name}"] for path in root.glob("*/*.jpg"))
    assert not list(root.rglob("*.part"))
    fetch(mini.known, root, lists=mini.authors, images=whole)
    assert held(root) == mini.images


def test_all_of_it_is_downloaded_and_a_download_that_was_cut_off_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mini = miniature("Food101", tmp_path)
    archive = packed(mini, "gztar").read_bytes()
    published = {path.name: path.read_bytes() for path in (mini.authors / "data/Food101").iterdir()}
    with serving({"/archive.tgz": archive}) as source:
        monkeypatch.setattr(
            catalogue, "_facts", lambda: {"repository": source.url, "lists_revision": 1, "labels_revision": 2}
        )
        source.content |= {
            f"/{1 if name in LISTS else 2}/data/Food101/{name}": text for name, text in published.items()
        }
        digest = hashlib.md5(archive).hexdigest()
        known = replace(mini.known, archive=Archive(f"{source.url}/archive.tgz", digest, 0.0))
        monkeypatch.setattr(download, "PAUSES", ())
        source.ranges, source.drops = False, 2
        with pytest.raises(InputError, match=r"label2text\.txt: the connection broke"):
            fetch(known, tmp_path / "root")
        source.ranges, source.drops = True, 6
        fetched = fetch(known, tmp_path / "root")
        assert held(fetched.root) == mini.images
        assert (fetched.root / ".source/archive.tgz").read_bytes() == archive
        wrong = replace(known, archive=Archive(f"{source.url}/archive.tgz", "0" * 32, 0.0))
        with pytest.raises(InputError, match="checksum"):
            fetch(wrong, tmp_path / "other")


def test_a_portals_page_in_place_of_a_list_is_removed_and_the_list_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mini = miniature("Food101", tmp_path)
    with serving({}) as source:
        monkeypatch.setattr(
            catalogue, "_facts", lambda: {"repository": source.url, "lists_revision": 1, "labels_revision": 1}
        )
        files = {f"/1/data/Food101/{path.name}": path for path in (mini.authors / "data/Food101").iterdir()}
        source.content |= dict.fromkeys(files, "Log in at the café".encode("latin-1"))
        with pytest.raises(InputError, match=r"\.txt: what came is not the file as published .* was removed"):
            fetch(mini.known, tmp_path / "root", images=mini.original)
        assert not list((tmp_path / "root").rglob("*.part"))
        source.content |= {address: path.read_bytes() for address, path in files.items()}
        assert held(fetch(mini.known, tmp_path / "root", images=mini.original).root) == mini.images


@pytest.mark.parametrize(
    ("flag", "method", "why"), [(1, 8, "password required"), (0, 9, "ompression")], ids=["encrypted", "deflate64"]
)
def test_a_zip_that_python_cannot_unpack_is_said(flag: int, method: int, why: str, tmp_path: Path) -> None:
    mini = miniature("Food101", tmp_path)
    archive = packed(mini, "zip")
    content, fields = archive.read_bytes(), bytes([flag, 0, method, 0])
    for header in (b"PK\x03\x04\x14\0", b"PK\x01\x02\x14\x03\x14\0"):  # before each file, and in the directory
        first, *others = content.split(header)
        content = header.join([first, *(fields + other[4:] for other in others)])
    archive.write_bytes(content)
    with pytest.raises(InputError, match=rf"archive\.zip: damaged.*{why}.*give the folder"):
        fetch(mini.known, tmp_path / "root", lists=mini.authors, images=archive)
    assert not is_complete(mini.known, tmp_path / "root")


@pytest.mark.parametrize("kind", ["gztar", "zip"])
def test_an_image_that_unpacks_to_no_end_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "_LARGEST", 1 << 20)
    mini = miniature("Food101", tmp_path)
    bomb = min(mini.original.rglob("*.jpg"))
    bomb.write_bytes(bytes(8 << 20))
    archive = packed(mini, kind)
    assert archive.stat().st_size < 1 << 20
    root = tmp_path / "root"
    with pytest.raises(InputError, match=rf"archive.*{bomb.name} unpacks to more than 1 MiB"):
        fetch(mini.known, root, lists=mini.authors, images=archive)
    assert not list(root.rglob("*.part"))
    assert not is_complete(mini.known, root)


def test_an_archive_cannot_write_outside_the_root(tmp_path: Path) -> None:
    mini = miniature("Food101", tmp_path)
    archive = packed(mini, "tar")
    with tarfile.open(archive, "a") as tar:
        tar.add(mini.original / "food-101/license_agreement.txt", arcname="../../evil/pancakes/x.jpg")
    fetch(mini.known, tmp_path / "root", lists=mini.authors, images=archive)
    assert held(tmp_path / "root") == mini.images
    assert not list(tmp_path.rglob("x.jpg"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda mini: (mini.authors / "data/Food101/val_data.txt").write_text("val/apple_pie/1.jpg"),
         r"val_data\.txt: 1 images, expected 6"),
        (lambda mini: (mini.authors / "data/Food101/train_data.txt").write_text(
            "\n".join(f"train/pancakes/{n}.jpg" for n in range(4))), r"not say what the published train_data\.txt"),
        (lambda mini: (mini.authors / "data/Food101/chatgpt.txt").unlink(), r"no chatgpt\.txt of Food101 here"),
        (lambda mini: shutil.rmtree(mini.original / "food-101/images/ceviche"),
         r"3 of the 12 images of Food101 are not in it: 'ceviche/\d+\.jpg'.*food-101/images/apple_pie"),
        (lambda mini: shutil.rmtree(mini.original), r"original: no such file or folder"),
    ],
    ids=["count", "content", "absent", "images", "origin"],
)  # fmt: skip
def test_what_is_not_the_papers_is_refused(spoil: object, message: str, tmp_path: Path) -> None:
    mini = miniature("Food101", tmp_path)
    spoil(mini)  # type: ignore[operator]
    with pytest.raises(InputError, match=message):
        fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    assert not is_complete(mini.known, tmp_path / "root")
    assert not (tmp_path / "root/classes.csv").exists()


def test_what_cannot_be_downloaded_says_how_to_get_it(tmp_path: Path) -> None:
    for name in ("StanfordCars", "SUN397", "tiered-ImageNet"):
        mini = miniature(name, tmp_path / name)
        with pytest.raises(InputError, match=rf"{name} cannot be downloaded.*--images.*home: https"):
            fetch(mini.known, tmp_path / "root", lists=mini.authors)
        assert not (tmp_path / "root").exists()


def test_a_folder_of_other_files_is_not_touched(tmp_path: Path) -> None:
    mini = miniature("Food101", tmp_path)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/mine.jpg").write_bytes(jpeg(1))
    with pytest.raises(InputError, match="root: holds other files"):
        fetch(mini.known, tmp_path / "root", lists=mini.authors, images=mini.original)
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["mine.jpg"]
