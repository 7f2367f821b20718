"""Decoded images for a run: one cache per data set and storage size, shared by the runs beside each other."""

import os
from pathlib import Path

from clipling.data.augment import storage_size
from clipling.data.pixels import Pixels, open_pixels
from clipling.files import hash_strings
from clipling.training.config import Caching, Loading
from clipling.workflows.console import counting, say
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.run import DRAWS

Images = dict[str, Pixels]
"""The images of `train`, `id` and `ood`."""


def workspace(out: Path) -> Path:
    """Where runs that lie beside each other share what is costly to make; it may be deleted at any time.

    A few-shot draw shares it with the run that it lies in.
    """
    run = out.parent.parent
    is_draw = out.parent.name == DRAWS and (run / "config.yaml").is_file()
    return (run if is_draw else out).parent / ".clipling"


def loading_workers(hardware: Loading) -> int:
    """Processes that load images."""
    if hardware.workers is not None:
        return hardware.workers
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(8, usable // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) - 1))


def open_images(inputs: Inputs, image_size: int, out: Path, hardware: Caching) -> Images:
    """Decode every image of the split into the cache (or find them there), and open the three parts of it.

    image_size: side of what the student sees; images are stored a little larger. out: the run's folder.
    """
    size = storage_size(image_size)
    folder = workspace(out) / "pixels" / f"{inputs.root.name}-{size}px-{hash_strings([str(inputs.root)])[:8]}"
    budget = int(hardware.cache_gb * 1e9)

    def open_files(files: tuple[str, ...]) -> Pixels:
        with counting("decoding images") as progress:
            return open_pixels(
                inputs.root,
                files,
                size=size,
                folder=folder,
                budget_bytes=budget,
                workers=loading_workers(hardware),
                progress=progress,
            )

    everything = open_files(inputs.split.files)
    if not everything.cached:
        say(f"images are decoded anew each epoch: {len(everything)} of them exceed hardware.cache_gb, or the disk")
    return {part: open_files(getattr(inputs.split, part)) for part in ("train", "id", "ood")}
