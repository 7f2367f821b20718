"""What a run was begun with besides its settings: a resumed one that would learn from anything else is refused."""

from typing import Any

from clipling.contracts.errors import InputError
from clipling.data.labels import read_captions
from clipling.data.split import write_split
from clipling.files import hash_strings, read_json, read_lines, write_json
from clipling.workflows.distillation.inputs import Inputs
from clipling.workflows.distillation.teaching import TeacherSide
from clipling.workflows.run import Run


def check_same(run: Run, whole: Inputs, inputs: Inputs, side: TeacherSide) -> None:
    """Raise InputError when the run was begun with another split, teacher, class text or caption than these.

    whole: the inputs as `write_begun` was given them; inputs: those that are trained on.
    """
    _check_same_split(run, whole)
    if not run.begun.exists():  # a run of a version that did not write it
        return
    before, now = read_json(run.begun), _begun(inputs, side)
    if before["teacher"] != now["teacher"]:
        raise InputError(
            f"{side.about['spec']}: other weights (SHA-256 {now['teacher'][:12]}) than those the run in {run.folder} "
            f"was begun with ({before['teacher'][:12]}); put these back in their place, or start a new run"
        )
    for key, texts in now["texts"].items():
        for text, of_then in zip(texts, before["texts"][key], strict=True):  # as many as the settings' templates
            if text != of_then:
                raise InputError(
                    f"{inputs.root}: the text of class '{key}' is '{text}', but the run in {run.folder} was begun with "
                    f"'{of_then}'; put the names or descriptions of then back in their place, or start a new run"
                )
    if before["captions"] != now["captions"]:
        raise InputError(
            f"{inputs.root / 'captions.jsonl'}: other captions of training images than the run in {run.folder} was "
            "begun with; put the file of then back in its place, or start a new run"
        )


def write_begun(run: Run, whole: Inputs, inputs: Inputs, side: TeacherSide) -> None:
    """Write what `check_same` reads: the lists of the split, and the rest of it."""
    write_split(whole.split, run.split)
    write_json(run.begun, _begun(inputs, side))


def _begun(inputs: Inputs, side: TeacherSide) -> dict[str, Any]:
    captions = None
    if side.captions is not None:
        captions = hash_strings(read_captions(inputs.root, inputs.split.train).values())
    texts = {key: [text] for key, text in inputs.bare.items()} if side.tower else inputs.texts
    return {
        "schema": 1,
        "teacher": side.about["weights_hash"],
        "texts": {key: list(texts[key]) for key in inputs.split.classes},
        "captions": captions,
    }


def _check_same_split(run: Run, whole: Inputs) -> None:
    if not (run.split / "split.json").exists():
        return
    for part in ("train", "id", "ood"):
        before, now = set(read_lines(run.split / f"{part}.txt")), set(getattr(whole.split, part))
        if before != now:
            file = min(before ^ now)
            raise InputError(
                f"{run.split / part}.txt: the run was begun with other images than now (such as {file}); "
                "restore the data set and the split, or start a new run"
            )
