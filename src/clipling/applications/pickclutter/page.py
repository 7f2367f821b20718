"""The report of a training on scenes: `report.html`, one file that needs nothing else, as that of every other run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from clipling.applications.pickclutter.episodes import Episodes, Observation
from clipling.applications.pickclutter.objects import spoken_name
from clipling.applications.pickclutter.picker import Picker
from clipling.applications.pickclutter.pictures import telling
from clipling.applications.pickclutter.settings import THRESHOLD
from clipling.applications.pickclutter.train import MEASURES, PARTS
from clipling.files import read_json, write_text
from clipling.report import fields
from clipling.report.contact import data_uri
from clipling.report.figures import Bar, Chart, Curve, accuracy_points, bar_chart, curve_chart, loss_chart
from clipling.report.journal import Epoch, read_epochs
from clipling.report.measures import percent
from clipling.report.page import flat, pace, render
from clipling.workflows.reproduction.matrix import shown
from clipling.workflows.run import Run

_SCENES = 4
_LOOKS = 8
"""Names that are drawn for each scene."""
_SIDE = 160
_COLOURS = {"seen_id": "seen", "seen_ood": "s3", "unseen_ood": "unseen"}


@dataclass(frozen=True)
class Look:
    """One name in one scene: its score, whether the object is there, and where it was looked for (a data URI)."""

    name: str
    score: float
    there: bool
    picture: str

    @property
    def said(self) -> bool:
        """Whether the student says it is there."""
        return self.score > THRESHOLD


@dataclass(frozen=True)
class Scene:
    """One scene, some names asked for in it, and every one that is there."""

    name: str
    present: tuple[str, ...]
    looks: tuple[Look, ...]


def write_page(run: Run) -> Path:
    """Write `report.html` into the folder of a finished run and return its path.

    Scenes are read from the files that the run's settings name; where they are gone the page says so. Raises InputError
    when `run` is not finished or its files are damaged.
    """
    write_text(run.page, render("report.html", Path(__file__).parent, **_content(run)))
    return run.page


def _content(run: Run) -> dict[str, Any]:
    path, results, config = run.folder / "results.json", run.results, run.config
    measures, bundle, floor, before = (
        fields.numbers(path, field, results.get(field), at_most=1.0)
        for field in ("measures", "measures_bundle", "without_looking", "before")
    )
    epochs = read_epochs(run.log)
    environment = fields.mapping(path, "environment.json", read_json(run.folder / "environment.json"))
    pictured = Path(str(config.get("ood") or config.get("id") or ""))
    return {
        "name": f"{run.folder.parent.name}/fewshot" if "shots" in config else run.folder.name,
        "lead": lead(bundle, floor),
        "facts": {
            "recipe": config["recipe"],
            "student": f"{config['student']} at {config['image_size']} px",
            "teacher": shown(str(config["teacher"])),
            "scenes": _counted(fields.mapping(path, "scenes", results.get("scenes"))),
            "seed": str(results.get("seed")),
            **pace(epochs, "scenes"),
        },
        "parts": {part: title for part, title in PARTS.items() if f"{part}/accuracy" in bundle},
        "measured": MEASURES,
        "mean": measures,
        "shipped": bundle,
        "floor": floor,
        "before": before,
        "averaged": results.get("epochs_averaged"),
        "bars": _bars(bundle, floor),
        "curves": [chart for chart in (_curves(epochs), loss_chart(epochs)) if chart],
        "objects": _objects(path, results),
        "scenes": pictures(run, pictured) if pictured.is_file() else [],
        "pictured": pictured.name,
        "settings": flat(config),
        "environment": flat(environment),
    }


def lead(bundle: Mapping[str, float], floor: Mapping[str, float]) -> str:
    """The run in one sentence, told by its shipped weights: of unseen objects, or of the seen without others."""
    part = next((part for part in reversed(PARTS) if f"{part}/accuracy" in bundle), None)
    if part is None:
        return "Nothing was measured: this run had no scenes to measure on."
    objects = "objects it never saw" if part == "unseen_ood" else "the objects it was trained on"
    right = _beside(f"{part}/accuracy", bundle, floor, "no")
    told = f"Asked for {objects}, this student is right in {right} of its answers"
    if f"{part}/f1" in bundle:
        told += f", with an F1 of {_beside(f'{part}/f1', bundle, floor, 'yes')}"
    return f"{told}."


def _beside(key: str, bundle: Mapping[str, float], floor: Mapping[str, float], said: str) -> str:
    beside = f" (saying {said} to everything: {percent(floor[key])})" if key in floor else ""
    return f"{percent(bundle[key])}{beside}"


def _counted(scenes: Mapping[str, Any]) -> str:
    words = {"train": "to train on", "shots": "shown as shots", "id": "of seen objects", "ood": "of all objects"}
    return ", ".join(f"{scenes[part]} {word}" for part, word in words.items() if part in scenes)


def _bars(bundle: Mapping[str, float], floor: Mapping[str, float]) -> list[Chart]:
    charts = []
    for measure, title in (("f1", "F1 of the shipped student"), ("accuracy", "Accuracy of the shipped student")):
        bars = [
            Bar(name, bundle[f"{part}/{measure}"], _COLOURS[part], chance=floor.get(f"{part}/{measure}"))
            for part, name in PARTS.items()
            if f"{part}/{measure}" in bundle
        ]
        if bars:
            charts.append(bar_chart(bars, key=measure, title=title))
    return charts


def _curves(epochs: Sequence[Epoch]) -> Chart | None:
    curves = [Curve(PARTS[part], accuracy_points(epochs, f"{part}/f1"), colour) for part, colour in _COLOURS.items()]
    return curve_chart(curves, key="curves", title="F1", fractions=True)


def _objects(path: Path, results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each object in each place, the unseen ones first, the hardest first."""
    rows = []
    for part, found in fields.mapping(path, "objects", results.get("objects")).items():
        for model_id, value in fields.mapping(path, f"objects.{part}", found).items():
            numbers = fields.numbers(path, f"objects.{part}.{model_id}", value)
            rows.append({"name": spoken_name(model_id), "part": part, **numbers})
    order = [*reversed(PARTS)]
    return sorted(rows, key=lambda row: (order.index(row["part"]), row.get("recall", 2.0), row["name"]))


def pictures(run: Run, path: Path) -> list[Scene]:
    """The last scenes of a file, chosen by their place alone, as the shipped student sees them."""
    episodes, picker = Episodes(path), Picker.load(run.student)
    return [_scene(picker, episodes[place]) for place in range(len(episodes))[-_SCENES:]]


def _scene(picker: Picker, seen: Observation) -> Scene:
    scores, present = picker.look(seen), tuple(spoken_name(one) for one in seen.objects)
    looks = (
        Look(name, scores[name], name in present, data_uri(looked(seen, picker.where(name))))
        for name in telling(scores, present, _LOOKS)
    )
    return Scene(seen.name, present, tuple(looks))


def looked(seen: Observation, heat: Tensor) -> Image.Image:
    """Both cameras' pictures side by side under the map of where it was looked, bright where most."""
    from matplotlib import colormaps

    level = np.asarray(heat, np.float32)
    level = (level - level.min()) / max(float(np.ptp(level)), 1e-12)
    glow = Image.fromarray((colormaps["inferno"](level)[..., :3] * 255).astype(np.uint8))
    glow = glow.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    both = Image.new("RGB", (2 * _SIDE, _SIDE))
    for place, rgb in enumerate((seen.base_rgb, seen.hand_rgb)):
        picture = Image.fromarray(np.asarray(rgb)).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        both.paste(Image.blend(picture, glow, 0.4), (place * _SIDE, 0))
    return both
