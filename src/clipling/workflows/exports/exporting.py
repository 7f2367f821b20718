"""The story of an export: the bundle, images to check it on, the format, its figures beside torch's, the folder."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clipling.contracts.errors import InputError, unknown
from clipling.deploy.bundle import Bundle, read_bundle
from clipling.deploy.exports.folder import export_folder, refuse_other_content
from clipling.deploy.exports.parity import TOLERANCE
from clipling.deploy.exports.shipped import EMBEDDING, IMAGES, PROBABILITIES
from clipling.deploy.exports.text import export_text
from clipling.deploy.seal import SEAL
from clipling.files import hash_file
from clipling.report.page import write_report
from clipling.teacher.tower import load_teacher
from clipling.workflows.console import say
from clipling.workflows.exports.figures import Figures, measure_engines
from clipling.workflows.exports.formats import FORMATS, Asked, Engine
from clipling.workflows.exports.photographs import Photographs, bundle_folder, open_photographs


def export_student(
    path: Path,
    *,
    to: str,
    precision: str,
    out: Path | None,
    with_classes: bool,
    data: Path | None,
    split: Path | None,
    teacher: str | None,
    images: int,
) -> tuple[Path, dict[str, Any]]:
    """Export the bundle at `path`; returns the folder and its manifest. Nothing is written unless all of it is good."""
    _check(to, precision)
    if with_classes and to == "open_clip":
        raise InputError("with_classes: an open_clip model has a text tower in place of classes; leave it out")
    folder = bundle_folder(path)
    out = out or folder.resolve().parent / "exports" / f"{to}-{precision}"
    refuse_other_content(out)
    bundle = read_bundle(folder)
    if with_classes and not bundle.classes:
        raise InputError(f"with_classes: {folder} has no classes, as its images had none; leave it out")
    if bundle.config.channels != 3:
        raise InputError(
            f"{folder}: the student takes {bundle.config.channels} channels; an export is checked on photographs, "
            "which have 3, and open_clip builds image towers for no other number"
        )
    photographs = open_photographs(bundle, folder, data, split, images)
    if precision == "int8" and not len(photographs.train):
        raise InputError(
            "precision int8 learns its ranges from training images, and without a split none are known; give --split "
            "FOLDER beside --data"
        )
    asked = Asked(bundle, precision, with_classes, photographs.train, _teacher_of(bundle, teacher))
    manifest = _manifest(bundle, folder, to, asked)
    with export_folder(out, manifest) as new, TemporaryDirectory() as workshop:
        engines = FORMATS[to](asked, new, Path(workshop), out)
        _measure(manifest, engines, photographs, bundle, precision)
    _tell_the_report(folder)
    return out, manifest


def _tell_the_report(bundle: Path) -> None:
    """A run whose page is there gets it anew: it lists the exports."""
    run = bundle.resolve().parent
    if (run / "report.html").is_file() and (run / "results.json").is_file():
        write_report(run)


def _check(to: str, precision: str) -> None:
    if to not in FORMATS:
        raise unknown("format", to, FORMATS)
    if precision not in TOLERANCE:
        raise unknown("precision", precision, TOLERANCE)


def _teacher_of(bundle: Bundle, spec: str | None) -> str:
    return spec or str(bundle.config.teacher.get("spec", bundle.config.teacher["id"]))


def _manifest(bundle: Bundle, folder: Path, to: str, asked: Asked) -> dict[str, Any]:
    ours, size = bundle.config, bundle.config.image_size
    sides = ["height", "width"] if to == "onnx" else [size, size]
    outputs = {EMBEDDING: ["batch", ours.width]}
    if asked.with_classes:
        outputs[PROBABILITIES] = ["batch", len(bundle.classes)]
    return {
        "what": f"{ours.architecture}, a student of {ours.teacher['id']}",
        "format": to,
        "precision": asked.precision,
        "input": {"name": IMAGES, "dtype": "uint8", "shape": ["batch", *sides, 3]},
        "resize": {"shorter_side": ours.shorter_side, "filter": "bicubic", "enlarging": "bilinear", "crop": size},
        "outputs": outputs,
        "temperature": ours.temperature,
        "classes": [one.name for one in bundle.classes],
        "teacher": ours.teacher,
        "bundle": hash_file(folder / SEAL),
    }


def _measure(
    manifest: dict[str, Any], engines: list[Engine], photographs: Photographs, bundle: Bundle, precision: str
) -> None:
    """Add the figures of every engine, torch first, to the manifest. Raises InputError when the last one strays."""
    measured, network = measure_engines(engines, photographs, bundle)
    made = measured[-1]
    for key, what, parity in (("parity", "", made.parity), ("parity_of_network", ", its network alone", network)):
        if parity is not None:
            say(f"{made.name}{what}: {parity}")
            manifest[key] = parity.as_json()
    if repeats := network or made.parity:
        repeats.require(TOLERANCE[precision], made.name)
    manifest["measured"] = [one.as_json() for one in measured]
    manifest["notes"] = _notes(measured)


def _notes(measured: list[Figures]) -> list[str]:
    notes = []
    by_name = {one.name: one for one in measured}
    eight, full = by_name.get("onnx int8"), by_name.get("onnx fp32")
    if eight and full and eight.milliseconds >= full.milliseconds:
        notes.append(
            f"int8 is slower than fp32 on this machine: {eight.milliseconds:.2f} against {full.milliseconds:.2f} ms an "
            "image. It is smaller; whether it is faster depends on the processor it will run on."
        )
    return notes


def export_text_tower(
    path: Path, *, to: str, precision: str, out: Path | None, teacher: str | None
) -> tuple[Path, dict[str, Any]]:
    """Export the text tower of the bundle's teacher; returns the folder and its manifest."""
    _check(to, precision)
    if (to, precision) != ("onnx", "fp32"):
        raise InputError(f"the text tower is exported to onnx in fp32, not to {to} in {precision}; leave these out")
    folder = bundle_folder(path)
    out = out or folder.resolve().parent / "exports" / "text"
    refuse_other_content(out)
    bundle = read_bundle(folder)
    manifest = export_text(bundle, load_teacher(_teacher_of(bundle, teacher)), out)
    _tell_the_report(folder)
    return out, manifest
