"""Broken files and full disks: exit status 2, the file named, and a way on; what was done stays done."""

import errno
import json
import os
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import clipling
from clipling.aviary import teacher_spec
from clipling.files import read_jsonl
from workflows.desk import QUICK, Desk, contents


@pytest.fixture
def desk(aviary: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    shutil.copytree(aviary, tmp_path / "birds")
    return Desk(tmp_path, capsys)


def bomb(path: Path) -> None:
    """A PNG of a hundred bytes that claims 100,000 x 100,000 pixels."""
    parts = {b"IHDR": struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0), b"IDAT": zlib.compress(b"\0" * 99)}
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in {**parts, b"IEND": b""}.items()
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("bird.txt", "no bird")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-400])


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "bomb": (bomb, "100000 x 100000 pixels|could be decompression bomb"),
    "archive": (archive, "no image format that is read"),
    "truncated": (truncated, "truncated"),
}


def broken_images(desk: Desk, kinds: list[str]) -> list[str]:
    lines = (desk.split / "train.txt").read_text().splitlines()
    files = lines[10 : 10 + 2 * len(kinds) : 2]  # of different species
    for kind, file in zip(kinds, files, strict=True):
        BROKEN[kind][0](desk.data / file)
    return files


@pytest.mark.parametrize("kind", BROKEN)
def test_an_image_that_cannot_be_read_stops_the_run(kind: str, desk: Desk) -> None:
    [file] = broken_images(desk, [kind])
    status, said = desk.distill()
    assert status == 2
    assert str(desk.data / file) in said
    assert any(reason in said for reason in BROKEN[kind][1].split("|")), said
    assert "--on-bad-image skip" in said
    assert not desk.out.exists()


def test_images_that_cannot_be_read_are_skipped_and_named(desk: Desk) -> None:
    files = broken_images(desk, list(BROKEN))
    assert desk.run("check", desk.data, "--split", desk.split)[0] == 1
    status, said = desk.distill("--on-bad-image", "skip", "--epochs", 1)
    assert status == 0
    assert all(f"skipped {file}" in said for file in files)
    trained = (desk.out / "split" / "train.txt").read_text().splitlines()
    assert len(trained) == 197
    assert not set(files) & set(trained)
    assert json.loads((desk.out / "skipped.json").read_text()).keys() == set(files)
    assert f"{len(files)} images could not be read" in (desk.out / "report.html").read_text()
    assert desk.run("evaluate", desk.out)[0] == 0, "its own lists, without what was skipped, read back"


def test_a_checkpoint_cut_short_is_named_and_the_run_resumes_without_it(desk: Desk) -> None:
    assert desk.distill()[0] == 0
    weights = (desk.out / "student" / "model.safetensors").read_bytes()
    (desk.out / "report.html").unlink()  # written last: the run was stopped before
    last = desk.out / "checkpoints" / "epoch-0002.pt"
    last.write_bytes(last.read_bytes()[:5000])
    before = contents(desk.out / "checkpoints")
    status, said = desk.distill("--resume")
    assert status == 2
    assert f"{last}: this checkpoint is cut short" in said
    assert "epoch-0001.pt is used then" in said
    assert contents(desk.out / "checkpoints") == before
    last.unlink()
    assert desk.distill("--resume")[0] == 0
    assert (desk.out / "student" / "model.safetensors").read_bytes() == weights


def test_a_class_with_one_image_cannot_be_split(desk: Desk) -> None:
    shutil.rmtree(desk.split)
    for folder in (desk.data / "images").iterdir():
        if folder.name.endswith("grosbeak"):
            for file in sorted(folder.iterdir())[1:]:
                file.unlink()
    out = desk.place / "split"
    status, said = desk.run("split", desk.data, out, "--seen", 1.0)
    assert status == 2
    assert all(word in said for word in ("grosbeak'", "too few images", "add images", "holdout to 0")), said
    assert not out.exists()
    status, said = desk.run("check", desk.data)
    assert (status, "spoils" in said) == (1, True)


@pytest.mark.parametrize("verb", ["evaluate", "coherence", "fewshot", "report"])
@pytest.mark.parametrize("folder", ["none", "birds", "begun"])
def test_a_folder_that_is_no_finished_run_is_named(verb: str, folder: str, desk: Desk) -> None:
    (desk.place / "begun").mkdir()
    (desk.place / "begun" / "config.yaml").write_text("epochs: 2\n")
    before = contents(desk.place)
    status, said = desk.run(verb, desk.place / folder)
    assert status == 2
    assert str(desk.place / folder) in said
    assert any(way in said for way in ("clipling distill", "a training's --out", "the command that began it")), said
    assert ("--resume" in said) == (folder == "begun")
    assert contents(desk.place) == before


@pytest.mark.parametrize(
    ("number", "said_of_it"), [(errno.ENOSPC, "no space is left"), (errno.EROFS, "read-only"), (errno.EDQUOT, "quota")]
)
def test_a_disk_that_refuses_leaves_no_run(
    number: int, said_of_it: str, desk: Desk, finished: clipling.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(finished.folder)

    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    status, said = desk.distill()
    assert status == 2
    assert all(word in said for word in ("cannot write", str(desk.place), said_of_it, "choose another place")), said
    assert not desk.out.exists()
    assert not list(desk.place.rglob("*.part"))
    assert contents(finished.folder) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a disk with the options given; skipped where that is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], capture_output=True).returncode:
            pytest.skip("may not mount a small disk")
        return place

    yield mount
    subprocess.run(["umount", place], capture_output=True)


@pytest.mark.parametrize("kilobytes", [108, 148, 600])
def test_a_full_disk_is_named_and_with_room_the_run_goes_on(
    kilobytes: int, desk: Desk, small_disk: Callable[[str], Path]
) -> None:
    disk = small_disk(f"size={kilobytes}k")
    desk.out = disk / "mine"
    quick = [str(token) for option in QUICK.items() for token in option]
    command = ["distill", str(desk.data), teacher_spec(), str(desk.out), "--split", str(desk.split), *quick]
    # a process of its own: a memory map that meets a full disk would take the tests down with it
    done = subprocess.run([sys.executable, "-m", "clipling", *command], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert f"error: cannot write {disk}" in done.stderr
    assert "no space is left" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(disk.rglob("*.part"))
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    status, said = desk.distill(*(("--resume",) if (desk.out / "config.yaml").exists() else ()))
    assert status == 0, said
    assert [row["epoch"] for row in read_jsonl(desk.out / "log.jsonl") if row["event"] == "epoch"] == [1, 2]


def test_a_read_only_disk_is_named(desk: Desk, small_disk: Callable[[str], Path]) -> None:
    disk = small_disk("size=1m,ro")
    desk.out = disk / "mine"
    status, said = desk.distill()
    assert status == 2
    assert f"cannot write {disk}" in said
    assert "read-only" in said
