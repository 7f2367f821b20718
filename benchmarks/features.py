"""How fast teacher features are made, against the teacher's bare forward. A ratio inside one run.

    python benchmarks/features.py --photos PHOTOS [--files 600] [--rounds 3] [--teacher ViT-B-32]

PHOTOS is a folder of full-size photographs, repeated to `--files` files. The teacher has random weights: speed does not
depend on them. Measured in turn, `--rounds` times, in images/s:

    bare      the image tower on pixels that are already prepared and in memory
    features  `extract_features`: reading, decoding, resizing, encoding, journal, store on disk
"""

import argparse
import json
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

import open_clip
import torch
from safetensors.torch import save_file

from clipling.data.decode import decode_image
from clipling.teacher.store import extract_features
from clipling.teacher.tower import Teacher, load_teacher
from clipling.training.config import Hardware
from clipling.training.devices import default_device
from clipling.workflows.distillation.images import loading_workers
from recording import write_record
from throughput import repeat_photos

BATCH = 64


def random_teacher(architecture: str, folder: Path) -> Teacher:
    """An open_clip architecture with random weights, read from a folder as any teacher is."""
    model = open_clip.create_model(architecture)
    config = open_clip.get_model_config(architecture)
    place = folder / "teacher"
    place.mkdir()
    preprocess = {"size": 224, "mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    preprocess |= {"interpolation": "bicubic", "resize_mode": "shortest"}
    (place / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    save_file(model.state_dict(), place / "open_clip_model.safetensors")
    return load_teacher(f"local-dir:{place}", device=default_device(Hardware()))


def bare(teacher: Teacher, root: Path, files: list[str], images: int) -> float:
    """Images/s of the image tower alone, on one prepared batch again and again."""
    batch = torch.stack([teacher.prepare(decode_image(root / file)) for file in files[:BATCH]])
    teacher.encode_image(batch)
    started = time.perf_counter()
    for _ in range(images // BATCH):
        teacher.encode_image(batch).cpu()
    return images // BATCH * BATCH / (time.perf_counter() - started)


def extraction(teacher: Teacher, root: Path, files: list[str], folder: Path) -> float:
    """Images/s of a new store, from the first file read to the last byte written."""
    started = time.perf_counter()
    extract_features(teacher, root, files, folder, batch_size=BATCH, workers=loading_workers(Hardware()))
    return len(files) / (time.perf_counter() - started)


def main() -> None:
    """Measure and write the result beside the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--files", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--teacher", default="ViT-B-32")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = repeat_photos(options.photos, folder, options.files)
        files = (folder / "split" / "train.txt").read_text().split()
        teacher = random_teacher(options.teacher, folder)
        towers, stores = [bare(teacher, root, files, options.files // 2)], []
        for number in range(options.rounds):
            stores.append(extraction(teacher, root, files, folder / f"store-{number}"))
            towers.append(bare(teacher, root, files, options.files // 2))
    around = [fmean(pair) for pair in pairwise(towers)]
    ratios = [made / tower for made, tower in zip(stores, around, strict=True)]
    figures = {
        "teacher": options.teacher,
        "images_per_second": {"bare": median(towers), "features": median(stores)},
        "features/bare": median(ratios),
        "rounds": {"bare": towers, "features": stores, "features/bare": ratios},
    }
    write_record(f"features_{options.teacher}", figures, private={"PHOTOS": options.photos}, precision="fp32")


if __name__ == "__main__":
    main()
