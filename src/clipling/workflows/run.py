"""A run: the folder that distilling leaves behind."""

import shutil
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import yaml
from cyclopts import Parameter

from clipling.contracts.conform import conform
from clipling.contracts.errors import InputError
from clipling.contracts.system import disk_trouble_named
from clipling.files import abandoned, read_json, read_yaml, write_text
from clipling.recipes import Recipe
from clipling.report.fields import mapping
from clipling.workflows.settings import plain

DRAWS = "fewshot"
"""The folder of a run that its few-shot draws lie in, each with the files of a run."""
_FREE_TO_DIFFER = {"hardware", "logger", "out", "features", "guards"}


@dataclass(frozen=True)
class Run:
    """Where everything of one run lies."""

    folder: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))  # a text, in Python

    @property
    def config(self) -> dict[str, Any]:
        """The complete settings, as `clipling distill --config` reads them."""
        path = self.folder / "config.yaml"
        if not path.exists():
            raise InputError(
                f"{self.folder}: no run (it has no config.yaml); give the folder that was a training's --out"
            )
        return mapping(path, "the content", read_yaml(path))

    @property
    def results(self) -> dict[str, Any]:
        """The content of results.json."""
        path = self.folder / "results.json"
        if not path.exists():
            _ = self.config  # refused as no run at all, where it is none
            raise InputError(f"{self.folder}: not finished; give the command that began it once more, with --resume")
        return mapping(path, "the content", read_json(path))

    def setting(self, name: str, kind: Any) -> Any:
        """One of the settings, of that type. Raises InputError, naming the file and the setting, for another one."""
        return conform(kind, self.config.get(name), f"{self.folder / 'config.yaml'}: {name}")

    def result(self, name: str, kind: Any) -> Any:
        """One of the results, of that type. Raises InputError, naming the file and the result, for another one."""
        return conform(kind, self.results.get(name), f"{self.folder / 'results.json'}: {name}")

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do; the report is what a run writes last."""
        return (self.folder / "results.json").exists() and self.page.exists()

    @property
    def page(self) -> Path:
        """The report."""
        return self.folder / "report.html"

    @property
    def student(self) -> Path:
        """The bundle: what ships."""
        return self.folder / "student"

    @property
    def log(self) -> Path:
        """One row per epoch."""
        return self.folder / "log.jsonl"

    @property
    def checkpoints(self) -> Path:
        """What a resumed run starts from."""
        return self.folder / "checkpoints"

    @property
    def skipped(self) -> Path:
        """Images of the split that could not be read, with the reason."""
        return self.folder / "skipped.json"

    @property
    def begun(self) -> Path:
        """The teacher's weights, the texts and the captions that the run was begun with."""
        return self.folder / "begun.json"

    @property
    def split(self) -> Path:
        """The split of this run: the lists themselves, whoever made them."""
        return self.folder / "split"


AnyRun = Annotated[Run | Path | str, Parameter(accepts_keys=False)]
"""A run, or its folder, which is all that a command line can give."""


def as_run(run: AnyRun) -> Run:
    """The run itself; of a folder, with its whole path."""
    return run if isinstance(run, Run) else Run(Path(run).resolve())


def check_place(out: Path, config: dict[str, Any], *, resume: bool, overwrite: bool) -> None:
    """Raise InputError unless `open_run` would open a run in `out`; nothing is written or removed."""
    if resume and overwrite:
        raise InputError("--resume continues a run, --overwrite discards it; give one of them")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: a file of that name is in the way; choose another --out")
    started = (out / "config.yaml").exists()
    if not started and out.is_dir() and {*out.iterdir()} - {*abandoned(out)}:
        raise InputError(f"{out}: not empty, and no run of Clipling's; choose another --out")
    if not started and resume:
        raise InputError(
            f"{out}: holds no run to resume; check --out, or leave --resume out to start one "
            "(features and images prepared so far are found again)"
        )
    if started and resume:
        _check_same(Run(out), config)
    elif started and not overwrite:
        raise InputError(f"{out}: holds a run already; --resume continues it, --overwrite discards it")


def open_run(out: Path, config: dict[str, Any], *, resume: bool, overwrite: bool) -> Run:
    """The run in `out`: a new one, one to go on with (`resume`), or one in place of another (`overwrite`).

    Raises InputError when something stands there that neither word allows to touch, or the settings are not those of
    the run to be resumed.
    """
    check_place(out, config, resume=resume, overwrite=overwrite)
    if not resume:
        if (out / "config.yaml").exists():
            _discard(out)
        write_config(Run(out), config)
    return Run(out)


def write_config(run: Run, config: dict[str, Any]) -> None:
    """Write config.yaml, which says that the folder is a run."""
    write_text(run.folder / "config.yaml", yaml.safe_dump(config, sort_keys=False, allow_unicode=True))


def differences(run: Run, config: dict[str, Any]) -> str:
    """Which of these settings are not those of the run, but for what is free to differ; empty when all are."""
    before = run.config
    wanted = yaml.safe_load(yaml.safe_dump(config))
    for name in wanted.keys() & before.keys():
        before[name] = _completed(name, before[name], wanted[name])
    differing = [key for key in wanted if key not in _FREE_TO_DIFFER and wanted[key] != before.get(key)]
    return "; ".join(f"{key}: {before.get(key)} in the run, {wanted[key]} now" for key in differing)


def _completed(name: str, before: Any, wanted: Any) -> Any:
    """A group of a recipe's settings as it was, with the default of each that a version since then has added."""
    kind: Any = get_type_hints(Recipe).get(name)
    if not (isinstance(before, dict) and isinstance(wanted, dict) and is_dataclass(kind)):
        return before
    usual = plain({field.name: field.default for field in fields(kind)})
    return {key: usual[key] for key in wanted if key in usual} | before


def _check_same(run: Run, config: dict[str, Any]) -> None:
    if changes := differences(run, config):
        raise InputError(
            f"{run.folder}: cannot resume with other settings ({changes}); "
            "give those it was begun with, or discard it with --overwrite"
        )


def _discard(out: Path) -> None:
    with disk_trouble_named(out):
        for entry in sorted(
            out.iterdir(), key=lambda entry: entry.name == "config.yaml"
        ):  # last: it says this is a run
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
