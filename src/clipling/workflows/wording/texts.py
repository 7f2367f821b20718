"""The texts of unseen classes as a teacher understands them: names, descriptions, and what captions say on average."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from clipling.contracts.encoders import TextEncoder
from clipling.data.labels import read_caption_rows, read_captions, read_class_names, read_descriptions
from clipling.data.split import read_split
from clipling.evaluation.text_space import class_means, text_space
from clipling.language.captions import encode_captions
from clipling.language.classes import encode_classes
from clipling.language.texts import class_texts
from clipling.training.config import Device
from clipling.training.devices import default_device
from clipling.workflows.console import say
from clipling.workflows.data_folder import open_folder
from clipling.workflows.towers import open_teacher


def measure_texts(
    root: Path, teacher: str, split: Path | None, descriptions: Path | None, hardware: Device
) -> dict[str, dict[str, Any]]:
    """`text_space` of the unseen classes of a split, or of all classes, for each set of texts that is there."""
    if split is None:
        folder = open_folder(root)
        classes, files, labels = folder.classes, folder.files, folder.labels
    else:
        lists = read_split(split, root)
        classes, files, labels = lists.unseen_classes, lists.ood, lists.labels
    encoder = open_teacher(teacher, device=default_device(hardware))
    return text_space(class_features(encoder, root, classes, files, labels, descriptions))


def class_features(
    encoder: TextEncoder,
    root: Path,
    classes: Sequence[str],
    files: Sequence[str],
    labels: dict[str, str],
    descriptions: Path | None = None,
) -> dict[str, torch.Tensor]:
    """Unit rows (C, D) of the classes by what their texts are; says what is left out because it is not there.

    files, labels: the images whose captions count, and the class of each. descriptions: a file in place of the usual.
    """
    names = read_class_names(root, classes)
    found = {"names": encode_classes(encoder, class_texts(classes, names)).cpu()}
    if descriptions or (root / "descriptions.jsonl").exists():
        sentences = read_descriptions(root, classes, file=descriptions)
        found["descriptions"] = encode_classes(encoder, class_texts(classes, names, sentences)).cpu()
    else:
        say(f"descriptions left out: {root / 'descriptions.jsonl'} is not there; `clipling describe` makes it")
    path = root / "captions.jsonl"
    if path.exists() and not read_caption_rows(path).keys().isdisjoint(files):
        rows = {label: row for row, label in enumerate(classes)}
        captions = encode_captions(encoder, read_captions(root, files), files)
        found["captions"] = class_means(captions, torch.tensor([rows[labels[file]] for file in files]), len(classes))
    else:
        say(f"captions left out: {path} has none of these images; `clipling caption --part ood` makes them")
    return found
