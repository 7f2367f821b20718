"""One sentence per image, from an image-to-text model or a file, where the loss `cap` finds it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clipling.contracts.errors import InputError, refuse_below, some
from clipling.contracts.names import nfc
from clipling.contracts.records import OnBadImage
from clipling.data.labels import read_caption_rows, read_captions
from clipling.data.listed import files_on_disk
from clipling.data.split import read_split
from clipling.files import write_jsonl
from clipling.language.captioning import Rows, caption_row
from clipling.locks import locked
from clipling.training.config import Device
from clipling.workflows.data_folder import open_folder

Part = Literal["train", "id", "ood", "all"]
DEFAULT_MODEL = "HuggingFaceTB/SmolVLM-256M-Instruct"


@dataclass(frozen=True)
class CaptionsMade:
    """Captions on disk, and how many of them were made now."""

    file: Path
    images: int
    made: int
    skipped: dict[str, str]

    def __rich__(self) -> str:
        """What a terminal shows."""
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return f"captions of {self.images} images ({self.made} made now{skipped}): {self.file}"


def caption(
    root: Path | str,
    *,
    model: str = DEFAULT_MODEL,
    file: Path | str | None = None,
    split: Path | str | None = None,
    part: Part = "all",
    prompt: str | None = None,
    batch_size: int = 16,
    on_bad_image: OnBadImage = "stop",
    overwrite: bool = False,
    hardware: Device = Device(),  # noqa: B008  frozen
) -> CaptionsMade:
    """Say in one sentence what each image shows, by an image-to-text model, for `--losses.cap 1`.

    The captions go to captions.jsonl in `root`; the images that have one there from this model are passed over.

    Parameters
    ----------
    root
        Folder of images, one folder per class, or flat with labels.csv.
    model
        Hugging Face image-to-text model: folder, or name on the hub.
    file
        Captions to check and take over instead, one JSON object with file and text a line; images that have one
        already need none.
    split
        Folder of a split: only its images get a caption.
    part
        Part of the split: train, id or ood, or all.
    prompt
        What a model that answers to instructions is asked; how the captions of any other begin.
    batch_size
        Images the model looks at together.
    on_bad_image
        What to do with an image that cannot be decoded: stop, or skip it and list it.
    overwrite
        Replace the captions that images have from another model, prompt or file.
    hardware
        Where it runs.

    """
    root = Path(root)
    refuse_below(batch_size=(batch_size, 1))
    files = _files(root, Path(split) if split else None, part)
    target = root / "captions.jsonl"
    with locked(target.with_name(f".{target.name}.lock")):
        present = read_caption_rows(target) if target.exists() else {}
        if file is not None:
            return _take_over(root, Path(file), files, target, present, overwrite=overwrite)
        from clipling.workflows.wording.captions import ask_model  # torch loads here, not for --help

        asked = ask_model(
            target,
            files,
            present,
            model=model,
            prompt=prompt,
            batch_size=batch_size,
            on_bad_image=on_bad_image,
            overwrite=overwrite,
            hardware=hardware,
        )
        _write(target, {**present, **asked.rows})
        if asked.journal:
            asked.journal.unlink(missing_ok=True)
    if asked.silent:
        raise InputError(
            f"the model says nothing of {len(asked.silent)} images: {some(asked.silent)}; all other captions are in "
            f"{target}: give these images theirs with --file FILE"
        )
    return CaptionsMade(target, len(files) - len(asked.skipped), asked.made, asked.skipped)


def _files(root: Path, split: Path | None, part: Part) -> tuple[str, ...]:
    if split is None:
        if part != "all":
            raise InputError(f"part is {part}, but of no split; give its folder with --split")
        return open_folder(root).files
    lists = read_split(split, root)
    files: tuple[str, ...] = lists.files if part == "all" else getattr(lists, part)
    if not files:
        raise InputError(f"{split}: its part {part} holds no images; choose another --part")
    return files


def _take_over(
    root: Path, file: Path, files: Sequence[str], target: Path, present: Rows, *, overwrite: bool
) -> CaptionsMade:
    """Add the captions of a file, so that no image is without one; none may be for what is not there."""
    rows = read_caption_rows(file)
    told = {nfc(name) for name in rows}
    read_captions(root, [name for name in files if nfc(name) in told or name not in present], file=file)
    rows = dict(zip(files_on_disk(root, list(rows), str(file)), rows.values(), strict=True))
    new = {
        name: caption_row(name, row["text"], row.get("model", file.name), row.get("prompt", ""))
        for name, row in rows.items()
    }
    changed = [name for name, row in new.items() if name in present and present[name] != row]
    if changed and not overwrite:
        raise InputError(
            f"{target}: has other captions for {len(changed)} of the images in {file}, such as {changed[0]}; "
            "--overwrite replaces them"
        )
    _write(target, {**present, **new})
    return CaptionsMade(target, len(files), 0, {})


def _write(target: Path, rows: Rows) -> None:
    if rows:
        write_jsonl(target, (rows[file] for file in sorted(rows)))
