"""Share a bundle on the Hugging Face Hub."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from clipling.plain import visible


@dataclass(frozen=True)
class Pushed:
    """The files by their names there with their bytes, and the address; None where nothing was sent."""

    files: dict[str, int]
    repo: str
    public: bool
    address: str | None

    def __rich__(self) -> Group:
        """What a terminal shows."""
        seen = "for everyone to see" if self.public else "private"
        title = f"{self.repo}, {seen}" if self.address is None else self.address
        table = Table("file", "MB", title=title, title_justify="left")
        table.columns[1].justify = "right"
        for name, size in self.files.items():
            table.add_row(Text(visible(name)), f"{size / 1e6:.3f}")
        total = f"{len(self.files)} files, {sum(self.files.values()) / 1e6:.1f} MB"
        said = "dry run: nothing was sent" if self.address is None else f"clipling.load('hf-hub:{self.repo}')"
        return Group(table, Text(f"{total}; {said}"))


def push(
    bundle: Path | str,
    repo: str,
    /,
    *,
    public: bool = False,
    text: bool = False,
    dry_run: bool = False,
    message: str = "A student, with its model card",
) -> Pushed:
    """Share a bundle on the Hugging Face Hub, from where `clipling.load("hf-hub:ORG/NAME")` brings it back.

    Parameters
    ----------
    bundle
        A bundle, or the folder of a finished run. Nothing but the bundle goes, and no image.
    repo
        ORG/NAME of the model there; it is made when it is absent, and a bundle in it is replaced.
    public
        Make a new repository for everyone to see; private unless said. One that is there stays as it is.
    text
        Send the teacher's text tower as well, where `clipling export --text` made it: mind the teacher's licence.
    dry_run
        Show what would go, and send nothing.
    message
        Of the commit.

    """
    from clipling.workflows.exports.pushing import files_to_send  # torch loads here, not for --help

    files = files_to_send(Path(bundle), repo, text=text)
    sizes = {there: here.stat().st_size for there, here in files.items()}
    if dry_run:
        return Pushed(sizes, repo, public, None)
    from clipling.deploy.hub import send

    return Pushed(sizes, repo, public, send(files, repo, public=public, message=message))
