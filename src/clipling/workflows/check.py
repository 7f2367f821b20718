"""Look for what would spoil a result, before hours are spent on it."""

from dataclasses import dataclass
from pathlib import Path

from rich.table import Column, Table
from rich.text import Text

from clipling.contracts.errors import refuse_below
from clipling.data.check import check_dataset
from clipling.data.check_texts import TextReader
from clipling.data.finding import CheckReport
from clipling.data.split import read_split
from clipling.data.unlabelled import is_unlabelled
from clipling.language.texts import sentences
from clipling.plain import visible
from clipling.workflows.console import counting


@dataclass(frozen=True)
class Checked:
    """What was found in a data set."""

    report: CheckReport

    @property
    def exit_status(self) -> int:
        """1 when something would spoil a result."""
        return 1 if self.report.spoiled else 0

    def __rich__(self) -> Table:
        """What a terminal shows."""
        table = Table("", "what", "how many", Column("for example", overflow="fold"))  # names are told whole
        for row in self.report.rows:
            severity = Text(row.severity, "red" if row.severity == "spoils" else "yellow")
            examples = Text("\n".join(map(visible, row.examples)))
            table.add_row(severity, Text(visible(row.what)), str(row.count), examples)
        if not self.report.rows:
            table.add_row(Text("fine", "green"), "nothing found", "", "")
        return table


def check(
    root: Path | str,
    *,
    split: Path | str | None = None,
    teacher: str | None = None,
    template: str = "a photo of {}",
    prompt: int = 0,
    unlabelled: bool = False,
) -> Checked:
    """Check a data set: unreadable images, duplicates across the split, nameless classes, texts too long.

    The exit status is 1 when something would spoil a result.

    Parameters
    ----------
    root
        Folder of images, one folder per class, or flat with labels.csv; flat without, they have no classes.
    split
        Folder of a split, whose lists are checked too; by default the split that `clipling distill` makes by itself.
    teacher
        open_clip model whose context the text of each class has to fit, with its description where there are any.
    template
        Text of a class, {} standing for its name; or a set of templates: plain, paper, views.
    prompt
        Learned vectors that stand before the text in place of the template, as with `--text.prompt`.
    unlabelled
        Leave classes aside, as if the images had none.

    """
    root = Path(root)
    place = Path(split) if split else None
    lists = read_split(place, root) if place else None
    without = unlabelled or is_unlabelled(root, place)
    refuse_below(prompt=(prompt, 0))
    reader = _reader(teacher, "{}" if prompt else template, prompt) if teacher else None
    with counting("looking at images") as progress:
        return Checked(check_dataset(root, lists, reader=reader, unlabelled=without, progress=progress))


def _reader(teacher: str, template: str, prompt: int) -> TextReader:
    from clipling.teacher.tower import load_teacher  # loads torch and open_clip, which the other checks do without

    tower = load_teacher(teacher)
    return TextReader(
        lambda texts, vectors: tower.truncated(texts, vectors=vectors),
        lambda name, description: sentences(name, description, template=template),
        tower.tokens,
        prompt,
    )
