"""One sentence per class, from a language model or a file, where `--text.descriptions` finds it."""

import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clipling.contracts.errors import InputError, refuse_below, refuse_outside, require, some
from clipling.contracts.limits import WORKERS
from clipling.data.labels import read_class_names, read_description_rows, read_descriptions
from clipling.data.split import read_split
from clipling.language.describe import Described, Interview, Source
from clipling.language.describe_answers import AnswerCheck
from clipling.language.describe_file import Origin, Rows, description_row, known_answers, write_descriptions
from clipling.language.describe_instructions import instruction_of
from clipling.language.journal import Journal, today
from clipling.locks import locked
from clipling.workflows.console import counting, say
from clipling.workflows.data_folder import open_folder


@dataclass(frozen=True)
class DescriptionsMade:
    """Descriptions on disk, and how often a model was asked for them."""

    file: Path
    classes: int
    asked: int

    def __rich__(self) -> str:
        """What a terminal shows."""
        return f"descriptions of {self.classes} classes ({self.asked} questions asked): {self.file}"


def describe(
    root: Path | str,
    *,
    out: Path | str | None = None,
    source: Literal["endpoint", "local", "file"] = "endpoint",
    model: str | None = None,
    base_url: str | None = None,
    file: Path | str | None = None,
    instruction: str = "paper",
    split: Path | str | None = None,
    teacher: str | None = None,
    template: str = "a photo of {}",
    prompt: int = 8,
    concurrency: int = 8,
    attempts: int = 3,
    retries: int = 5,
    timeout: float = 60,
    overwrite: bool = False,
) -> DescriptionsMade:
    """Describe each class in one sentence by a language model, for `--text.descriptions own`.

    Parameters
    ----------
    root
        Folder of images, one folder per class, or flat with labels.csv.
    out
        File of the descriptions; by default descriptions.jsonl in `root`.
    source
        Who answers: an OpenAI-compatible endpoint, a Hugging Face model on this machine, or a file to take over.
    model
        Name of the model at the endpoint; folder, GGUF file, or name on the hub, of the local one.
    base_url
        Address of the endpoint, such as http://localhost:8000/v1; by default OpenAI's. The key is read from the
        environment variable OPENAI_API_KEY.
    file
        Descriptions to check and take over, one JSON object with class and text a line; classes that have one already
        need none.
    instruction
        What is asked: paper, succinct, detailed, distinct, or a sentence of your own with {name} in it.
    split
        Folder of a split: only its classes are described.
    teacher
        open_clip model whose context the text of each class has to fit; where it does not, a shorter one is asked for.
        Without it CLIP's own tokenizer counts, and 77 tokens fit.
    template
        Text of a class that the description will follow.
    prompt
        Leave room for so many learned vectors in place of the template, as `--text.prompt` and the recipe
        semantics+prompt put there; 0 where none will be learned.
    concurrency
        Questions under way at once.
    attempts
        Questions about one class before it is given up.
    retries
        Tries to reach the endpoint again, each after a longer wait.
    timeout
        Seconds the endpoint may take for one answer.
    overwrite
        Replace descriptions by another model or of another instruction.

    """
    root = Path(root)
    refuse_below(attempts=(attempts, 1), retries=(retries, 0), timeout=(timeout, 0.1), prompt=(prompt, 0))
    refuse_outside(concurrency=(concurrency, 1, WORKERS))
    require(timeout < math.inf, "timeout", timeout, "seconds, such as 60")
    if (file is None) == (source == "file"):
        raise InputError(f"source is {source}, file is {file}; --source file and --file PATH go together")
    classes = read_split(Path(split), root).classes if split else open_folder(root).classes
    names = read_class_names(root, classes)
    target = Path(out) if out else root / "descriptions.jsonl"
    if file is not None:
        check = _check(names, teacher, template, prompt)
        return _take_over(root, Path(file), target, check, names, overwrite=overwrite)
    if model is None:
        raise InputError(f"source {source}: which model? name one with --model")
    origin = Origin.of_model(model, instruction_of(instruction))
    make: dict[str, Callable[[], Source]] = {
        "endpoint": lambda: _endpoint(model, base_url, timeout, retries),
        "local": lambda: _local(model),
    }
    with _held(target) as present:
        asked_for = {label: row for label, row in present.items() if label in names}
        known = known_answers(asked_for, target, origin, overwrite=overwrite)
        answering, check = make[source](), _check(names, teacher, template, prompt)
        with Journal(origin.journal(target)) as journal, counting("descriptions") as progress:
            say(f"{origin.model} describes {len(names)} classes; Ctrl-C keeps the answers that have come")
            interview = Interview(answering, origin.prompt, names, check, journal)
            with _stopped_by_a_second_ctrl_c() as stopping:
                done = interview.hold(
                    known, concurrency=concurrency, attempts=attempts, progress=progress, stopping=stopping
                )
        if done.texts:
            asked_anew = names.keys() - known.keys() - done.failed.keys()
            kept = {label: row for label, row in present.items() if label not in asked_anew}
            new = {label: description_row(label, answer, origin) for label, answer in done.texts.items()}
            write_descriptions(target, {**kept, **new})
        _require_all(done, len(names), target)
        origin.journal(target).unlink(missing_ok=True)
    return DescriptionsMade(target, len(names), done.asked)


@contextmanager
def _held(target: Path) -> Iterator[Rows]:
    """The rows of the file, none where there is no file; no other command touches it meanwhile."""
    with locked(target.with_name(f".{target.name}.lock")):
        yield read_description_rows(target) if target.exists() else {}


@contextmanager
def _stopped_by_a_second_ctrl_c() -> Iterator[Callable[[], None]]:
    """What tells the user that answers are waited for, after which Ctrl-C ends the process without waiting."""
    before = signal.getsignal(signal.SIGINT)

    def wait() -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        say("stopping once the answers under way have come; Ctrl-C now stops without them")

    try:
        yield wait
    finally:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL and before is not signal.SIG_DFL:
            signal.signal(signal.SIGINT, before)


def _endpoint(model: str, base_url: str | None, timeout: float, retries: int) -> Source:
    from clipling.language.describe_endpoint import Endpoint

    return Endpoint(model, base_url=base_url, timeout=timeout, retries=retries)


def _local(model: str) -> Source:
    from clipling.language.describe_local import LocalModel  # loads torch

    return LocalModel(model)


def _check(names: dict[str, str], teacher: str | None, template: str, prompt: int) -> AnswerCheck:
    from clipling.workflows.wording.room import room_for  # loads torch and open_clip

    return AnswerCheck(names, room_for(teacher, template, prompt))


def _require_all(done: Described, classes: int, target: Path) -> None:
    if done.failed:
        wrong = [f"{label}: {said}" for label, said in sorted(done.failed.items())]
        others = f"; those of the others are in {target}" if len(done.failed) < classes else ""
        raise InputError(
            f"{len(done.failed)} of {classes} classes have no description that will do: {some(wrong)}{others}; give "
            "the command again, perhaps with more --attempts, or these classes a description of your own with "
            "--source file --file FILE"
        )


def _take_over(
    root: Path, file: Path, target: Path, check: AnswerCheck, names: dict[str, str], *, overwrite: bool
) -> DescriptionsMade:
    """Add the descriptions of a file, all of which must pass, so that no class is without one.

    Those without a model are said to be of the file. Where all but the date is as it was, so the date stays too.
    """
    with _held(target) as present:
        given = read_description_rows(file)
        wanted = [label for label in names if label in given or label not in present] or list(names)
        texts = read_descriptions(root, wanted, file=file)
        wrong = [f"{label}: {said}" for label, text in texts.items() if (said := check.complaint(label, text))]
        if wrong:
            raise InputError(
                f"{file}: {len(wrong)} of {len(texts)} descriptions will not do: {some(wrong)}; mend them in the file"
            )
        unsaid = {"model": file.name, "prompt": "", "date": today()}
        rows = {
            label: {"class": label, "text": text, **{key: given[label].get(key, unsaid[key]) for key in unsaid}}
            for label, text in texts.items()
        }
        new = {label: row for label, row in rows.items() if {**present.get(label, {}), "date": row["date"]} != row}
        changed = [label for label in new if label in present]
        if changed and not overwrite:
            raise InputError(
                f"{target}: holds other descriptions of {some(changed)}; --overwrite replaces them, "
                "--out FILE keeps both"
            )
        if new:
            write_descriptions(target, {**present, **new})
    return DescriptionsMade(target, len(names), 0)
