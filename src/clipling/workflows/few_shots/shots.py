"""What a few-shot experiment leaves behind, and where: a folder for each draw inside the run that it started from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any, Literal

from rich.table import Table

from clipling.contracts.conform import conform
from clipling.contracts.errors import InputError, refuse_below
from clipling.files import write_json
from clipling.report.page import write_report
from clipling.workflows.run import DRAWS, Run, check_place, differences
from clipling.workflows.settings import RECIPE_OPTIONS, Settings

Method = Literal["finetune", "retrieval"]
"""How shots are used: to train the student on, or to be compared with."""
PARTS = {
    "id": "seen classes",
    "ood": "unseen classes",
    "ood1": "unseen classes, the half with shots",
    "ood2": "unseen classes, the half without",
}
"""What is measured before and after, each among its own classes."""

_TIMES = ("before", "after")


def as_run_accuracies(parts: Mapping[str, float], shots: int) -> dict[str, Any]:
    """The accuracies of a draw's parts by the names that they have among the results of a run."""
    names = {"id": "id", "ood2": "ood_zero_shot"}
    plain: dict[str, Any] = {names[part]: value for part, value in parts.items() if part in names}
    few = parts.get("ood", parts.get("ood1"))
    return plain if few is None else plain | {"ood_few_shot": {str(shots): few}}


@dataclass(frozen=True)
class Experiment:
    """One few-shot experiment on a finished run, whatever the draw. settings: the training of the run turned to it."""

    run: Run
    settings: Settings
    method: Method
    shots: int
    half: bool

    def name(self, draw: int | str) -> str:
        """Of the folder of a draw."""
        return f"{self.method}-{self.shots}{'-half' if self.half else ''}-draw{draw}"

    def place(self, draw: int) -> Run:
        """The folder of a draw; it has the files of a run."""
        return Run(self.run.folder / DRAWS / self.name(draw))

    def record(self, draw: int) -> dict[str, Any]:
        """Everything that decides the figures of a draw, as plain values by name."""
        training = self.settings.record()
        kept = ["teacher", "student", "image_size", "seed", "recipe"]
        if self.method == "finetune":
            kept += [*RECIPE_OPTIONS, "hardware"]
        asked = {"shots": self.shots, "method": self.method, "half": self.half, "draw": draw}
        return asked | {name: training[name] for name in kept}

    def config(self, draw: int) -> dict[str, Any]:
        """What a draw's config.yaml holds: its record, and where all that it was made of lies."""
        place = self.place(draw)
        trained = replace(self.settings, out=place.folder, split=place.split)
        return (trained.record() if self.method == "finetune" else {}) | self.record(draw)

    def started(self, draw: int) -> bool:
        """Whether there is anything of that draw."""
        return (self.place(draw).folder / "config.yaml").exists()

    def is_done(self, draw: int) -> bool:
        """Whether that draw is finished."""
        return (self.place(draw).folder / "results.json").exists()

    def check(self, draw: int, *, overwrite: bool) -> None:
        """Raise InputError when what is there of a draw was made with other settings, unless it may be replaced."""
        place, started = self.place(draw).folder, self.started(draw)
        check_place(place, self.record(draw), resume=started and not overwrite, overwrite=overwrite)

    def figures(self) -> "FewShotFigures":
        """The figures of every finished draw with these settings."""
        found: dict[int, dict[str, dict[str, float]]] = {}
        for path in self.run.folder.glob(f"{DRAWS}/{self.name('*')}/results.json"):
            place = Run(path.parent)
            draw = place.result("draw", int)
            if not differences(self.place(draw), self.record(draw)):
                found[draw] = {time: place.result(time, dict[str, float]) for time in _TIMES}
        return FewShotFigures(self.run, self.method, self.shots, self.half, dict(sorted(found.items())))

    def publish(self, figures: "FewShotFigures") -> None:
        """Bring the run's own results and page up to date; they tell the mean over draws of all classes, fine-tuned."""
        if self.method != "finetune" or self.half:
            return
        accuracy, mean = self.run.result("accuracy", dict[str, Any]), figures.mean["after"]["ood"]
        few = conform(dict[str, float], accuracy.get("ood_few_shot", {}), "accuracy.ood_few_shot")
        if few.get(str(self.shots)) != mean:
            accuracy["ood_few_shot"] = few | {str(self.shots): mean}
            write_json(self.run.folder / "results.json", self.run.results | {"accuracy": accuracy})
            write_report(self.run.folder)


@dataclass(frozen=True)
class FewShotFigures:
    """Accuracies before the shots and after, by draw; the images shown are in neither.

    draws: of each draw `before` and `after`, each with the keys of `PARTS` that were measured.
    """

    run: Run
    method: Method
    shots: int
    half: bool
    draws: dict[int, dict[str, dict[str, float]]]

    @property
    def mean(self) -> dict[str, dict[str, float]]:
        """Over the draws, as one draw has them."""
        return {time: {part: fmean(values) for part, values in self._values(time).items()} for time in _TIMES}

    @property
    def spread(self) -> dict[str, dict[str, float]]:
        """The standard deviation over the draws; of one draw there is none."""
        several = {time: self._values(time) for time in _TIMES} if len(self.draws) > 1 else {}
        return {time: {part: stdev(values) for part, values in parts.items()} for time, parts in several.items()}

    def _values(self, time: str) -> dict[str, list[float]]:
        measured = [draw[time] for draw in self.draws.values()]
        return {part: [figures[part] for figures in measured] for part in measured[0]}

    def __rich__(self) -> Table:
        """What a terminal shows."""
        which = f"draw{'s' if len(self.draws) > 1 else ''} {', '.join(map(str, self.draws))}"
        title = f"{self.shots} shots a class, {self.method}, {which}" + (", mean ± deviation" if self.spread else "")
        table = Table("accuracy", "before", "after", title=title, title_justify="left")
        for part in self.mean["after"]:
            table.add_row(PARTS[part], *(self._cell(time, part) for time in _TIMES))
        return table

    def _cell(self, time: str, part: str) -> str:
        if part not in self.mean[time]:
            return "–"
        deviation = f" ± {self.spread[time][part]:.2%}" if self.spread else ""
        return f"{self.mean[time][part]:.2%}{deviation}"


def chosen_draws(draw: int | None, draws: int | None) -> Sequence[int]:
    """Which draws are meant: one by its number, or so many from 0 on. Raises InputError for both, or none."""
    if draw is not None and draws is not None:
        raise InputError(f"--draw is {draw} and --draws {draws}; --draw N takes one, --draws N those from 0 on")
    refuse_below(**{"--draw": (draw, 0), "--draws": (draws, 1)})
    return range(draws) if draws is not None else (draw or 0,)
