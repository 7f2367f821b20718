"""One way from a file to RGB pixels, for every image the project reads.

What is decided here, once: EXIF orientation is applied; transparency is composed on white; 16-bit greys are scaled to
8 bits, not clipped; of an animation the first frame counts; a file that cannot be read whole is an error that names it.
Pillow's own limits hold (its bomb warning counts as an error here), and none of its global settings are touched.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from clipling.contracts.errors import InputError

# EPS is a program that Pillow hands to Ghostscript; the others are recognised by Pillow but never decoded.
_NOT_DECODED = frozenset({"EPS", "MPEG", "BUFR", "GRIB", "HDF5", "WMF"})
_LONGEST = 100
"""How many times as long as its shorter side the longer side of a picture may be."""
_DARK = 32
"""An eighth of white, in 8 bits."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableImage(InputError):  # noqa: N818
    """An image file that cannot be decoded: `path` is the file, `reason` says why in a few words."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def head(self) -> str:
        return f"{self.path}: cannot be read as an image ({self.reason}); replace the file or take it out of the data"


@lru_cache(maxsize=1)
def readable_formats() -> tuple[str, ...]:
    """Names of the formats that `decode_image` reads, as Pillow calls them, the common ones first."""
    Image.init()
    return tuple(name for name in Image.ID if name not in _NOT_DECODED)


@lru_cache(maxsize=1)
def readable_extensions() -> frozenset[str]:
    """Lower-case file extensions, with their dot, of the formats that `decode_image` reads."""
    formats = set(readable_formats())
    return frozenset(ending for ending, name in Image.registered_extensions().items() if name in formats)


def decode_image(path: Path, *, at_least: int | None = None) -> Image.Image:
    """The picture in a file as an upright RGB image with no metadata.

    `at_least` allows a JPEG to be decoded at 1/2, 1/4 or 1/8 of its size, as long as its shorter side keeps at least
    2 * `at_least` pixels: several times faster, and still twice the detail that a resize to `at_least` needs.
    Raises UnreadableImage for what is absent, empty, truncated, no image, or larger than Pillow's limits.
    """
    try:
        with Image.open(path, formats=readable_formats()) as image:
            _refuse_bomb(path, image)
            if at_least is not None:
                image.draft("RGB", (2 * at_least, 2 * at_least))
            image.load()
            return as_decoded(image, path)
    except UnreadableImage:
        raise
    except Exception as error:  # Pillow's plugins raise nearly every type there is on a malformed file
        raise UnreadableImage(path, _reason(path, error)) from error


def as_decoded(image: Image.Image, name: Path = Path("image in memory")) -> Image.Image:
    """An image that was opened elsewhere, as `decode_image` would give it: upright, RGB, without metadata.

    Raises UnreadableImage with `name` when its pixels have no known white, or it is all length and no width.
    """
    if max(image.size) > _LONGEST * min(image.size):  # its shorter side brought to a size, it would take gigabytes
        shape = f"{image.width} x {image.height} pixels"
        raise UnreadableImage(name, f"{shape}: one side is more than {_LONGEST} times as long as the other")
    return _plain(_rgb(name, image), _orientation(image))


def image_size(path: Path) -> tuple[int, int]:
    """Height and width in pixels from the header alone, not turned upright. Raises UnreadableImage."""
    try:
        with Image.open(path, formats=readable_formats()) as image:
            _refuse_bomb(path, image)
            return image.height, image.width
    except UnreadableImage:
        raise
    except Exception as error:  # as above
        raise UnreadableImage(path, _reason(path, error)) from error


def is_dark(path: Path, decoded: Image.Image) -> bool:
    """Whether an image of 16 bits a channel has no pixel above an eighth of white: its white is probably another.

    `decoded` is what `decode_image` made of it.
    """
    if np.asarray(decoded).max() >= _DARK:
        return False
    with Image.open(path, formats=readable_formats()) as image:
        return image.mode.startswith("I") or any(";16" in str(tile[3]) for tile in image.tile)


def _refuse_bomb(path: Path, image: Image.Image) -> None:
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        size = f"{image.width} x {image.height} pixels"
        raise UnreadableImage(path, f"{size} are more than the limit of {limit} that guards against bombs")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 where there is none or the block is broken: damaged metadata is no damaged picture."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow's EXIF parser raises nearly every type on malformed blocks
        return 1
    return value if isinstance(value, int) else 1


def _rgb(path: Path, image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _grey(np.asarray(image).astype(np.uint32))
    if image.mode == "I":
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise UnreadableImage(path, "its 32-bit pixels leave 0..65535, so what is white is unknown")
        return _grey(values.astype(np.uint32))
    if image.mode == "F":
        reals = np.asarray(image)
        if not (reals.min() >= 0 and reals.max() <= 1):
            raise UnreadableImage(path, "its floating-point pixels leave 0..1, so what is white is unknown")
        return _grey((reals * np.float32(65535)).round().astype(np.uint32))
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), coloured).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _grey(values: np.ndarray) -> Image.Image:
    """An RGB image of 16-bit greys: 65535 becomes 255, and every step between is rounded."""
    return Image.fromarray(((values + 128) // 257).astype(np.uint8)).convert("RGB")


def _plain(image: Image.Image, orientation: int) -> Image.Image:
    """The image upright and without metadata, so that no later step turns it a second time."""
    method = _UPRIGHT.get(orientation)
    plain = image.copy() if method is None else image.transpose(method)
    plain.info.clear()
    return plain


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        empty = path.is_file() and path.stat().st_size == 0
        return "the file is empty" if empty else "its content is no image format that is read here"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return " ".join(str(error).split()) or type(error).__name__
