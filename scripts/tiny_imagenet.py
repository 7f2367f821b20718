"""The recipes side by side on real photographs: Tiny-ImageNet at 32 px, the same budget for each.

    python scripts/tiny_imagenet.py BED --out runs/tiny-imagenet [--images 100] [--epochs 10] [--seeds 0]
        [--recipes cls paper]

BED is a folder with `tiny-imagenet-32` (images, classes.csv, splits/0) and `teacher` (an open_clip local-dir). Recipes
that are finished are skipped and one that was stopped goes on, so the command can be given again at any time. The table
is made from what it leaves: `python scripts/results_table.py runs/tiny-imagenet --to docs/results/tiny-imagenet.md`.
"""

import argparse
from collections import Counter
from pathlib import Path

import clipling
from clipling.files import read_lines, write_lines

RECIPES = ("cls", "mse", "cls+mse", "im_cst", "cls+im_cst", "paper")


def smaller_split(source: Path, images: int, out: Path) -> Path:
    """The split in `source` with the first `images` training images of each class."""
    taken: Counter[str] = Counter()
    kept = []
    for file in read_lines(source / "train.txt"):
        label = Path(file).parent.name
        if taken[label] < images:
            taken[label] += 1
            kept.append(file)
    write_lines(out / "train.txt", kept)
    for part in ("id", "ood"):
        write_lines(out / f"{part}.txt", read_lines(source / f"{part}.txt"))
    return out


def main() -> None:
    """Distil every recipe with every seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bed", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--images", type=int, default=100, help="training images of each seen class")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=RECIPES)
    options = parser.parse_args()
    data = options.bed / "tiny-imagenet-32"
    split = smaller_split(data / "splits" / "0", options.images, options.out / f"split-{options.images}")
    for seed in options.seeds:
        for recipe in options.recipes:
            out = options.out / f"{recipe}-seed{seed}"
            if (out / "results.json").exists():
                continue
            print(f"{recipe}, seed {seed}", flush=True)
            clipling.distill(
                data,
                f"local-dir:{options.bed / 'teacher'}",
                out,
                split=split,
                recipe=recipe,
                student="resnet18",
                image_size=64,
                epochs=options.epochs,
                seed=seed,
                evaluate_every=options.epochs,
                resume=(out / "config.yaml").exists(),
            )


if __name__ == "__main__":
    main()
