"""Every verb that writes, killed before its n-th change on the disk, and given again as a person would.

    make test-kills                                     # 1,000 kills
    python tests/kills.py --kills 40 --verbs split report

It must end as one that was never killed: every file that two undisturbed commands write alike has the same bytes, there
are no others, and nothing half-written is left. Verbs take turns; once every change of one has had its kill, the
command that is given again is killed as well, before a change that is drawn.
"""

import argparse
import itertools
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent))

import clipling
from clipling.aviary import teacher_spec, write_aviary
from clipling.cli import main
from clipling.contracts.errors import InputError
from clipling.data.sets.fetch import fetch
from clipling.files import write_jsonl
from killed import changes_of
from miniature import miniature
from workflows.desk import QUICK
from workflows.kinds import LABELS, NAMES, write_kinds

TEACHER = teacher_spec()
HARDWARE = ("--hardware.accelerator", "cpu")
LOADING = (*HARDWARE, "--hardware.workers", "0")


def command(*tokens: object) -> None:
    """A command of clipling, which must end well."""
    try:
        main([str(token) for token in tokens])
    except SystemExit as stopped:
        if stopped.code:
            raise AssertionError(f"{tokens[0]}: exit status {stopped.code}") from None


@dataclass(frozen=True)
class Desk:
    """Where a verb works: what lies there is the same before each kill. `beside` is only read."""

    place: Path

    @property
    def beside(self) -> Path:
        return self.place.parent

    @property
    def birds(self) -> Path:
        return self.beside / "birds"

    @property
    def run(self) -> Path:
        """A finished run, for the verbs that go on from one."""
        return self.place / "runs" / "finished"


def split(desk: Desk) -> None:
    out = desk.place / "split"
    there = any((out / name).exists() for name in ("train.txt", "split.json"))
    command("split", desk.birds, out, *(("--overwrite",) if there else ()))


def features(desk: Desk) -> None:
    command("features", desk.birds, TEACHER, desk.place / "features", *LOADING)


def _distill(desk: Desk, out: Path, *more: object) -> None:
    quick = [token for option in QUICK.items() for token in option]
    command("distill", desk.birds, TEACHER, out, "--split", desk.birds / "split", *quick, *more)


def distill(desk: Desk) -> None:
    out = desk.place / "runs" / "new"
    _distill(desk, out, *(("--resume",) if (out / "config.yaml").exists() else ()))


def overwrite(desk: Desk) -> None:
    """Another run in the place of a finished one."""
    config = desk.run / "config.yaml"
    how = ()
    if config.exists():
        how = ("--resume",) if "seed: 1\n" in config.read_text() else ("--overwrite",)
    _distill(desk, desk.run, "--seed", 1, *how)


def fewshot(desk: Desk) -> None:
    command("fewshot", desk.run, "--shots", 1, "--epochs", 2, *LOADING, "--hardware.precision", "fp32")


def retrieval(desk: Desk) -> None:
    command("fewshot", desk.run, "--shots", 1, "--method", "retrieval", *LOADING, "--hardware.precision", "fp32")


def coherence(desk: Desk) -> None:
    command("coherence", desk.run, *LOADING)


def report(desk: Desk) -> None:
    command("report", desk.run)


def export(desk: Desk) -> None:
    command("export", desk.run, "--to", "open_clip", "--images", 4)


def textbank(desk: Desk) -> None:
    out, names = desk.place / "bank.safetensors", desk.beside / "names.txt"
    command("textbank", desk.run, names, "--out", out, *(("--overwrite",) if out.exists() else ()))


def space(desk: Desk) -> None:
    command("space", desk.birds, TEACHER, desk.place / "space", *HARDWARE)


def describe(desk: Desk) -> None:
    command("describe", desk.place / "kinds", "--source", "file", "--file", desk.beside / "descriptions.jsonl")


def caption(desk: Desk) -> None:
    command("caption", desk.place / "kinds", "--file", desk.beside / "captions.jsonl")


def data_fetch(desk: Desk) -> None:
    mini = miniature("Food101", desk.beside / "food")
    fetch(mini.known, desk.place / "Food101", lists=mini.authors, images=mini.original)


def birds(desk: Desk) -> None:
    """What `demo` begins with."""
    write_aviary(desk.place / "aviary", train=1, held_out=1)


def pick_train(desk: Desk) -> None:
    out = desk.place / "pick"
    quick = ("--student", "test_efficientnet", "--image-size", 32, "--epochs", 2, "--batch-size", 8, *LOADING)
    how = ("--resume",) if (out / "config.yaml").exists() else ()
    scenes = (desk.beside / "scenes" / "train.h5", "--ood", desk.beside / "scenes" / "ood.h5")
    command("pickclutter", "train", *scenes, "--teacher", TEACHER, "--out", out, *quick, *how)


VERBS: dict[str, Callable[[Desk], None]] = {
    verb.__name__: verb
    for verb in (
        split,
        features,
        distill,
        overwrite,
        fewshot,
        retrieval,
        coherence,
        report,
        export,
        textbank,
        space,
        describe,
        caption,
        data_fetch,
        birds,
        pick_train,
    )
}
ON_A_RUN = {"overwrite", "fewshot", "retrieval", "coherence", "report", "export", "textbank"}
ON_KINDS = {"describe", "caption"}


class Bench:
    """The desk, its content before each verb, and what undisturbed commands make of it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.desk = Desk(place / "desk")
        self._log = place / "log.txt"
        self._calm: dict[str, tuple[dict[str, bytes], set[str]]] = {}
        self._quietly(self._prepare)

    def _prepare(self) -> None:
        write_aviary(self.desk.birds, train=2, held_out=2)
        (self.place / "names.txt").write_text("a red owl\na green finch\n")
        self.desk.place.mkdir()
        _distill(self.desk, self.desk.run)
        self.desk.place.rename(self.place / "on a run")
        write_kinds(self.place / "on kinds" / "kinds")
        rows = [{"class": label, "text": f"The {name} is red."} for label, name in zip(LABELS, NAMES, strict=True)]
        write_jsonl(self.place / "descriptions.jsonl", rows)
        kinds = self.place / "on kinds" / "kinds"
        images = sorted(str(path.relative_to(kinds)) for path in kinds.rglob("*.png"))
        write_jsonl(self.place / "captions.jsonl", ({"file": file, "text": f"A picture of {file}"} for file in images))
        (self.place / "scenes").mkdir()
        _write_scenes(self.place / "scenes")

    def lay(self, name: str) -> None:
        """Put the desk back as it is before the verb."""
        shutil.rmtree(self.desk.place, ignore_errors=True)
        source = "on a run" if name in ON_A_RUN else "on kinds" if name in ON_KINDS else None
        if source:
            shutil.copytree(self.place / source, self.desk.place)
        else:
            self.desk.place.mkdir()

    def _quietly(self, work: Callable[[], object], at_most: int | None = None) -> int | None:
        def quiet() -> None:
            log = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            work()

        # the log itself is the first change
        return changes_of(quiet, at_most=None if at_most is None else at_most + 1)

    def changes(self, name: str) -> int:
        """How many changes the verb makes undisturbed; what it leaves is remembered."""
        left, count = [], 0
        for _ in range(2):
            self.lay(name)
            try:
                count = (self._quietly(lambda: VERBS[name](self.desk)) or 1) - 1
            except AssertionError:
                raise SystemExit(f"{name} fails undisturbed:\n{self._log.read_text(errors='replace')}") from None
            left.append(contents(self.desk.place))
        alike = {file: content for file, content in left[0].items() if left[1].get(file) == content}
        self._calm[name] = alike, left[0].keys() | left[1].keys()
        return count

    def kill(self, name: str, *before: int) -> str | None:
        """Kill the verb before a change, again before another if so asked, and let it end; what is wrong then."""
        self.lay(name)
        try:
            for number in before:
                self._quietly(lambda: VERBS[name](self.desk), at_most=number)
            self._quietly(lambda: VERBS[name](self.desk))
        except AssertionError as error:
            return f"{error}: {self._log.read_text(errors='replace').strip()[-600:]}"
        alike, names = self._calm[name]
        now = contents(self.desk.place)
        wrong = [f"{file} is missing" for file in alike if file not in now]
        wrong += [f"{file} is another" for file in alike if file in now and now[file] != alike[file]]
        wrong += [f"{file} is left over" for file in now.keys() - names]
        return "; ".join(sorted(wrong)[:5]) or None


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but locks and the curves of tensorboard, whose names hold time and process."""
    files = (path for path in folder.rglob("*") if path.is_file() and "tensorboard" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if not path.name.endswith(".lock")}


def _write_scenes(folder: Path) -> None:
    from applications.pickclutter.conftest import COLOURS, SEEN, drawn_scene
    from clipling.applications.pickclutter.episodes import write_episodes

    for seed, (name, count, objects) in enumerate((("train", 16, SEEN), ("ood", 6, tuple(COLOURS)))):
        write_episodes(folder / f"{name}.h5", (drawn_scene(number, objects, seed) for number in range(count)))


def kills(bench: Bench, names: list[str], count: int) -> int:
    """So many kills, spread over the verbs and their changes; how many ended otherwise than undisturbed."""
    changes = {name: bench.changes(name) for name in names}
    print("changes on the disk:", ", ".join(f"{name} {number}" for name, number in changes.items()), flush=True)
    draw = random.Random(0)
    left = {name: draw.sample(range(number), number) for name, number in changes.items()}
    failed, done, started = 0, 0, time.perf_counter()
    for name in itertools.cycle(names):
        if done >= count:
            break
        before = [left[name].pop()] if left[name] else [draw.randrange(changes[name]) for _ in range(2)]
        done += len(before)
        if wrong := bench.kill(name, *before):
            failed += 1
            print(f"{name}, killed before change {' and '.join(map(str, before))}: {wrong}", flush=True)
        if done % 25 < len(before):
            print(f"{done} kills, {failed} failed, {time.perf_counter() - started:.0f} s", flush=True)
    print(f"{done} kills of {len(names)} verbs: {failed} ended otherwise than undisturbed", flush=True)
    return failed


def load_everything() -> None:
    """Import what the verbs will, once here and not in every child."""
    for module in walk_packages(clipling.__path__, "clipling."):
        if not module.name.endswith(("__main__", ".headless", ".simulation", ".rendering")):
            with suppress(ImportError, InputError):  # an extra that is not installed
                import_module(module.name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--verbs", nargs="+", choices=VERBS, default=list(VERBS))
    asked = parser.parse_args()
    load_everything()
    with tempfile.TemporaryDirectory() as place:
        sys.exit(1 if kills(Bench(Path(place).resolve()), asked.verbs, asked.kills) else 0)
