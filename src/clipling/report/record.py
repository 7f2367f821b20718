"""A finished run, read from its folder: figures, settings, environment, labels and epochs as one typed record.

Only files are read, no weights: a run made on another machine, or by an older torch, reads the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from clipling import files
from clipling.contracts.errors import InputError
from clipling.contracts.records import refuse_retrieval
from clipling.report import fields
from clipling.report.agreement import Agreement, read_agreement, read_labels
from clipling.report.journal import Epoch, read_epochs

SCHEMA = 1
_RUN_FILES = ("config.yaml", "log.jsonl", "checkpoints", "environment.json")


@dataclass(frozen=True)
class ClassLabel:
    """A class the student knows: its folder's name, the name people read, and whether it was trained on."""

    label: str
    name: str
    seen: bool


@dataclass(frozen=True)
class Confusion:
    """A class taken for another one: `count` images of `label`, which is a `share` of them in [0, 1]."""

    part: str
    label: str
    predicted: str
    count: int
    share: float


@dataclass(frozen=True)
class RunRecord:
    """What a finished run left behind.

    `accuracy` is the mean of the last `epochs_averaged` epochs and `accuracy_std` its standard deviation over them,
    `accuracy_bundle` belongs to the shipped weights and `intervals` are its 95 % bounds. Accuracies are fractions in
    [0, 1] under flat keys (`id`, `ood_zero_shot`, `ood_few_shot/5` ...); what was not measured is absent.
    """

    folder: Path
    config: dict[str, Any]
    environment: dict[str, Any]
    classes: tuple[ClassLabel, ...]
    epochs: tuple[Epoch, ...]
    accuracy: dict[str, float]
    accuracy_std: dict[str, float]
    accuracy_bundle: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    teacher: dict[str, float]
    teacher_kept: dict[str, float]
    coherence: dict[str, dict[str, float]]
    per_class: dict[str, float]
    confused: tuple[Confusion, ...]
    seed: int | None
    epochs_averaged: int | None
    skipped: tuple[str, ...] = ()
    """Images that could not be read and were left out."""
    agreement: Agreement | None = None
    """With the teacher, where images have no classes."""
    pseudo_labels: dict[str, float] = field(default_factory=dict)
    """How many `images` `of` how many had the teacher's answer among so many `names` for a label, being so `sure`."""

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    @property
    def recipe(self) -> str:
        """The recipe's name; the folder's name where the settings do not tell it."""
        return self._setting("recipe", "name") or self.name

    @property
    def student(self) -> str:
        """The student's architecture."""
        return self._setting("student", "architecture") or "student"

    @property
    def teacher_name(self) -> str:
        """The teacher as it was asked for; of a local folder only its name, as pages travel."""
        asked = self._setting("teacher", "name") or "teacher"
        return f"local-dir:{PurePath(asked).name}" if asked.startswith("local-dir:") else asked

    @property
    def data_root(self) -> Path | None:
        """Where the images lay when the run was made; None where the settings do not tell."""
        root = self._setting("data", "root")
        return Path(root) if root else None

    @property
    def unlabelled(self) -> bool:
        """Whether it was trained on images without classes."""
        return self.config.get("unlabelled") is True

    @property
    def unseen(self) -> tuple[ClassLabel, ...]:
        """The classes that were never trained on."""
        return tuple(item for item in self.classes if not item.seen)

    @property
    def names(self) -> dict[str, str]:
        """The name people read, by class."""
        return {item.label: item.name for item in self.classes}

    def _setting(self, field: str, inner: str) -> str:
        """A setting given as a text, or as a group of settings with its own name inside."""
        value = self.config.get(field)
        value = value.get(inner) if isinstance(value, Mapping) else value
        return str(value) if value is not None else ""


def read_run(folder: Path) -> RunRecord:
    """The record of the finished run in `folder`.

    Raises InputError when the folder is no run, when the run is unfinished, or when its results have another schema.
    """
    path = _results_of(folder)
    results = fields.mapping(path, "results", files.read_json(path))
    if results.get("schema") != SCHEMA:
        raise InputError(
            f"{path}: 'schema' is {results.get('schema')!r}, this version of clipling reads {SCHEMA}; "
            "read the run with the version that made it"
        )
    averaged, seed = results.get("epochs_averaged"), results.get("seed")
    coherence = fields.mapping(path, "coherence", results.get("coherence"))
    config = _read_config(folder / "config.yaml")
    refuse_retrieval(config, folder)
    return RunRecord(
        folder=folder,
        config=config,
        environment=_optional(folder / "environment.json"),
        classes=_read_labels(folder / "student" / "labels.json"),
        epochs=read_epochs(folder / "log.jsonl"),
        accuracy=fields.numbers(path, "accuracy", results.get("accuracy"), at_most=1.0),
        accuracy_std=fields.numbers(path, "accuracy_std", results.get("accuracy_std"), at_most=1.0),
        accuracy_bundle=fields.numbers(path, "accuracy_bundle", results.get("accuracy_bundle"), at_most=1.0),
        intervals=_intervals(path, results.get("intervals")),
        teacher=fields.numbers(path, "teacher", results.get("teacher"), at_most=1.0),
        teacher_kept=fields.numbers(path, "teacher_kept", results.get("teacher_kept")),
        coherence={part: fields.numbers(path, f"coherence.{part}", value) for part, value in coherence.items()},
        per_class=fields.numbers(path, "per_class", results.get("per_class"), at_most=1.0),
        confused=_confused(path, results.get("confused")),
        seed=None if seed is None else int(fields.number(path, "seed", seed)),
        epochs_averaged=None if averaged is None else int(fields.number(path, "epochs_averaged", averaged)),
        skipped=tuple(_optional(folder / "skipped.json")),
        agreement=read_agreement(path, results.get("agreement")),
        pseudo_labels=read_labels(path, results.get("pseudo_labels")),
    )


def _results_of(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected the folder of a run (`--out` of `clipling distill`)")
    path = folder / "results.json"
    if path.exists():
        return path
    if any((folder / name).exists() for name in _RUN_FILES):
        raise InputError(
            f"{folder}: this run is unfinished, it has no results.json; "
            f"`clipling distill ... --out {folder} --resume` finishes it"
        )
    raise InputError(
        f"{folder}: is no run, it holds neither results.json nor config.yaml; "
        "expected the folder that was given as `--out` to `clipling distill`"
    )


def _optional(path: Path) -> dict[str, Any]:
    """The mapping in a file that a run may lack."""
    return fields.mapping(path, path.stem, files.read_json(path)) if path.exists() else {}


def _read_config(path: Path) -> dict[str, Any]:
    return fields.mapping(path, "config", files.read_yaml(path))


def _read_labels(path: Path) -> tuple[ClassLabel, ...]:
    if not path.exists():
        raise InputError(f"{path}: no such file; expected a run of `clipling distill`")
    labels = []
    for place, value in enumerate(fields.items(path, "labels", files.read_json(path)), 1):
        row = fields.mapping(path, f"row {place}", value)
        label = fields.text(path, f"row {place}: class", row.get("class"))
        labels.append(ClassLabel(label, str(row.get("name") or label), bool(row.get("seen", True))))
    return tuple(labels)


def _intervals(path: Path, value: Any) -> dict[str, tuple[float, float]]:
    intervals = {}
    for measure, bounds in fields.mapping(path, "intervals", value).items():
        ends = [
            fields.number(path, f"intervals.{measure}", end, at_most=1.0) for end in fields.items(path, measure, bounds)
        ]
        if len(ends) != 2:
            raise InputError(f"{path}: 'intervals.{measure}' is {bounds!r}, expected two numbers: [low, high]")
        intervals[measure] = (ends[0], ends[1])
    return intervals


def _confused(path: Path, value: Any) -> tuple[Confusion, ...]:
    pairs = []
    for place, item in enumerate(fields.items(path, "confused", value), 1):
        row = fields.mapping(path, f"confused row {place}", item)
        part, label, predicted = (
            fields.text(path, f"confused row {place}: {key}", row.get(key)) for key in ("part", "class", "predicted")
        )
        count = int(fields.number(path, f"confused row {place}: count", row.get("count")))
        pairs.append(
            Confusion(part, label, predicted, count, fields.number(path, "share", row.get("share"), at_most=1.0))
        )
    return tuple(pairs)
