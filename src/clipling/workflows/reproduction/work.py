"""Doing the jobs behind a table: what is recorded is passed over, one job that fails does not stop the others."""

import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from typing import Any, TypeVar

from clipling.contracts.errors import InputError
from clipling.contracts.system import system_errors_translated
from clipling.files import read_json
from clipling.locks import locked
from clipling.report import fields
from clipling.report.journal import read_epochs
from clipling.report.records import Record, write_record
from clipling.workflows.reproduction.job import Job
from clipling.workflows.reproduction.parts import PARTS, train_student
from clipling.workflows.run import Run

T = TypeVar("T")


def carry_out(job: Job, out: Path, records: Path) -> str | None:
    """Measure what is missing of a job and record each part once it is there; what went wrong comes back."""
    run = Run(out / job.name)

    def measure_parts() -> None:
        with taken(job, out):
            for name in job.missing(records):
                part = PARTS[name]
                if part.of_student:
                    train_student(job, run)  # at once where it is trained; anew where only its record was kept
                figures = {**job.record(records).figures, name: part.measure(job, run)}
                write_record(job.path(records), _recorded(job, run, figures))

    return failure_of(measure_parts)


def taken(job: Job, out: Path) -> AbstractContextManager[None]:
    """Keep a job to oneself: another command may be making a table with the same job."""
    return locked(out / ".locks" / job.name)


def parts_to_do(job: Job, out: Path, records: Path, *, drawn: bool) -> tuple[str, ...]:
    """The parts that are missing; before them the training, where they or what is `drawn` need a run that is gone."""
    missing = job.missing(records)
    needed = drawn or any(PARTS[part].of_student for part in missing)
    gone = not (out / job.name / "results.json").exists()
    return tuple(dict.fromkeys((*(("student",) if needed and gone else ()), *missing)))


def failure_of(work: Callable[[], None]) -> str | None:
    """Do the work; what went wrong comes back, whatever it is, and other jobs go on. Ctrl-C ends them all."""
    try:
        with system_errors_translated():
            work()
    except InputError as error:
        return str(error)
    except Exception as error:  # such as no memory left; the other jobs may still come out
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"
    return None


def _recorded(job: Job, run: Run, figures: dict[str, dict[str, float]]) -> Record:
    machine = _machine(run) if job.experiment.recipe else {}
    return Record(job.source.name, job.experiment.label, job.seed, job.digest, job.settings, figures, machine)


def _machine(run: Run) -> dict[str, Any]:
    """Where and how fast the student was trained."""
    path = run.folder / "environment.json"
    environment = fields.mapping(path, "the content", read_json(path))
    speeds = [epoch.images_per_second for epoch in read_epochs(run.log) if epoch.images_per_second]
    kept = ("processor", "device", "threads", "precision", "commit", "seconds")
    return {key: environment.get(key) for key in kept} | {"images_per_second": round(median(speeds), 1)}


def each(work: Callable[[T], str | None], items: Sequence[T], gpus: Sequence[str]) -> Iterator[tuple[T, str | None]]:
    """Do the work on every item, and yield each with what it returned: here one after the other, or on every GPU one.

    gpus: names for CUDA_VISIBLE_DEVICES; with fewer than two, everything is done in this process. The work must pickle.
    """
    if len(gpus) < 2:
        for item in items:
            yield item, work(item)
        return
    free = SimpleQueue[str]()
    for gpu in gpus:
        free.put(gpu)
    with ThreadPoolExecutor(len(gpus)) as threads:
        doing = {threads.submit(_elsewhere, work, item, free): item for item in items}
        try:
            for done in as_completed(doing):
                yield doing[done], done.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C nothing more is begun


def _elsewhere(work: Callable[[T], str | None], item: T, free: "SimpleQueue[str]") -> str | None:
    """The work on one item in a process of its own, on a GPU that is free; that it was killed comes back."""
    gpu = free.get()
    try:
        with ProcessPoolExecutor(1, get_context("spawn"), _see, (gpu,)) as process:
            return process.submit(work, item).result()
    except BrokenProcessPool:
        return "its process was killed, as happens where no memory is left; give the command again to go on"
    finally:
        free.put(gpu)


def _see(gpu: str) -> None:
    """Let this process see one GPU only; torch is not loaded yet."""
    os.environ["CUDA_VISIBLE_DEVICES"] = gpu


def visible_gpus(accelerator: str) -> list[str]:
    """The GPUs that jobs may be spread over, by their names for CUDA_VISIBLE_DEVICES."""
    if accelerator == "cpu":
        return []
    import torch

    named = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return named or [str(place) for place in range(torch.cuda.device_count())]


def worker(out: Path, records: Path) -> Callable[[Job], str | None]:
    """The work on one job, fit to be sent to another process."""
    return partial(carry_out, out=out, records=records)
