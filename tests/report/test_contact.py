"""Which images are shown, and what happens when they cannot be."""

import io
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipling.contracts.records import Prediction
from clipling.report.contact import SIDE, choose, contact_sheet, thumbnail
from clipling.report.predictions import ImageAnswers


def answers(label: str, number: int) -> ImageAnswers:
    return ImageAnswers(f"{label}/{number}.png", "ood", label, (Prediction("a", 0.7),), ())


ROWS = [answers(label, number) for label in "abc" for number in range(20)]


def decoded(uri: str) -> Image.Image:
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(b64decode(body)))


def test_classes_take_turns() -> None:
    chosen = choose(ROWS, 7)
    assert {row.label for row in chosen[:3]} == {row.label for row in chosen[3:6]} == set("abc")
    assert len({row.file for row in chosen}) == 7


def test_answers_and_order_play_no_part() -> None:
    files = [row.file for row in choose(ROWS, 9)]
    shuffled = [replace(row, student=()) for row in reversed(ROWS)]
    assert [row.file for row in choose(shuffled, 9)] == files


def test_few_images_are_all_shown() -> None:
    assert len(choose(ROWS[:2], 36)) == 2
    assert choose([], 36) == []


def test_shots_say_who_was_right(tmp_path: Path) -> None:
    shots = contact_sheet([answers("a", 0), answers("b", 0)], tmp_path, {"a": "apple"})
    by_name = {shot.name: shot for shot in shots}
    assert set(by_name) == {"apple", "b"}
    right, wrong = by_name["apple"].student, by_name["b"].student
    assert right is not None
    assert wrong is not None
    assert (right.right, right.name, wrong.right, wrong.name) == (True, "apple", False, "apple")
    assert by_name["b"].teacher is None
    assert by_name["b"].thumbnail is None


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "CMYK", "1"])
def test_any_mode_becomes_a_small_jpeg(tmp_path: Path, mode: str) -> None:
    Image.new("RGB", (600, 300), "red").convert(mode).save(tmp_path / "x.tif")
    small = decoded(thumbnail(tmp_path, "x.tif") or "")
    assert small.size == (SIDE, SIDE // 2)
    assert small.mode == "RGB"


def test_pixels_are_those_that_training_sees(tmp_path: Path) -> None:
    Image.fromarray(np.full((200, 200), 65535 // 2, np.uint16)).save(tmp_path / "deep.png")
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    (tmp_path / "program.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    shown = [decoded(thumbnail(tmp_path, name) or "").getpixel((9, 9)) for name in ("deep.png", "clear.png")]
    assert shown == [pytest.approx((127, 127, 127), abs=2), pytest.approx((255, 255, 255), abs=2)]
    assert thumbnail(tmp_path, "program.png") is None


def test_orientation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (400, 200)).save(tmp_path / "x.jpg", exif=exif)
    small = decoded(thumbnail(tmp_path, "x.jpg") or "")
    assert small.size == (SIDE // 2, SIDE)


def test_photographs_shrink_to_a_few_kilobytes(photos: list[Path]) -> None:
    uris = [thumbnail(photo.parent, photo.name) for photo in photos[:20]]
    assert all(uri is not None and 1_000 < len(uri) < 20_000 for uri in uris)


def test_unreadable_images_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "text.jpg").write_text("no image")
    Image.new("RGB", (300, 300)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:200])
    assert thumbnail(tmp_path, "whole.png")
    assert [thumbnail(tmp_path, name) for name in ("absent.jpg", "text.jpg", "cut.png", ".")] == [None] * 4
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert thumbnail(tmp_path, "whole.png") is None


def test_files_outside_the_data_root_stay_outside(tmp_path: Path) -> None:
    Image.new("RGB", (9, 9)).save(tmp_path / "secret.png")
    (tmp_path / "data").mkdir()
    assert thumbnail(tmp_path / "data", "../secret.png") is None
    assert thumbnail(tmp_path / "data", str(tmp_path / "secret.png")) is None
