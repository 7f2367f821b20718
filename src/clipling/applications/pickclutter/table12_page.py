"""Table 12 as the paper prints it, each of our cells beside the published one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clipling.applications.pickclutter.table12_jobs import Job
from clipling.report.paper_tables import PaperCell, PaperTable, over_seeds
from clipling.report.published import published
from clipling.workflows.reproduction.matrix import shown

_COLUMNS = {"X_id, Y_id": "seen_id", "X_ood, Y_id": "seen_ood", "X_ood, Y_ood": "unseen_ood"}
_PAPER, _BESIDE = {"accuracy": "accuracy", "F1": "f1"}, {"precision": "precision", "recall": "recall"}


def written(jobs: Sequence[Job], rows: Sequence[str], notes: tuple[str, ...]) -> list[PaperTable]:
    """The paper's table, with notes below, and the one of precision and recall beside it."""
    found = {(job.recipe, job.seed): job.measures() for job in jobs}

    def cell(row: str, what: str, measure: str, column: str) -> PaperCell:
        key = f"{_COLUMNS[column]}/{measure}"
        numbers = [
            over_seeds(
                {
                    seed: both[after][key] * 100
                    for (name, seed), both in found.items()
                    if name == row and key in both[after]
                }
            )
            for after in (0, 1)
        ]
        return PaperCell(tuple(numbers), published(f"table12/{row}", f"{what}: {column}"))

    def table(title: str, measures: dict[str, str], notes: tuple[str, ...]) -> PaperTable:
        columns = [(what, measure, column) for what, measure in measures.items() for column in _COLUMNS]
        cells = tuple((row, tuple(cell(row, *column) for column in columns)) for row in rows)
        return PaperTable(title, tuple(f"{what}: {column}" for what, _, column in columns), cells, notes=notes)

    legend = (
        "Zero-shot / after few shots, in %. X_id: scenes of seen objects only; X_ood: scenes of seen and unseen ones. "
        "Y_id: the seen objects are asked for; Y_ood: the unseen ones. In brackets: as published (arXiv 2307.03135 v1)."
    )
    return [
        table("Table 12: overall accuracy, and F1 over the objects present", _PAPER, (legend, *notes)),
        table("Precision and recall", _BESIDE, ()),
    ]


def conditions(
    options: dict[str, Any], later: dict[str, Any], shots: int, seeds: Sequence[int], scenes: dict[str, int]
) -> str:
    """Under which conditions our numbers came about; `scenes` are as in results.json, empty before the first run."""
    measured = "trained on {train} scenes, measured on {id} (X_id) and {ood} (X_ood); " if scenes else ""
    return (
        f"Ours: {options['student']} at {options['image_size']} px, {options['epochs']} epochs of "
        f"{options['optimizer']} at {options['lr']:g} ({options['schedule']}) in batches of {options['batch_size']}, "
        f"{options['prompt'] or 'no'} learned vectors, teacher {shown(options['teacher'])}; {shots} shots, "
        f"{later['epochs']} epochs at {later['lr']:g}; {measured.format(**scenes)}"
        f"seeds {', '.join(map(str, seeds))}, mean ± standard deviation."
    )


def floor(files: dict[str, Path], seen: Sequence[str], unseen: Sequence[str]) -> str:
    """What the same answer to every question reaches in each place: the floor under the table."""
    import torch  # not for --help

    from clipling.applications.pickclutter.episodes import Episodes
    from clipling.applications.pickclutter.measures import without_looking

    labels = {part: Episodes(files[part]).labels().values() for part in ("id", "ood")}
    reached = []
    for part, names in (("id", seen), ("ood", seen), ("ood", unseen)):
        there = [[name in scene for name in names] for scene in labels[part]]
        reached.append(without_looking(torch.tensor(there, dtype=torch.bool)))
    accuracy, f1 = (
        ", ".join(f"{100 * one[name]:.1f}" if name in one else "–" for one in reached) for name in ("accuracy", "f1")
    )
    return (
        f"Without looking, in the order of the columns: no to everything has an accuracy of {accuracy}, "
        f"yes to everything an F1 of {f1}."
    )
