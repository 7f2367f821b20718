"""`clipling reproduce all`: every table and figure of the paper, in one folder and on one page."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from clipling.applications.pickclutter.table12 import files_of, table12
from clipling.contracts.errors import InputError
from clipling.recipes.budgets import Budget
from clipling.recipes.matrix import TEACHERS
from clipling.recipes.tables import IN_PAPER
from clipling.report.paper_page import PaperEntry, write_paper_page
from clipling.training.config import Hardware
from clipling.workflows.listed import listed
from clipling.workflows.reproduce import Reproduced, Several, lacking_umap, make_table, places, share_of, tell_untrained
from clipling.workflows.reproduction.plan import Plan, forecast, make_plan
from clipling.workflows.reproduction.work import failure_of

EVERYTHING = (*IN_PAPER, "table12")
"""What the paper prints as numbers, or draws from them."""
Make = Callable[..., Reproduced]
Reasons = dict[str, tuple[str, ...]]
"""Why a table or figure cannot be made, by its name."""
_NO_SCENES = (
    "needs recorded scenes: give --scenes a folder with train.h5, id.h5 and ood.h5, as `clipling pickclutter fetch` "
    "brings them or `clipling pickclutter simulate` makes them"
)


def everything(
    *,
    data: Several[Path | str] = (Path("datasets"),),
    scenes: Path | str | None = None,
    shots: int = 50,
    split: Path | str | None = None,
    teacher: str = TEACHERS["large"],
    small_teacher: str | None = None,
    student: str | None = None,
    budget: str = "paper",
    image_size: int | None = None,
    seeds: Several[int] = (0, 1, 2),
    out: Path | str = "runs/paper",
    records: Path | str | None = None,
    hardware: Hardware = Hardware(),  # noqa: B008  frozen
    dry_run: bool = False,
) -> Reproduced:
    """Make every table and figure of the paper, on one page; what cannot be made is named.

    Give the command again to go on after it was stopped: what is recorded is not run again. The page is written again
    after each table.

    Parameters
    ----------
    data
        Folders of data sets, as `clipling data fetch` fills them, or data sets of one's own.
    scenes
        Folder of the scenes of Table 12, with train.h5, id.h5 and ood.h5; without it that table is left out.
    shots
        Scenes of Table 12 to show, as in `reproduce table12`.
    split
        Split of a data set of one's own; by default the folder split, splits/paper or splits/0 in it.
    teacher
        In place of the paper's ViT-L/14.
    small_teacher
        In place of the paper's RN50; rows with it are left out when --teacher is one's own and this is not given.
    student
        In place of the resnet18 of most rows, and of Table 12's efficientnet_b0.
    budget
        Share of the paper's training: tiny, small or paper.
    image_size
        Side of the student's square input in pixels, in place of the budget's; for data sets of small images.
    seeds
        Every row is trained with each.
    out
        Folder of the runs, the tables and the page, index.html.
    records
        Folder of the records, a small file for each run; by default `records` in `out`.
    hardware
        Where and how it runs. With several GPUs, a run on each at a time.
    dry_run
        Say what would run, and for about how long; write nothing.

    """
    tell_untrained(teacher, small_teacher)
    out, kept = places(out, records)
    share = share_of(budget, image_size, listed(seeds))
    common = {"teacher": teacher, "seeds": listed(seeds), "hardware": hardware}
    plans, absent = _plans(
        data=listed(data), split=split, small_teacher=small_teacher, student=student, share=share, **common
    )
    work: dict[str, Make] = {name: partial(make_table, plan, out, kept) for name, plan in plans.items()}
    try:
        work["table12"] = _table12(scenes, share, student, shots=shots, out=out / "table12", **common)
    except InputError as error:
        absent["table12"] = (error.head(), *error.lines)
    if not work:
        raise InputError("no table or figure can be made:", lines=_named(absent))
    if not dry_run:
        return _make(work, absent, out)
    told = [f"{name}: {'can be made' if name in work else 'left out'}" for name in EVERYTHING]
    told += [forecast([*plans.values()], out, kept, hardware)] if plans else []
    told += ["table12:", work["table12"](dry_run=True).text] if "table12" in work else []
    partly = [f"{name}: {line}" for name, plan in plans.items() for line in plan.left_out]
    return Reproduced("\n".join(told), left_out=(*partly, *_named(absent)))


def _plans(**options: Any) -> tuple[dict[str, Plan], Reasons]:
    """A plan for each table and figure of `reproduce`, or why it has none."""
    plans, absent = dict[str, Plan](), Reasons()
    for name in IN_PAPER:
        try:
            plan = make_plan(name, **options)
        except InputError as error:
            absent[name] = (error.head(), *error.lines)
            continue
        if lacking := lacking_umap(plan):
            absent[name] = lacking
        else:
            plans[name] = plan
    return plans, absent


def _table12(scenes: Path | str | None, share: Budget, student: str | None, **options: Any) -> Make:
    """The making of Table 12, at the budget's size and epochs where it has any. Raises InputError without scenes."""
    if scenes is None:
        raise InputError(_NO_SCENES)
    files_of(Path(scenes))
    described = Path(scenes) / "descriptions.jsonl"
    if share.epochs:
        options["epochs"] = share.epochs
    if student:
        options["student"] = student
    return partial(
        table12,
        data=scenes,
        image_size=share.image_size,
        few_shot_epochs=share.few_shot_epochs,
        descriptions=described if described.exists() else None,
        **options,
    )


def _make(work: dict[str, Make], absent: Reasons, out: Path) -> Reproduced:
    """Make one after the other, and write the page anew after each."""
    from clipling.workflows.console import say  # torch loads here, not for --help

    entries = {name: PaperEntry(name, left_out=absent.get(name, ("not made yet",))) for name in EVERYTHING}
    for number, (name, make) in enumerate(work.items(), 1):
        say(f"{name} ({number} of {len(work)})")
        entries[name] = _entry(name, make)
        page = write_paper_page([*entries.values()], out)
    left_out = [f"{name}: {line}" for name, entry in entries.items() for line in entry.left_out]
    failed = [f"{name}: {line}" for name, entry in entries.items() for line in entry.failed]
    count = sum(bool(entry.tables) for entry in entries.values())
    return Reproduced(
        f"{count} of {len(EVERYTHING)} tables and figures are made", (page,), tuple(left_out), tuple(failed)
    )


def _entry(name: str, make: Make) -> PaperEntry:
    made = list[Reproduced]()
    if error := failure_of(lambda: made.append(make())):
        return PaperEntry(name, failed=(error,))
    [one] = made
    return PaperEntry(name, one.tables, one.files, one.left_out, one.failed)


def _named(absent: Reasons) -> list[str]:
    return [f"{name}: {line}" for name, reasons in absent.items() for line in reasons]
