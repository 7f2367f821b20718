"""The record of a run as it goes: `log.jsonl`, and the same numbers to TensorBoard, W&B or MLflow.

The file is written anew, atomically, at each row: it never ends in half a line.
"""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning_fabric.loggers.logger import Logger
from lightning_fabric.loggers.tensorboard import TensorBoardLogger

from clipling.contracts.conform import conform
from clipling.contracts.errors import InputError
from clipling.files import read_jsonl, write_jsonl
from clipling.training.config import LoggerName


class Journal:
    """Rows of `log.jsonl`; epoch rows also go to the loggers, whose runs end with the `with` block of a training."""

    def __init__(self, path: Path, loggers: Sequence[Logger] = ()) -> None:
        self._path = path
        self._loggers = loggers
        self.rows = _read_rows(path) if path.exists() else []

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for logger in self._loggers:
            logger.finalize("failed" if kind else "success")
            if finish := getattr(getattr(logger, "experiment", None), "finish", None):
                finish(exit_code=int(kind is not None))  # W&B's own word, without which the next run logs into this one

    def forget_after(self, epoch: int) -> None:
        """Drop epoch rows past `epoch`: those epochs are about to be repeated."""
        self.rows = [row for row in self.rows if row["event"] != "epoch" or row["epoch"] <= epoch]

    def write(self, event: str, **fields: Any) -> None:
        """Append one row; a number that is not finite, such as a diverged loss, becomes null."""
        self.rows.append({"event": event, **_as_json(fields)})
        write_jsonl(self._path, self.rows)
        if event == "epoch":
            scalars = dict(_flat(fields))
            for logger in self._loggers:
                logger.log_metrics(scalars, step=fields["epoch"])
                logger.save()

    @property
    def epochs(self) -> list[dict[str, Any]]:
        """The epoch rows, in order."""
        return [row for row in self.rows if row["event"] == "epoch"]

    def last_accuracies(self, count: int, what: str = "accuracy") -> list[dict[str, Any]]:
        """What the last `count` of the epochs that were measured found; all of them, if there were fewer.

        Raises InputError when there is none, as in a log that was emptied.
        """
        measured = [row[what] for row in self.epochs if what in row]
        if not measured:
            raise InputError(f"{self._path}: holds no measured epoch; restore it, or begin the run anew")
        return measured[-count:]


def _as_json(value: Any) -> Any:
    """The value with None for numbers that JSON has no word for."""
    if isinstance(value, dict):
        return {name: _as_json(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a log that was written before. Raises InputError, naming the line, for one of another form."""
    rows = read_jsonl(path)
    for number, row in enumerate(rows, 1):
        try:
            fields = conform(dict[str, Any], row, "the row")
            if conform(str, fields.get("event"), "event") == "epoch":
                conform(int, fields.get("epoch"), "epoch")
                conform(dict[str, float], fields.get("accuracy", {}), "accuracy")
        except InputError as error:
            raise InputError(f"{path}: line {number}: {error}; remove that line, or begin the run anew") from None
    return rows


def _flat(fields: dict[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    flat: list[tuple[str, float]] = []
    for key, value in fields.items():
        flat += _flat(value, f"{prefix}{key}/") if isinstance(value, dict) else [(prefix + key, float(value))]
    return flat


def make_loggers(names: Sequence[LoggerName], folder: Path) -> list[Logger]:
    """The loggers of a run in `folder`. Raises InputError when one's package is not installed."""
    return [_make_logger(name, folder) for name in names]


def _make_logger(name: LoggerName, folder: Path) -> Logger:
    if name == "tensorboard":
        return TensorBoardLogger(root_dir=folder, name="tensorboard", version="")
    try:
        from pytorch_lightning.loggers import MLFlowLogger, WandbLogger

        logger: Logger
        if name == "wandb":
            logger = WandbLogger(name=folder.name, save_dir=str(folder), project="clipling")
        else:
            place = os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{folder.resolve() / 'mlflow.db'}")
            logger = MLFlowLogger(experiment_name="clipling", run_name=folder.name, tracking_uri=place)
    except ImportError as error:
        raise InputError(f"logger '{name}' is not installed: pip install 'clipling[{name}]'") from error
    return logger
