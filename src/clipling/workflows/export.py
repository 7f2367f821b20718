"""Ship a student in another format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Exported:
    """The folder that was written, and its manifest."""

    folder: Path
    manifest: dict[str, Any]

    def __rich__(self) -> Group:
        """What a terminal shows: the formats measured beside each other, and what is to be said about them."""
        rows = self.manifest.get("measured", [])
        if not rows:
            return Group(Text(f"{self.manifest['what']}: {self.folder}"))
        keys = list(dict.fromkeys(key for row in rows for key in row["accuracy"]))
        names = ("", "megabytes", "ms an image", "largest distance", "mean distance", "equal predictions", *keys)
        head, *body = zip(names, *(_cells(row, keys) for row in rows), strict=True)  # formats side by side: that fits
        table = Table(*head, title=str(self.folder), title_justify="left")
        for line in body:
            table.add_row(*line)
        return Group(table, *(Text(note) for note in self.manifest["notes"]))


def _cells(row: dict[str, Any], keys: list[str]) -> tuple[str, ...]:
    accuracy = (f"{row['accuracy'][key]:.1%}" if key in row["accuracy"] else "" for key in keys)
    return row["name"], f"{row['megabytes']:.2f}", f"{row['milliseconds']:.2f}", *_parity(row.get("parity")), *accuracy


def _parity(figures: dict[str, float] | None) -> tuple[str, str, str]:
    if figures is None:
        return "", "", ""
    return (
        f"{figures['largest']:.1e}",
        f"{figures['mean']:.1e}",
        (f"{figures['same_class']:.1%}" if "same_class" in figures else ""),
    )


def export(
    bundle: Path | str,
    *,
    to: str = "onnx",
    precision: str = "fp32",
    out: Path | str | None = None,
    with_classes: bool = False,
    text: bool = False,
    data: Path | str | None = None,
    split: Path | str | None = None,
    teacher: str | None = None,
    images: int = 500,
) -> Exported:
    """Ship a student in another format: onnx, pt2 or open_clip; checked on real images first.

    Parameters
    ----------
    bundle
        Folder of a bundle, or of a finished run.
    to
        onnx (for ONNX Runtime), pt2 (torch.export) or open_clip (a small CLIP with the teacher's text tower).
    precision
        fp32, fp16 or int8; int8 is for onnx, and learns its ranges from training images.
    out
        Where the export goes; `exports/FORMAT-PRECISION` beside the bundle unless said.
    with_classes
        Put the bundle's classes inside, so that probabilities come out as well (onnx and pt2).
    text
        Export the teacher's text tower with its tokenizer instead of the student (onnx), for new names elsewhere.
    data
        Images on which the export is checked; those of the run that the bundle lies in unless said.
    split
        Folder with the split of these images; without one nothing is known of seen and unseen classes.
    teacher
        Where the teacher is now, if not where the bundle says (open_clip, and --text).
    images
        How many images of each evaluated part are looked at, at most.

    """
    from clipling.workflows.exports.exporting import (  # torch loads here, not for --help
        export_student,
        export_text_tower,
    )

    place = None if out is None else Path(out)
    if text:
        return Exported(*export_text_tower(Path(bundle), to=to, precision=precision, out=place, teacher=teacher))
    folder, manifest = export_student(
        Path(bundle),
        to=to,
        precision=precision,
        out=place,
        with_classes=with_classes,
        data=None if data is None else Path(data),
        split=None if split is None else Path(split),
        teacher=teacher,
        images=images,
    )
    return Exported(folder, manifest)
