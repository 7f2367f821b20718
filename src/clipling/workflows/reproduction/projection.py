"""Images of unseen classes among their texts, as several students see them (Figure 2b)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from clipling.contracts.errors import InputError
from clipling.evaluation.projection import project
from clipling.files import write_json
from clipling.report.space import Panel, figure2b
from clipling.training.config import Hardware
from clipling.workflows.distillation.spaces import RunSpace, encode_run
from clipling.workflows.run import AnyRun, as_run

CLASSES = 10


def draw_runs(
    runs: Mapping[str, AnyRun],
    out: Path | str,
    *,
    data: Path | None = None,
    classes: int = CLASSES,
    seed: int = 0,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
) -> list[Path]:
    """Write figure2b.json, .svg and .png to `out`: one plane per run, under the titles that are the keys of `runs`.

    The classes shown are spread evenly over the unseen ones, in their order, so that no result chooses them.
    Raises InputError when the runs do not have the same unseen classes, or none.
    """
    spaces = {title: encode_run(as_run(run), data, hardware, parts=("ood",)) for title, run in runs.items()}
    unseen = {title: space.inputs.split.unseen_classes for title, space in spaces.items()}
    first, *others = unseen.values()
    if not first or any(other != first for other in others):
        counts = ", ".join(f"{len(labels)} in '{title}'" for title, labels in unseen.items())
        raise InputError(f"unseen classes: {counts}; expected the same ones in every run, and at least one")
    shown = [first[place * len(first) // min(classes, len(first))] for place in range(min(classes, len(first)))]
    panels = [_panel(title, space, shown, seed) for title, space in spaces.items()]
    names = next(iter(spaces.values())).inputs.names
    out = Path(out)
    record = {"classes": shown, "seed": seed, "panels": {panel.title: panel.as_json() for panel in panels}}
    write_json(out / "figure2b.json", {"schema": 1, **record})
    return [out / "figure2b.json", *figure2b(panels, [names[label] for label in shown], out / "figure2b")]


def _panel(title: str, space: RunSpace, shown: Sequence[str], seed: int) -> Panel:
    split, place = space.inputs.split, {label: row for row, label in enumerate(shown)}
    labels = [place.get(split.labels[file], -1) for file in split.ood]
    kept = torch.tensor(labels) >= 0
    texts = space.text("ood")[[split.unseen_classes.index(label) for label in shown]]
    plane = project(space.student["ood"][kept], texts, seed=seed)
    return Panel(title, plane.images.tolist(), [label for label in labels if label >= 0], plane.texts.tolist())
