"""Try a student in the browser."""

from pathlib import Path
from typing import TYPE_CHECKING

from clipling.contracts.errors import InputError
from clipling.workflows.console import say

if TYPE_CHECKING:
    from clipling.deploy.bundle import Bundle
    from clipling.deploy.playground.panel import Panel
    from clipling.teacher.tower import Teacher

_EXAMPLES = 5  # of seen classes, and as many of unseen ones
_WEB_IMAGES = {".jpg", ".jpeg", ".png", ".webp"}  # what every browser shows
NO_TEACHER = "none"


def playground(
    bundle: Path | str,
    /,
    *,
    teacher: str | None = None,
    bank: Path | str | None = None,
    port: int = 7860,
    share: bool = False,
    device: str = "cpu",
) -> None:
    """Try a student in the browser, beside its teacher: any image, any class names.

    Parameters
    ----------
    bundle
        A bundle, or the folder of a finished run, which has images to begin with.
    teacher
        Where the teacher is: as in local-dir:PATH; by default where it was; `none` leaves it out.
    bank
        A file of `clipling textbank`, whose names need no teacher.
    port
        Of the page, which this machine alone can open.
    share
        Make a public link as well, through Gradio's servers: whoever has it can use the page while it runs.
    device
        Where student and teacher run, such as cpu or cuda.

    """
    if not 1 <= port <= 65535:
        raise InputError(f"port {port}: expected a number from 1 to 65535")
    from clipling.deploy.playground.page import build_page, require_gradio  # torch loads here, not for --help
    from clipling.deploy.playground.server import serve, wait_for_end
    from clipling.workflows.exports.photographs import bundle_folder

    require_gradio(others_by_proxy=share)
    folder = bundle_folder(Path(bundle))
    page = build_page(_panel(folder, teacher, bank, device), _examples(folder))
    try:
        say(f"the page is at {serve(page, port=port, share=share, tell=say)}; Ctrl-C closes it")
        wait_for_end(page)
    except KeyboardInterrupt:
        say("closed")
    finally:
        page.close(verbose=False)


def _panel(folder: Path, spec: str | None, bank: Path | str | None, device: str) -> "Panel":
    """The bundle in the folder with what can be had of its teacher, which has looked at an image already."""
    from clipling.deploy.bank import read_bank
    from clipling.deploy.bundle import read_bundle
    from clipling.deploy.playground.panel import Panel
    from clipling.deploy.student import Student
    from clipling.tensors import usable_device

    usable_device(device)  # refused before the teacher's long work
    read = read_bundle(folder)
    rows = None if bank is None else read_bank(Path(bank))
    teacher = _teacher(read, spec, device)
    student = Student(read, device=device, teacher=teacher, bank=rows, folder=folder)
    closed = _closed(read, folder, teacher)
    if closed and not student.classes:
        raise InputError(
            f"{folder}: came with no class names, and its teacher's text tower, which new ones need, is not here; "
            "give --teacher or --bank"
        )
    panel = Panel(read, student, teacher=teacher, bank=rows, closed=closed)
    panel.warm_up()
    return panel


def _teacher(bundle: "Bundle", spec: str | None, device: str) -> "Teacher | None":
    """The teacher of the student: the one that is named, else the one the bundle names where it can be loaded."""
    from clipling.teacher.tower import load_teacher

    if spec == NO_TEACHER or (spec is None and not bundle.config.template and bundle.prompt is None):
        return None
    known = bundle.config.teacher
    place = spec or str(known.get("spec", known["id"]))
    say(f"loading the teacher from {place} (--teacher {NO_TEACHER} leaves it out)")
    try:
        teacher = load_teacher(place, device=device)
        if teacher.weights_hash != known["weights_hash"]:
            raise InputError(
                f"teacher '{place}' has other weights than the one of this student ({known['id']}, SHA-256 "
                f"{known['weights_hash'][:12]}); give that one, or --teacher {NO_TEACHER}"
            )
    except (InputError, OSError, RuntimeError, ValueError) as error:
        if spec is not None:
            raise
        say(f"the student is shown alone: its teacher cannot be had ({error})")
        return None
    return teacher


def _closed(bundle: "Bundle", folder: Path, teacher: "Teacher | None") -> str | None:
    """Why new names cannot be had, for the person at the page; None where they can."""
    from clipling.deploy.tower import tower_beside

    advice = "Choose among those it came with."
    if not bundle.config.template and bundle.prompt is None:
        return (
            f"This student knows the {len(bundle.classes)} classes it was trained on and takes no other names. {advice}"
        )
    shipped = bundle.prompt is None and tower_beside(folder, bundle.config.teacher["weights_hash"]) is not None
    if teacher is None and not shipped:
        return f"New names need the teacher's text tower, which is not here. {advice}"
    return None


def _examples(folder: Path) -> dict[str, list[Path]]:
    """Images that the student was not trained on, of a few seen and unseen classes, where those of its run are here."""
    from clipling.data.split import read_split
    from clipling.workflows.exports.photographs import spread
    from clipling.workflows.run import Run

    run = Run(folder.resolve().parent)
    if not (run.folder / "config.yaml").is_file() or not run.split.is_dir():
        return {}
    root = run.setting("data", Path)
    if not root.is_dir():
        return {}
    try:
        split = read_split(run.split, root)
    except InputError as error:
        say(f"no example images: {error}")
        return {}
    new = "New images of classes it was trained on" if split.is_labelled else "Images it was not trained on"
    parts = {new: split.id, "Images of classes it never saw": split.ood}
    shown = {
        title: [root / f for f in files if Path(f).suffix.lower() in _WEB_IMAGES] for title, files in parts.items()
    }
    return {title: spread(files, _EXAMPLES) for title, files in shown.items() if files}
