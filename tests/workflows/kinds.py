"""Ten kinds of birds with a picture each, for tests of `describe`: "kind0 bird" and so on."""

from pathlib import Path

from PIL import Image

NAMES = [f"kind{number} bird" for number in range(10)]
LABELS = [name.replace(" ", "_") for name in NAMES]


def write_kinds(root: Path) -> None:
    """A folder of images, one folder per kind."""
    for label in LABELS:
        (root / label).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(root / label / "1.png")
