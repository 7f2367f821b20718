"""Miniature copies of the six data sets: the original archives' folders, tiny JPEGs, and the authors' files."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from clipling.data.folder import scan
from clipling.data.sets.catalogue import LABELS, LISTS, DataSet, data_set
from clipling.files import hash_strings

BIRDS = ("001.Black_footed_Albatross", "002.Laysan_Albatross", "019.Gray_Catbird", "063.Ivory_Gull")
FLOWERS = ("watercress", "corn_poppy", "carnation", "black-eyed_susan")
FOOD = ("pancakes", "ceviche", "apple_pie", "shrimp_and_grits")
SCENES = ("abbey", "bakery_shop", "stadium_football", "athletic_field_outdoor")
CARS = (
    "AM_General_Hummer_SUV_2000",
    "Acura_TL_Sedan_2012",
    "Eagle_Talon_Hatchback_1998",
    "smart_fortwo_Convertible_2012",
)
SYNSETS = ("n02012849", "n03126707", "n02113186", "n02963159")
"""Two called crane and two called cardigan in the authors' table."""
NAMED = {"n02012849": "crane", "n03126707": "crane", "n02113186": "Cardigan", "n02963159": "cardigan"}
Place = Callable[[str, int], str]
"""From a class and the number of an image to its path in the original archive."""
NESTED = {"bakery_shop": "b/bakery/shop", "stadium_football": "s/stadium/football"}
NESTED |= {"abbey": "a/abbey", "athletic_field_outdoor": "a/athletic_field/outdoor"}
ORIGINALS: dict[str, tuple[tuple[str, ...], Place, tuple[str, ...]]] = {
    "CaltechBirds": (
        BIRDS,
        lambda label, number: f"CUB_200_2011/images/{label}/{label[4:]}_{number:04}_796111.jpg",
        ("CUB_200_2011/classes.txt", "CUB_200_2011/attributes/certainties.txt", "attributes.txt"),
    ),
    "StanfordCars": (
        CARS,
        lambda label, number: f"cars_train/{number:05}.jpg",
        ("cars_test/00001.jpg", "cars_test/00002.jpg", "devkit/cars_train_annos.mat", "devkit/cars_meta.mat"),
    ),
    "Flower102": (
        FLOWERS,
        lambda label, number: f"jpg/image_{number:05}.jpg",
        ("imagelabels.mat", "setid.mat", "segmim/image_00001.jpg"),
    ),
    "Food101": (
        FOOD,
        lambda label, number: f"food-101/images/{label}/{1005649 + number}.jpg",
        ("food-101/meta/classes.txt", "food-101/license_agreement.txt"),
    ),
    "SUN397": (
        SCENES,
        lambda label, number: f"SUN397/{NESTED[label]}/sun_aaa{number:013}.jpg",
        ("SUN397/ClassName.txt", "SUN397/a/alley/sun_other.jpg"),
    ),
    "tiered-ImageNet": (
        SYNSETS,
        lambda label, number: f"tiered_imagenet/train/{label}/{label}_{number}.JPEG",
        ("tiered_imagenet/val/n02110185/n02110185_1.JPEG", "tiered_imagenet/test/n02100735/n02100735_1.JPEG"),
    ),
}
WITH_LISTS = tuple(name for name in ORIGINALS if name != "tiered-ImageNet")


@dataclass
class Miniature:
    """A small data set: its facts, its original files, the authors' files, and every image by <class>/<image>."""

    known: DataSet
    original: Path
    authors: Path
    images: dict[str, bytes]


def miniature(name: str, folder: Path) -> Miniature:
    """Make the data set `name` with two seen classes of three images and two unseen ones of three, under `folder`."""
    classes, place, beside = ORIGINALS[name]
    original, images, lists = folder / "original", dict[str, bytes](), {file: list[str]() for file in LISTS}
    for index, label in enumerate(classes):
        for number in range(3 * index + 1, 3 * index + 4):
            path = place(label, number)
            key = f"{label}/{Path(path).name}"
            images[key] = write(original / path, jpeg(number))
            file = LISTS[2] if index > 1 else LISTS[1] if number % 3 == 0 else LISTS[0]
            lists[file].append(f"{file.removesuffix('_data.txt')}/{key}")
    for path in beside:
        write(original / path, jpeg(200) if "jp" in Path(path).suffix.lower() else b"no image")
    names = [
        f"{label} {number} {NAMED.get(label, label[4:] if label in BIRDS else label)}"
        for number, label in enumerate(classes, 1)
    ]
    texts = {LABELS[0]: names, LABELS[1]: [f"The {label} has a shape.\r" for label in classes]}
    if name in WITH_LISTS:
        texts |= lists
    authors = folder / "authors/data" / name
    for file, lines in texts.items():
        write(authors / file, "\n".join(lines).encode())  # like the published lists, without a newline at the end
    known = replace(
        data_set(name),
        classes=len(classes),
        images=len(images),
        fewest=3 if data_set(name).fewest else 0,
        counts={file: len(texts[file]) for file in LISTS if file in texts},
        published={file: hash_strings(line.strip() for line in lines) for file, lines in texts.items()},
    )
    return Miniature(known, original, folder / "authors", images)


def held(root: Path) -> dict[str, bytes]:
    """Every visible image under a root, by <class>/<image>."""
    return {file: (root / file).read_bytes() for file in scan(root).files}


def bytes_of(folder: Path) -> dict[Path, bytes]:
    """Every file under a folder, hidden ones too."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def jpeg(shade: int) -> bytes:
    """A tiny JPEG, another for each number."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 255 - shade, 7 * shade % 256)).save(picture, "JPEG")
    return picture.getvalue()


def write(path: Path, content: bytes) -> bytes:
    """Write a file and the folders above it; returns the content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return content
