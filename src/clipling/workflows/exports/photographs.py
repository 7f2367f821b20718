"""The images on which an export is checked: those of the run it came from, or a folder that the user names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from jaxtyping import UInt8
from torch import Tensor

from clipling.contracts.errors import InputError, refuse_below
from clipling.contracts.records import Split
from clipling.data.split import read_split
from clipling.data.tree import look
from clipling.deploy.bundle import Bundle
from clipling.deploy.folder import standing
from clipling.deploy.pixels import pixels_of
from clipling.evaluation.zero_shot import ZeroShotTask
from clipling.workflows.run import Run

File = TypeVar("File")
CALIBRATION = 256
"""Training images from which int8 learns its ranges."""


@dataclass(frozen=True)
class Photographs:
    """Images of the evaluated parts with the question to ask of them, and training images as the network sees them.

    Without a split every image counts as seen, of no known class, and there are no training images. Where the images
    have no classes there is no question.
    """

    id: tuple[Path, ...]
    ood: tuple[Path, ...]
    train: UInt8[Tensor, "N S S 3"]
    task: ZeroShotTask | None

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that an export is checked on."""
        return self.id + self.ood


def bundle_folder(path: Path) -> Path:
    """The bundle that `path` is, or that the run at `path` has."""
    inside = standing(path / "student")
    return inside if inside.is_dir() else path


def open_photographs(bundle: Bundle, folder: Path, data: Path | None, split: Path | None, limit: int) -> Photographs:
    """Images to check the bundle in `folder` on, at most `limit` of each part, spread over the whole of it.

    Raises InputError when there are none: nothing says where they are, or no readable image is there.
    """
    refuse_below(images=(limit, 1))
    run = Run(folder.resolve().parent)
    if data is None and (run.folder / "config.yaml").is_file():
        data, split = run.setting("data", Path), split or run.split
    if data is None:
        raise InputError(
            f"{folder}: lies in no run, so nothing says which images an export is to be checked on; give --data FOLDER"
        )
    if not data.is_dir():
        raise InputError(f"data: {data}: no such folder; give the folder that holds the images, by --data")
    return _loose(bundle, data, limit) if split is None else _divided(bundle, data, split, limit)


def _loose(bundle: Bundle, data: Path, limit: int) -> Photographs:
    files = sorted(data / image for image in look(data).images)
    if not files:
        raise InputError(f"{data}: holds no images to check the export on; give another folder, by --data")
    return Photographs(tuple(spread(files, limit)), (), _pixels([], bundle), None)


def _divided(bundle: Bundle, data: Path, split: Path, limit: int) -> Photographs:
    chosen = read_split(split, data)
    row = {one.key: number for number, one in enumerate(bundle.classes)}
    if strangers := [label for label in chosen.classes if label not in row]:
        raise InputError(f"{split}: class '{strangers[0]}' is none of the bundle's; give the split it was trained with")
    parts = {
        "id": spread(chosen.id, limit),
        "ood": spread(chosen.ood, limit),
        "train": spread(chosen.train, CALIBRATION),
    }
    if not parts["id"] + parts["ood"]:
        parts["id"] = parts["train"][:limit]
    paths = {part: tuple(data / file for file in files) for part, files in parts.items()}
    task = _task(bundle, chosen, parts, row) if chosen.is_labelled else None
    return Photographs(paths["id"], paths["ood"], _pixels(paths["train"], bundle), task)


def _task(bundle: Bundle, chosen: Split, parts: Mapping[str, Sequence[str]], row: Mapping[str, int]) -> ZeroShotTask:
    """The question to ask of the parts. row: of the bundle's text, by class."""
    place = {
        label: number for side in (chosen.seen_classes, chosen.unseen_classes) for number, label in enumerate(side)
    }
    id_labels, ood_labels = (
        torch.tensor([place[chosen.labels[file]] for file in parts[part]], dtype=torch.int64) for part in ("id", "ood")
    )
    return ZeroShotTask(
        id_labels=id_labels,
        ood_labels=ood_labels,
        seen_text=bundle.text[[row[label] for label in chosen.seen_classes]],
        unseen_text=bundle.text[[row[label] for label in chosen.unseen_classes]],
        seen=chosen.seen_classes,
        unseen=chosen.unseen_classes,
    )


def spread(files: Sequence[File], limit: int) -> list[File]:
    """At most `limit` of the files, evenly from first to last."""
    step = max(1.0, len(files) / limit)
    return [files[int(number * step)] for number in range(min(limit, len(files)))]


def _pixels(files: Sequence[Path], bundle: Bundle) -> UInt8[Tensor, "N S S 3"]:
    size = bundle.config.image_size
    images = [pixels_of(file, bundle.config).permute(1, 2, 0) for file in files]
    return torch.stack(images).contiguous() if images else torch.empty(0, size, size, 3, dtype=torch.uint8)
