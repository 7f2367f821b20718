"""Measure the shipped weights of a run again."""

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from clipling.report.fields import numbers
from clipling.training.config import Caching
from clipling.workflows.run import AnyRun, as_run
from clipling.workflows.settings import Settings


@dataclass(frozen=True)
class Evaluated:
    """The accuracies of the shipped weights, measured now, and as results.json has them."""

    accuracy: dict[str, float]
    recorded: dict[str, float]

    @property
    def repeated(self) -> bool:
        """Whether the recorded figures came out again, exactly."""
        return self.accuracy == self.recorded

    @property
    def exit_status(self) -> int:
        """1 when they did not."""
        return 0 if self.repeated else 1

    def __rich__(self) -> Table:
        """What a terminal shows."""
        verdict = "exactly as recorded" if self.repeated else "not as recorded: other images, or another processor?"
        table = Table("accuracy", "now", "in results.json", title=verdict, title_justify="left")
        for key, value in self.accuracy.items():
            table.add_row(key, f"{value:.2%}", f"{self.recorded[key]:.2%}" if key in self.recorded else "")
        return table


def evaluate(
    run: AnyRun,
    *,
    data: Path | str | None = None,
    hardware: Caching = Caching(),  # noqa: B008  frozen
) -> Evaluated:
    """Measure the shipped weights of a run from its bundle; repeats `accuracy_bundle` of its results.json.

    Parameters
    ----------
    run
        Folder of a finished run, or of one draw of `clipling fewshot`.
    data
        Where the images are now, if they have moved.
    hardware
        Where it runs; figures are exact on the processor they were made on.

    """
    from clipling.workflows.distillation.measurement import accuracy_of_bundle  # torch loads here, not for --help
    from clipling.workflows.few_shots.examination import accuracies_of_draw

    run = as_run(run)
    results = run.results  # an unfinished run is refused here, and below that of another verb
    recorded = numbers(run.folder / "results.json", "accuracy_bundle", results.get("accuracy_bundle"), at_most=1)
    _ = Settings.from_record(run.config, run.folder / "config.yaml")
    measure = accuracies_of_draw if "shots" in run.config else accuracy_of_bundle
    measured = measure(run, Path(data) if data else None, hardware)
    return Evaluated(numbers(run.folder, "accuracy", measured), recorded)
