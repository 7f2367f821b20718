"""`clipling pickclutter report`: write the page of a run again."""

from dataclasses import dataclass
from pathlib import Path

from clipling.applications.pickclutter.settings import Settings
from clipling.workflows.run import AnyRun, as_run


@dataclass(frozen=True)
class Reported:
    """A page that was written."""

    page: Path

    def __rich__(self) -> str:
        """What a terminal shows."""
        return str(self.page)


def report(run: AnyRun) -> Reported:
    """Write the page of a run again, from its files and the scenes it was measured on.

    Parameters
    ----------
    run
        Folder of a finished run, or the folder `fewshot` in it.

    """
    run = as_run(run)
    Settings.from_record(run.config, run.folder / "config.yaml")  # a run of another verb is refused here
    from clipling.applications.pickclutter.page import write_page  # torch loads here, not for --help

    return Reported(write_page(run))
