"""A job behind Table 12: one row with one seed, and how long it will take. No torch here."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from clipling.applications.pickclutter.fewshot import fewshot
from clipling.applications.pickclutter.settings import Settings
from clipling.applications.pickclutter.train import train
from clipling.contracts.errors import InputError
from clipling.files import hash_file, read_json
from clipling.report.journal import read_epochs
from clipling.report.measures import duration
from clipling.workflows.distill import anywhere
from clipling.workflows.reproduction.matrix import shown
from clipling.workflows.run import Run, differences
from clipling.workflows.settings import plain


@dataclass(frozen=True)
class Job:
    """One row with one seed: a training and its few shots."""

    recipe: str
    seed: int
    place: Run
    options: dict[str, Any]
    """Of `train`, but for recipe, seed and place."""
    shots: Path
    few: int | None
    few_shot: dict[str, Any]
    """Of `fewshot`, but for the scenes to show."""

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.place.folder.name

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not finished."""
        parts = {"training": self.place.folder, "few shots": self.place.folder / "fewshot"}
        return tuple(part for part, folder in parts.items() if not (folder / "results.json").exists())

    @property
    def settings(self) -> Settings:
        """Of the training, as far as they change its figures. Raises InputError for numbers that cannot be meant."""
        others = {"seed": self.seed, "pretrained": False, "logger": (), "evaluate_every": 1}
        return Settings(**(self.options | others), recipe=self.recipe, out=self.place.folder)

    def check(self) -> None:
        """Raise InputError for numbers that cannot be meant, and when what is there was made with other settings."""
        training = self.settings
        try:
            replace(training, **self.few_shot)
        except InputError as error:
            raise InputError(f"few shots: {error}") from None
        known = self.options | {"recipe": self.recipe, "seed": self.seed, "teacher": anywhere(self.options["teacher"])}
        shown = self.few_shot | {"shots": self.shots, "scenes": self.few}
        for folder, settings in ((self.place.folder, known), (self.place.folder / "fewshot", shown)):
            if (folder / "config.yaml").exists():
                absolute = {key: v.resolve() if isinstance(v, Path) else v for key, v in settings.items()}
                del absolute["hardware"]  # another machine may go on
                if changes := differences(Run(folder), plain(absolute)):
                    raise InputError(
                        f"{folder}: made with other settings ({changes}); give those, or choose another --out"
                    )

    def carry_out(self) -> None:
        """Do what is missing, from where it stopped."""
        if "training" in self.missing:
            begun = (self.place.folder / "config.yaml").exists()
            train(**self.options, recipe=self.recipe, seed=self.seed, out=self.place.folder, resume=begun)
        fewshot(self.place, self.shots, scenes=self.few, **self.few_shot)

    def as_json(self) -> dict[str, Any]:
        """Recipe, seed, settings, scenes, measures, teacher and machine; of what lies somewhere only the name."""
        zero_shot, few_shot = self.measures()
        parts = {"zero_shot": self.place, "few_shot": Run(self.place.folder / "fewshot")}
        finished = {part: run for part, run in parts.items() if (run.folder / "results.json").exists()}
        return {
            "recipe": self.recipe,
            "seed": self.seed,
            "zero_shot": zero_shot,
            "few_shot": few_shot,
            "scenes": {part: run.results["scenes"] for part, run in finished.items()},
            "settings": {part: _placeless(run.config) for part, run in finished.items()},
            "teacher": _placeless(read_json(self.place.student / "config.json")["teacher"]),
            "environment": read_json(self.place.folder / "environment.json"),
        }

    def measures(self) -> tuple[dict[str, float], dict[str, float]]:
        """Zero-shot and few-shot, as far as they are there."""
        places = (self.place, Run(self.place.folder / "fewshot"))
        first, second = (
            one.result("measures", dict[str, float]) if (one.folder / "results.json").exists() else {} for one in places
        )
        return first, second


def _placeless(values: dict[str, Any]) -> dict[str, Any]:
    """Settings without the folders of this machine: of a file or folder its name alone."""
    told = {key: value for key, value in values.items() if key not in ("out", "hardware", "logger")}
    for key in ("train", "id", "ood", "shots", "descriptions"):
        if told.get(key):
            told[key] = Path(told[key]).name
    return told | {key: shown(told[key]) for key in ("teacher", "spec") if key in told}


def record(jobs: Sequence[Job], files: dict[str, Path], notes: Sequence[str]) -> dict[str, Any]:
    """What table12.json holds: every run behind the table, and the scenes they share, by their hash."""
    return {
        "notes": [*notes],
        "files": {part: {"name": path.name, "sha256": hash_file(path)} for part, path in files.items()},
        "runs": [job.as_json() for job in jobs if any(job.measures())],
    }


def forecast(jobs: Sequence[Job]) -> str:
    """What would run and for about how long, one job a line."""
    from clipling.applications.pickclutter.episodes import Episodes

    scenes = len(Episodes(jobs[0].options["train"]))
    speed, source = _speed(jobs)
    lines, total = [], 0.0
    for job in (one for one in jobs if one.missing):
        trained = {"training": scenes * job.options["epochs"], "few shots": 2 * scenes * job.few_shot["epochs"]}
        seconds = sum(trained[part] for part in job.missing) / speed
        total += seconds
        lines.append(f"{job.name}: {', '.join(job.missing)}; about {duration(seconds)}")
    told = f"at {speed:.0f} scenes/s by {source}; resizing, the teacher's features and measuring come on top"
    return "\n".join([*lines, f"{len(lines)} of {len(jobs)} jobs to do, about {duration(total)}, {told}"])


def _speed(jobs: Sequence[Job]) -> tuple[float, str]:
    """Training scenes a second: the median of the epochs that are logged, else that of a short trial."""
    epochs = [epoch for job in jobs for epoch in read_epochs(job.place.log)]
    if known := sorted(epoch.images_per_second for epoch in epochs if epoch.images_per_second):
        return known[len(known) // 2], f"{len(known)} epochs"
    from clipling.applications.pickclutter.pace import scenes_per_second  # torch loads here

    return scenes_per_second(replace(jobs[0].settings, recipe="cls+im_cst")), "a short trial"
