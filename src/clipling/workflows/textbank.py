"""Embed many class names once, for whoever has the student but not its teacher."""

from dataclasses import dataclass
from pathlib import Path

from clipling.contracts.errors import InputError
from clipling.data.listed import read_names, require_unique
from clipling.workflows.console import alike_said, counting


@dataclass(frozen=True)
class TextBankMade:
    """A text bank on disk."""

    file: Path
    names: int

    def __rich__(self) -> str:
        """What a terminal shows."""
        return f"texts of {self.names} class names: {self.file}"


def textbank(
    bundle: Path | str,
    names: Path | str,
    /,
    *,
    teacher: str | None = None,
    template: str | None = None,
    out: Path | str | None = None,
    overwrite: bool = False,
) -> TextBankMade:
    """Embed many class names once by the teacher, for `clipling predict --bank` without it.

    Parameters
    ----------
    bundle
        A bundle, or the folder of a finished run; the bank is for it, and for every student of its teacher.
    names
        A file with one class name a line.
    teacher
        Where the teacher is, as in local-dir:PATH; by default where it was in training.
    template
        Text of a class, {} standing for its name, or a set of templates to average over; by default the training's.
    out
        File of the bank; by default beside the names, with the ending .safetensors.
    overwrite
        Replace a file that is there.

    """
    names = Path(names)
    target = Path(out) if out else names.with_suffix(".safetensors")
    if target.exists() and not (overwrite and target.is_file()):
        raise InputError(f"{target}: is there already; --overwrite replaces a file, --out FILE keeps both")
    listed = read_names(names)
    require_unique(listed, str(names), "class names")
    from clipling.deploy.bank import write_bank  # torch loads here, not for --help
    from clipling.deploy.student import Student

    student = Student.load(bundle, teacher=teacher)
    with counting("class names") as progress, alike_said():
        bank = student.text_bank(listed, template, progress)
    write_bank(target, bank)
    return TextBankMade(target, len(listed))
