"""How fast a training step is, against its ceiling and against a plain loop. Ratios inside one run.

    python benchmarks/throughput.py --photos PHOTOS [--files 2000] [--sizes 224 64] [--rounds 3]

PHOTOS is a folder of full-size photographs; they are repeated to `--files` files in 20 classes. Measured, in images/s:

    a  ceiling   the student's forward, backward and optimizer step on tensors that are already on the device
    b  clipling  `clipling.distill` as users run it: its second epoch, from its own log
    c  plain     a loop as in research scripts: PIL decodes every image every time, fp32, teacher features cached
    d  plain+T   the same with the teacher's image tower (ViT-B/32, random weights) run in every step

b and c are measured `--rounds` times, a before and after each b; b/a and b/c are medians over the rounds, b beside the
mean of its two neighbours, so that a machine that warms up favours neither. All rounds are in the result.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Any

import open_clip
import timm
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms import v2

import clipling
from clipling.aviary import teacher_spec
from clipling.student import create_student
from clipling.training.config import Hardware
from clipling.training.devices import make_fabric
from clipling.workflows.distillation.images import loading_workers
from recording import write_record

STUDENT, BATCH, CLASSES = "resnet18", 128, 20


def repeat_photos(photos: Path, root: Path, files: int) -> Path:
    """The photographs repeated to `files` files, in `CLASSES` classes, with a split that trains on all but a few."""
    sources = sorted(path for path in photos.iterdir() if path.suffix.lower() in {".jpeg", ".jpg", ".png"})
    lists: dict[str, list[str]] = {"train": [], "id": [], "ood": []}
    for number in range(files + 2 * CLASSES):
        source = sources[number % len(sources)]
        part = "train" if number < files else "id" if number < files + CLASSES else "ood"
        name = f"{'unseen' if part == 'ood' else 'class'}-{number % CLASSES:02d}/{number:05d}{source.suffix}"
        target = root / "images" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        lists[part].append(name)
    split = root / "split"
    split.mkdir()
    for part, names in lists.items():
        (split / f"{part}.txt").write_text("".join(f"{name}\n" for name in sorted(names)))
    return root / "images"


def ceiling(size: int, steps: int) -> float:
    """Images/s of the bare step, at the precision and memory format that Clipling trains with."""
    fabric = make_fabric(Hardware())
    net = create_student(STUDENT, width=64, image_size=size).to(memory_format=torch.channels_last)
    model, optimizer = fabric.setup(net, torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4))
    images = torch.randint(0, 256, (BATCH, 3, size, size), dtype=torch.uint8, device=fabric.device)
    images = images.contiguous(memory_format=torch.channels_last)
    target = torch.nn.functional.normalize(torch.randn(BATCH, 64, device=fabric.device), dim=1)
    for step in range(steps + 2):
        if step == 2:
            _wait(fabric.device)
            started = time.perf_counter()
        loss = (model(images) - target).pow(2).sum(1).mean()
        optimizer.zero_grad(set_to_none=True)
        fabric.backward(loss)
        optimizer.step()
    _wait(fabric.device)
    return BATCH * steps / (time.perf_counter() - started)


def clipling_step(root: Path, size: int, out: Path) -> float:
    """Images/s of the second epoch of a run, from its log."""
    run = clipling.distill(
        root,
        teacher_spec(),
        out,
        split=root.parent / "split",
        student=STUDENT,
        image_size=size,
        epochs=2,
        repeats=1,
        guards=False,
    )
    rows = [json.loads(line) for line in run.log.read_text().splitlines()]
    return float(next(row["images_per_second"] for row in rows if row.get("epoch") == 2))


class PlainImages(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """Decode, resize, augment: what a script does for every image in every epoch."""

    def __init__(self, root: Path, size: int) -> None:
        self.files = (root.parent / "split" / "train.txt").read_text().split()
        self.root = root
        self.transform = v2.Compose(
            [
                v2.RandomResizedCrop(size),
                v2.RandomHorizontalFlip(),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            ]
        )

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return self.transform(Image.open(self.root / self.files[row]).convert("RGB")), row


def plain_loop(root: Path, size: int, steps: int, teacher: nn.Module | None) -> float:
    """Images/s of the plain loop, loading with as many workers as Clipling uses."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    width = 512 if teacher else 64
    model = timm.create_model(STUDENT, num_classes=width).to(device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    images = PlainImages(root, size)
    features = torch.nn.functional.normalize(torch.randn(len(images), width, device=device), dim=1)
    workers = loading_workers(Hardware())
    batches = _endless(torch.utils.data.DataLoader(images, BATCH, shuffle=True, drop_last=True, num_workers=workers))
    for step in range(steps + 1):
        if step == 1:
            _wait(device)
            started = time.perf_counter()
        batch, rows = next(batches)
        batch = batch.to(device)
        target = features[rows.to(device)]
        if teacher is not None:
            with torch.no_grad():
                enlarged = torch.nn.functional.interpolate(batch, size=(224, 224)) if size != 224 else batch
                target = torch.nn.functional.normalize(teacher.encode_image(enlarged), dim=1)  # type: ignore[operator]
        logits = torch.nn.functional.normalize(model(batch), dim=1) @ target.T / 0.07
        loss = torch.nn.functional.cross_entropy(logits, torch.arange(BATCH, device=device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    _wait(device)
    return BATCH * steps / (time.perf_counter() - started)


def _endless(loader: "torch.utils.data.DataLoader[tuple[Tensor, int]]") -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        yield from loader


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def measure(root: Path, size: int, out: Path, rounds: int) -> dict[str, Any]:
    """The four speeds at one image size, and the ratios that count; each speed of every round is kept."""
    steps = 40 if size <= 64 else 8
    teacher = open_clip.create_model("ViT-B-32").eval().to("cuda" if torch.cuda.is_available() else "cpu")
    a, b, c = [ceiling(size, steps)], [], []
    for number in range(rounds):
        b.append(clipling_step(root, size, out / f"run-{size}-{number}"))
        a.append(ceiling(size, steps))
        c.append(plain_loop(root, size, steps // 2, None))
    around = [fmean(pair) for pair in pairwise(a)]  # the ceiling just before and just after each b
    d = plain_loop(root, size, 2, teacher)
    return {
        "a": median(a),
        "b": median(b),
        "c": median(c),
        "d": d,
        "b/a": median(_ratios(b, around)),
        "b/c": median(_ratios(b, c)),
        "b/d": median(b) / d,
        "rounds": {"a": a, "b": b, "c": c, "b/a": _ratios(b, around), "b/c": _ratios(b, c)},
    }


def _ratios(ours: list[float], theirs: list[float]) -> list[float]:
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def main() -> None:
    """Measure and write the result beside the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 64])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = repeat_photos(options.photos, Path(folder), options.files)
        sizes = {str(size): measure(root, size, Path(folder), options.rounds) for size in options.sizes}
    measured = "+".join(sizes)
    write_record(f"throughput_{measured}px", {"images_per_second": sizes}, private={"PHOTOS": options.photos})


if __name__ == "__main__":
    main()
