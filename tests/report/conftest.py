"""Sample runs: invented figures over drawn pictures, in the files a finished run leaves behind."""

import json
import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from PIL import Image, ImageDraw

from clipling.files import write_json, write_jsonl

SHAPES = ("circle", "square", "triangle", "cross", "ring", "bar")
COLOURS = {"red": "#c0392b", "green": "#2e8b57", "blue": "#2f6fb0", "gold": "#c9a227"}
UNSEEN_COLOUR = "gold"
MakeRun = Callable[..., Path]


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Call with a folder's name and what is to be special; the run lies in `tmp_path` beside its pictures."""

    def make(
        name: str = "sample",
        *,
        recipe: str = "paper",
        seed: int = 0,
        unseen: bool = True,
        lift: float = 0.0,
        **config: object,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        draw_dataset(tmp_path / "pictures")
        rng = random.Random(f"{name}{seed}")
        settings = _settings(tmp_path / "pictures", folder, recipe, seed) | config
        (folder / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
        write_json(
            folder / "environment.json",
            {"python": "3.11", "device": "cpu", "versions": {"torch": "2.6"}, "seconds": 754},
        )
        write_json(folder / "student" / "labels.json", _labels(unseen))
        write_jsonl(folder / "log.jsonl", _log(unseen, lift, rng))
        write_jsonl(folder / "predictions.jsonl", _predictions(unseen, rng))
        write_json(folder / "results.json", _results(unseen, lift, seed, rng))
        return folder

    return make


def classes(unseen: bool) -> dict[str, bool]:
    """Every class, and whether it is seen."""
    names = [f"{colour}_{shape}" for colour in COLOURS for shape in SHAPES]
    return {name: not (unseen and name.startswith(UNSEEN_COLOUR)) for name in names}


def draw_dataset(root: Path, per_class: int = 4) -> None:
    """A folder for each class with small drawn pictures."""
    if root.exists():
        return
    rng = random.Random(0)
    for name in classes(True):
        colour, shape = name.split("_")
        (root / name).mkdir(parents=True)
        for number in range(per_class):
            image = Image.new("RGB", (96, 80), f"hsl({rng.randrange(360)}, 25%, {rng.randrange(75, 95)}%)")
            _draw_shape(ImageDraw.Draw(image), shape, COLOURS[colour], rng.randrange(20, 34), rng.randrange(38, 58))
            image.save(root / name / f"{number}.png")


def _draw_shape(draw: ImageDraw.ImageDraw, shape: str, fill: str, r: int, x: int) -> None:
    box = (x - r, 40 - r, x + r, 40 + r)
    if shape in ("circle", "ring"):
        draw.ellipse(box, fill=fill if shape == "circle" else None, outline=fill, width=7)
    elif shape == "triangle":
        draw.polygon([(x, 40 - r), (x - r, 40 + r), (x + r, 40 + r)], fill=fill)
    elif shape == "cross":
        draw.line(box, fill=fill, width=9)
        draw.line((x - r, 40 + r, x + r, 40 - r), fill=fill, width=9)
    else:
        draw.rectangle(box if shape == "square" else (x - r, 32, x + r, 48), fill=fill)


def _settings(root: Path, out: Path, recipe: str, seed: int) -> dict[str, object]:
    return {
        "data": str(root), "teacher": "ViT-L-14/openai", "out": str(out), "split": None, "student": "resnet18",
        "image_size": 224, "seed": seed, "pretrained": False, "hardware": {"accelerator": "auto", "workers": None},
        "recipe": recipe, "epochs": 30, "losses": {"cls": 1.0, "im_cst": 1.0, "temperature": 0.07},
        "schedule": {"name": "multi_step", "milestones": [0.333, 0.666]},
    }  # fmt: skip


def _labels(unseen: bool) -> list[dict[str, object]]:
    return [
        {"class": name, "name": name.replace("_", " "), "text": f"a photo of a {name}", "seen": seen}
        for name, seen in classes(unseen).items()
    ]


def _log(unseen: bool, lift: float, rng: random.Random) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [{"event": "start", "resumed": False}]
    for epoch in range(1, 31):
        left = math.exp(-epoch / 9) + rng.random() * 0.04
        row: dict[str, object] = {
            "event": "epoch", "epoch": epoch, "lr": 0.05, "seconds": 12.0, "images_per_second": 800.0,
            "loss": {"loss": 0.7 + 5 * left, "cls": 0.4 + 2.7 * left, "im_cst": 0.3 + 2.3 * left},
        }  # fmt: skip
        if epoch % 3 == 0 or epoch > 25:
            reached = {"id": 0.62 * (1 - left), "ood_zero_shot": max(0.0, (0.45 + lift) * (1 - left) - 0.03)}
            row["accuracy"] = reached if unseen else {"id": reached["id"]}
        rows.append(row)
    return rows


def _predictions(unseen: bool, rng: random.Random) -> list[dict[str, object]]:
    rows = []
    for name, seen in classes(unseen).items():
        choices = [other for other, same in classes(unseen).items() if same == seen]
        for number in range(4):
            rows.append(
                {
                    "file": f"{name}/{number}.png",
                    "part": "id" if seen else "ood",
                    "class": name,
                    "student": _said(name, choices, 0.5, rng),
                    "teacher": _said(name, choices, 0.85, rng),
                }
            )
    return rows


def _said(name: str, choices: list[str], skill: float, rng: random.Random) -> list[list[object]]:
    first = name if rng.random() < skill else rng.choice(choices)
    others = [other for other in choices if other != first]
    return [[first, round(0.4 + rng.random() * 0.5, 4)], [others[0], 0.1], [others[1], 0.05]]


def _results(unseen: bool, lift: float, seed: int, rng: random.Random) -> dict[str, object]:
    mean = {
        "id": 0.6132,
        "ood_zero_shot": 0.4108 + lift,
        "joint_seen": 0.58,
        "joint_unseen": 0.21,
        "harmonic_mean": 0.3083,
    }
    teacher = {"id": 0.88, "ood_zero_shot": 0.79, "joint_seen": 0.84, "joint_unseen": 0.66, "harmonic_mean": 0.7392}
    if not unseen:
        mean, teacher = {"id": mean["id"]}, {"id": teacher["id"]}
    bundle = {key: value + rng.uniform(-0.01, 0.01) for key, value in mean.items()}
    nested = {"ood_few_shot": {"5": 0.57}} if unseen else {}
    confused = {"part": "ood", "class": "gold_ring", "predicted": "gold_circle", "count": 3, "share": 0.75}
    parts = ["id", "ood"] if unseen else ["id"]
    return {
        "schema": 1, "accuracy": mean | nested, "accuracy_bundle": bundle | nested, "teacher": teacher,
        "accuracy_std": dict.fromkeys(mean, 0.004), "teacher_kept": {key: mean[key] / teacher[key] for key in mean},
        "intervals": {key: [bundle[key] - 0.06, bundle[key] + 0.06] for key in list(bundle)[:2]},
        "coherence": {part: {"m_rel": 0.71, "m_neigh": {"3": 0.44}, "m_vlalign": {"2": 0.31}} for part in parts},
        "per_class": {name: rng.randrange(5) / 4 for name in classes(unseen)},
        "confused": [confused] if unseen else [],
        "seed": seed, "epochs_averaged": 5,
    }  # fmt: skip


def change(file: Path, **fields: object) -> None:
    """Set fields of a JSON file; a field set to `...` is taken out."""
    value = json.loads(file.read_text()) | fields
    file.write_text(json.dumps({key: item for key, item in value.items() if item is not ...}))
