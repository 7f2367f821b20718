"""Measure the shipped weights of a run again."""

from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

from clipling.report.agreement import read_agreement
from clipling.report.fields import numbers
from clipling.training.config import Caching
from clipling.workflows.run import AnyRun, as_run
from clipling.workflows.settings import Settings


@dataclass(frozen=True)
class Evaluated:
    """The accuracies of the shipped weights, measured now, and as results.json has them.

    Of a student of images without classes, its agreement with the teacher takes their place.
    """

    accuracy: dict[str, float]
    recorded: dict[str, float]
    agreement: dict[str, float] = field(default_factory=dict)

    @property
    def repeated(self) -> bool:
        """Whether the recorded figures came out again, exactly."""
        return (self.accuracy or self.agreement) == self.recorded

    @property
    def exit_status(self) -> int:
        """1 when they did not."""
        return 0 if self.repeated else 1

    def __rich__(self) -> Table:
        """What a terminal shows."""
        verdict = "exactly as recorded" if self.repeated else "not as recorded: other images, or another processor?"
        what, form = ("accuracy", ".2%") if self.accuracy else ("agreement with the teacher", ".4f")
        table = Table(what, "now", "in results.json", title=verdict, title_justify="left")
        for key, value in (self.accuracy or self.agreement).items():
            table.add_row(key, f"{value:{form}}", f"{self.recorded[key]:{form}}" if key in self.recorded else "")
        return table


def evaluate(
    run: AnyRun,
    *,
    data: Path | str | None = None,
    hardware: Caching = Caching(),  # noqa: B008  frozen
) -> Evaluated:
    """Measure the shipped weights of a run from its bundle; repeats `accuracy_bundle` of its results.json.

    Of images without classes it repeats `agreement` of the bundle with its teacher, for which that may be loaded.

    Parameters
    ----------
    run
        Folder of a finished run, or of one draw of `clipling fewshot`.
    data
        Where the images are now, if they have moved.
    hardware
        Where it runs; figures are exact on the processor they were made on.

    """
    from clipling.workflows.distillation.agreement import agreement_of_bundle  # torch loads here, not for --help
    from clipling.workflows.distillation.measurement import accuracy_of_bundle
    from clipling.workflows.few_shots.examination import accuracies_of_draw

    run, place = as_run(run), Path(data) if data else None
    results = run.results  # an unfinished run is refused here, and below that of another verb
    if Settings.from_record(run.config, run.folder / "config.yaml").unlabelled:
        found = read_agreement(run.folder / "results.json", results.get("agreement"))
        return Evaluated({}, found.bundle if found else {}, agreement_of_bundle(run, place, hardware))
    recorded = numbers(run.folder / "results.json", "accuracy_bundle", results.get("accuracy_bundle"), at_most=1)
    measure = accuracies_of_draw if "shots" in run.config else accuracy_of_bundle
    measured = measure(run, place, hardware)
    return Evaluated(numbers(run.folder, "accuracy", measured), recorded)
