"""How far the space of a finished student agrees with its teacher's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from clipling.locks import held_run
from clipling.training.config import Caching
from clipling.workflows.run import AnyRun, Run


@dataclass(frozen=True)
class Coherence:
    """What results.json holds under `coherence`, and how many images each part of it has."""

    run: Run
    parts: dict[str, dict[str, Any]]
    images: dict[str, int]

    def __rich__(self) -> Table:
        """What a terminal shows."""
        table = Table("", *self.parts, title=str(self.run.folder / "results.json"), title_justify="left")
        table.add_row("images", *(f"{self.images[part]:,}" for part in self.parts))
        columns = [_flat(measured) for measured in self.parts.values()]
        for key in dict.fromkeys(key for column in columns for key in column):
            table.add_row(key, *(f"{column[key]:.3f}" if key in column else "" for column in columns))
        return table


def coherence(
    run: AnyRun,
    *,
    data: Path | str | None = None,
    hardware: Caching = Caching(),  # noqa: B008  frozen
) -> Coherence:
    """Compare the space of a run's student with its teacher's, on training, seen and unseen images.

    m_rel: share of images whose nearest teacher feature is their own. m_neigh: share of an image's 3, 5 and 10 nearest
    images that are so in both spaces. m_vlalign: reversed pairs among the teacher's 2, 3 and 5 nearest texts. mse and
    degrees: mean squared distance between the features, and its angle. Written to results.json and the page of the run.

    Parameters
    ----------
    run
        Folder of a finished run; its shipped weights are measured, on centre crops.
    data
        Where the images are now, if they have moved.
    hardware
        Where it runs.

    """
    from clipling.workflows.distillation.spaces import measure_coherence  # torch loads here, not for --help

    run = run if isinstance(run, Run) else Run(Path(run))
    _ = run.results  # an unfinished run is refused here
    with held_run(run.folder):
        parts, images = measure_coherence(run, Path(data) if data else None, hardware)
    return Coherence(run, parts, images)


def _flat(measured: dict[str, Any]) -> dict[str, float]:
    """`m_neigh` at 3, 5, 10 as rows of their own."""
    flat: dict[str, float] = {}
    for key, value in measured.items():
        flat |= {f"{key} {k}": inner for k, inner in value.items()} if isinstance(value, dict) else {key: value}
    return flat
