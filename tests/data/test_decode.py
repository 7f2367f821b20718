import pickle
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile, PngImagePlugin

from clipling.contracts.errors import InputError
from clipling.data.decode import UnreadableImage, decode_image, image_size, readable_extensions

CORNERS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[255, 255, 255], [0, 0, 0], [255, 255, 0]]], np.uint8)


def saved(folder: Path, name: str, image: Image.Image, **options: object) -> Path:
    image.save(folder / name, **options)
    return folder / name


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a.bmp", "a.tif", "a.ppm", "a.tga", "wrong-ending.jpg"])
def test_lossless_formats_give_their_exact_pixels(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    Image.fromarray(CORNERS).save(path, format="PNG" if name.endswith("jpg") else None)
    decoded = decode_image(path)
    assert decoded.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(decoded), CORNERS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_and_forgotten(tmp_path: Path, orientation: int) -> None:
    undo = {1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1]}
    undo |= {5: lambda a: a.transpose(1, 0, 2), 6: lambda a: np.rot90(a), 8: lambda a: np.rot90(a, -1)}
    undo |= {7: lambda a: a[::-1, ::-1].transpose(1, 0, 2)}
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, "turned.png", Image.fromarray(np.ascontiguousarray(undo[orientation](CORNERS))), exif=exif)
    decoded = decode_image(path)
    np.testing.assert_array_equal(np.asarray(decoded), CORNERS)
    assert decoded.getexif().get(0x0112, 1) == 1


def test_broken_exif_leaves_the_picture_readable(tmp_path: Path) -> None:
    path = saved(tmp_path, "exif.png", Image.fromarray(CORNERS), exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff")
    np.testing.assert_array_equal(np.asarray(decode_image(path)), CORNERS)


@pytest.mark.parametrize("name", ["grey.png", "grey.tif", "grey.pgm"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path, name: str) -> None:
    values = np.array([[0, 257, 256 * 100, 65535]], np.uint16)
    decoded = np.asarray(decode_image(saved(tmp_path, name, Image.fromarray(values))))
    assert decoded[0, :, 0].tolist() == [0, 1, 100, 255]
    assert (decoded == decoded[:, :, :1]).all()


def test_pixels_of_an_unknown_range_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, "deep.tif", Image.fromarray(np.array([[0, 70000]], np.int32)))
    with pytest.raises(UnreadableImage, match="what is white is unknown"):
        decode_image(path)
    path = saved(tmp_path, "real.tif", Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)))
    assert np.asarray(decode_image(path))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_transparency_is_composed_on_white(tmp_path: Path, mode: str) -> None:
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 255))
    image.putpixel((1, 0), (0, 0, 0, 0))
    decoded = np.asarray(decode_image(saved(tmp_path, "clear.png", image.convert(mode))))
    assert decoded.tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_a_transparent_colour_of_a_palette_counts(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 0, 255])
    path = saved(tmp_path, "palette.gif", image, transparency=1)
    assert np.asarray(decode_image(path)).tolist() == [[[255, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("mode", ["1", "L", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = saved(tmp_path, "mode.tif" if mode == "1" else "mode.jpg", Image.new("RGB", (16, 16), "white").convert(mode))
    assert np.asarray(decode_image(path)).min() >= 250


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp", "moving.png", "moving.tif"])
def test_an_animation_gives_its_first_frame(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    path = saved(tmp_path, name, frames[0], save_all=True, append_images=frames[1:])
    red, _, blue = np.asarray(decode_image(path))[8, 8].tolist()
    assert red > 240
    assert blue < 15


def test_reduced_decoding_keeps_twice_the_asked_size(photos: list[Path]) -> None:
    reduced = 0
    for photo in photos[:40]:
        full, small = decode_image(photo), decode_image(photo, at_least=64)
        assert min(small.size) >= min(2 * 64, min(full.size))
        reduced += small.size != full.size
        alike = np.asarray(full.resize((8, 8), Image.Resampling.BOX), float)
        alike -= np.asarray(small.resize((8, 8), Image.Resampling.BOX), float)
        assert abs(alike).mean() < 4
    assert reduced > 30


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (b"no image at all", "no image format"), (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no image format")],
)
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(content)
    with pytest.raises(UnreadableImage, match=rf"bad\.jpg.*{reason}"):
        decode_image(path)


@pytest.mark.parametrize("name", ["cut.jpg", "cut.png", "cut.webp", "cut.tif", "cut.gif"])
def test_truncated_files_are_refused(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = saved(tmp_path, name, Image.fromarray(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableImage, match=r"cut\."):
        decode_image(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"absent\.png.*no such file"):
        decode_image(tmp_path / "absent.png")


@pytest.mark.parametrize(("width", "height"), [(100_000, 100_000), (10_000, 10_000)])
@pytest.mark.parametrize("read", [decode_image, image_size])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_refused_from_its_header(tmp_path: Path, width: int, height: int, read: object) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(width, height) + struct.pack(">I", 1 << 30) + b"IDAT")
    with pytest.raises(UnreadableImage, match=r"bomb\.png.*(limit)"):
        read(path)  # type: ignore[operator]


@pytest.mark.parametrize("size", [(8000, 1), (1, 8000), (1010, 10)])
def test_a_ribbon_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    path = saved(tmp_path, "ribbon.png", Image.new("L", size))
    with pytest.raises(UnreadableImage, match=rf"ribbon\.png.*{size[0]} x {size[1]} pixels: .*more than 100 times"):
        decode_image(path)
    assert decode_image(saved(tmp_path, "long.png", Image.new("L", (1000, 10)))).size == (1000, 10)


def test_a_text_bomb_is_refused(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("note", " " * (4 << 20), zip=True)
    with pytest.raises(UnreadableImage, match="too large"):
        decode_image(saved(tmp_path, "text.png", Image.fromarray(CORNERS), pnginfo=info))


def test_settings_of_pillow_and_warnings_stay_as_they_were(tmp_path: Path) -> None:
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters))
    (tmp_path / "bad.png").write_bytes(b"")
    with pytest.raises(InputError):
        decode_image(tmp_path / "bad.png")
    assert (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, list(warnings.filters)) == before


def test_the_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(UnreadableImage(Path("a/b.png"), "empty")))
    assert (error.path, error.reason, str(error)) == (
        Path("a/b.png"),
        "empty",
        str(UnreadableImage(Path("a/b.png"), "empty")),
    )


def test_header_gives_height_and_width(tmp_path: Path) -> None:
    assert image_size(saved(tmp_path, "a.png", Image.fromarray(CORNERS))) == (2, 3)


def test_extensions_are_those_of_pictures() -> None:
    assert {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".gif"} <= readable_extensions()
    assert not {".eps", ".pdf", ".mpg", ".txt", ".csv"} & readable_extensions()
