"""Captions by a model on this machine: which images it is asked about, and what comes of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from clipling.contracts.errors import InputError
from clipling.contracts.records import OnBadImage
from clipling.data.decode import UnreadableImage, decode_image
from clipling.language.captioning import Captioner, Rows, Seen, caption_images, caption_row
from clipling.language.describe_file import Origin
from clipling.language.journal import Journal
from clipling.training.config import Device
from clipling.training.devices import default_device
from clipling.workflows.console import counting, say


class Asked(NamedTuple):
    """New rows of captions.jsonl, how many of them were made now, and what has none."""

    rows: Rows
    journal: Path | None
    """Where they lie until the file is written; None where captions of other images lie there, too."""
    made: int
    skipped: dict[str, str]
    silent: list[str]
    """Images of which the model says nothing."""


def ask_model(
    target: Path,
    files: Sequence[str],
    present: Rows,
    *,
    model: str,
    prompt: str | None,
    batch_size: int,
    on_bad_image: OnBadImage,
    overwrite: bool,
    hardware: Device,
) -> Asked:
    """Caption the files that have no caption of this model and prompt, going on from what a stopped command left.

    target: captions.jsonl, beside the images. present: its rows.
    """
    captioner = Captioner(model, prompt=prompt, device=default_device(hardware))
    origin = Origin.of_model(model, captioner.prompt)
    own = {file for file, row in present.items() if (row.get("model"), row.get("prompt")) == origin}
    others = [file for file in files if file in present and file not in own]
    if others and not overwrite:
        row = present[others[0]]
        raise InputError(
            f"{target}: {len(others)} images, such as {others[0]}, have captions by '{row.get('model')}' to the prompt "
            f"'{row.get('prompt')}', not by '{origin.model}' to '{origin.prompt}'; --overwrite replaces them"
        )
    place, skipped = origin.journal(target), dict[str, str]()
    with Journal(place) as journal, counting("captions") as progress:
        before = set(journal.subjects)
        todo = [file for file in files if file not in own and file not in before]
        say(f"{origin.model} captions {len(todo):,} images; Ctrl-C keeps the captions that are made")
        images = _opened(target.parent, todo, on_bad_image, skipped)
        silent = caption_images(
            captioner, images, journal, batch=batch_size, progress=lambda done: progress(done, len(todo))
        )
        said = {file: journal.answers(file, origin.prompt)[-1].text for file in journal.subjects}
    rows = {file: caption_row(file, said[file], *origin) for file in files if file in said and file not in own}
    rest = said.keys() - own - rows.keys()
    return Asked(rows, None if rest else place, len(set(said) - before), skipped, silent)


def _opened(root: Path, files: Sequence[str], on_bad_image: OnBadImage, skipped: dict[str, str]) -> Iterator[Seen]:
    """The images one by one; those that cannot be decoded are said and noted in `skipped`, or raise."""
    for file in files:
        try:
            yield Seen(file, decode_image(root / file))
        except UnreadableImage as error:
            if on_bad_image == "stop":
                raise InputError(f"{error}; or leave such images out with --on-bad-image skip") from None
            say(f"skipped {file}: {error.reason}")
            skipped[file] = error.reason
