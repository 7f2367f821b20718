"""A job: one training behind a table and everything measured on it, known by the hash of all its settings."""

import json
from collections import Counter
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, replace
from functools import cached_property, lru_cache
from glob import escape
from itertools import chain
from pathlib import Path
from typing import Any, get_type_hints

from clipling.contracts.errors import InputError
from clipling.files import hash_file, hash_strings
from clipling.recipes import RECIPES, Recipe, get_recipe
from clipling.recipes.budgets import Budget
from clipling.recipes.matrix import TEACHERS, Experiment
from clipling.report.records import Record, read_record
from clipling.training.config import Hardware
from clipling.workflows.reproduction.data import Source

SHOTS = 5
_TAUGHT_BY_SHOTS = {"finetune", "half"}
"""Parts in which a student is trained on images of unseen classes."""
_SHOWN = _TAUGHT_BY_SHOTS | {"retrieval"}
"""Parts that need images of every unseen class, and more to measure on."""


@dataclass(frozen=True)
class Job:
    """One training on one data set with one seed, and the parts to be measured."""

    source: Source
    experiment: Experiment
    teacher: str
    budget: Budget
    seed: int
    parts: tuple[str, ...]
    hardware: Hardware = field(default_factory=Hardware)

    @property
    def name(self) -> str:
        """The name of its run and of its record: readable, and another one for any other settings."""
        return f"{self.source.name}-{self.experiment.label}-seed{self.seed}-{self.digest[:8]}"

    @property
    def recipe(self) -> Recipe:
        """The recipe with the budget's numbers in it, and batches that its images fill."""
        chosen = get_recipe(self.experiment.recipe, self.experiment.student)
        text = chosen.text
        if self.experiment.wording:
            text = replace(text, descriptions_file=self.source.described_in(self.experiment.wording))
        epochs, repeats = self.budget.epochs or chosen.epochs, self.budget.repeats or chosen.repeats
        images = len(self.source.split.train)
        batch_size = min(chosen.batch_size, images * (repeats or chosen.repeats_for(images)))
        return replace(chosen, epochs=epochs, repeats=repeats, batch_size=batch_size, text=text)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything the figures depend on, but the machine, the code, and what is in the images, which go by name.

        No folder's place is part of it.
        """
        split = self.source.split
        common: dict[str, Any] = {
            "data": self.source.name,
            "images": {"train": len(split.train), "id": len(split.id), "ood": len(split.ood)},
            "split": self.source.hash,
            "files": self._text_hashes(),
            "teacher": _teacher_identity(self.teacher),
        }
        if not self.experiment.recipe:
            return common
        recipe = asdict(self.recipe)
        recipe["text"]["descriptions_file"] = self.experiment.wording or None
        return {
            **common,
            "seed": self.seed,
            "student": self.experiment.student,
            "image_size": self.budget.image_size,
            "recipe": recipe,
            "few_shot": {"shots": SHOTS, "epochs": self.budget.few_shot_epochs, "draws": self.budget.draws},
        }

    @cached_property
    def digest(self) -> str:
        """The hash of the settings."""
        return hash_strings([json.dumps(self.settings, sort_keys=True)])

    def record(self, records: Path) -> Record:
        """What is recorded of it in that folder; a record without figures where there is none."""
        path = self.path(records)
        if path.exists():
            return read_record(path)
        return Record(self.source.name, self.experiment.label, self.seed, self.digest, self.settings, {}, {})

    def path(self, records: Path) -> Path:
        """The file of its record: that of its name, or one from before a recipe had all the settings it has now.

        Raises InputError when the file of its name is the record of something else.
        """
        usual, stem = records / f"{self.name}.json", self.name.rpartition("-")[0]
        for path in (usual, *sorted(records.glob(f"{escape(stem)}-*.json"))):
            if path.exists() and same_settings(read_record(path).settings, self.settings):
                return path
        if usual.exists():
            raise InputError(f"{usual}: its settings are not those of its name; it was changed, remove it")
        return usual

    def missing(self, records: Path) -> tuple[str, ...]:
        """The parts that are not recorded yet."""
        measured = self.record(records).figures
        return tuple(part for part in self.parts if part not in measured)

    def lacks(self) -> str | None:
        """What is not there that it cannot do without; None when it can be begun."""
        if not self.teacher:
            usual = TEACHERS[self.experiment.teacher]
            return f"belongs to another teacher, in the paper {usual}; give it as --small-teacher"
        if not self.experiment.recipe:
            return None
        if self.experiment.recipe not in RECIPES:
            return f"there is no recipe {self.experiment.recipe}"
        if few := self._fewer_than_shots():
            return few
        root, wording, described = self.source.root, self.experiment.wording, self._described
        if described and not described.exists():
            return (
                f"needs {described}: clipling describe {root} --instruction {wording or 'paper'} --model MODEL "
                f"--out {described}"
            )
        for part, files in self._captioned.items():
            if not self.source.captions.keys() >= set(files):
                return f"needs {self.source.captions_file} with every image of its {part} list: clipling caption {root}"
        return None

    def _fewer_than_shots(self) -> str | None:
        split = self.source.split
        if _SHOWN.isdisjoint(self.parts):
            return None
        needed = 2 if "half" in self.parts else 1
        if len(split.unseen_classes) < needed:
            return f"shows images of unseen classes, of which there are {len(split.unseen_classes)}; it takes {needed}"
        counts = Counter(split.labels[file] for file in split.ood)
        if small := [label for label in split.unseen_classes if counts[label] <= SHOTS]:
            return (
                f"shows {SHOTS} images of each unseen class and measures on others, but class {small[0]} has "
                f"{counts[small[0]]}; leave such classes out, or take zero_shot, the table without shots"
            )
        return None

    @property
    def _described(self) -> Path | None:
        """The descriptions that decide its figures; a student cannot do without."""
        if self.experiment.recipe and self.recipe.text.descriptions == "none":
            return None
        return self.source.described_in(self.experiment.wording)

    @property
    def _captioned(self) -> dict[str, tuple[str, ...]]:
        """The images whose captions decide its figures; a student cannot do without, a teacher tells what is there."""
        split = self.source.split
        if not self.experiment.recipe:
            return {"ood": split.ood}
        if not self.recipe.losses.cap:
            return {}
        return {"train": split.train} | ({"ood": split.ood} if _TAUGHT_BY_SHOTS & {*self.parts} else {})

    def _text_hashes(self) -> dict[str, str]:
        """Labels and texts beside the images that decide its figures; captions of other images may come and go."""
        root = self.source.root
        files = [root / "classes.csv", *([self._described] if self._described else [])]
        hashes = {path.name: hash_file(path) for path in files if path.exists()}
        if (root / "labels.csv").exists():
            labels = self.source.split.labels
            hashes["labels"] = hash_strings(f"{file}\t{labels[file]}" for file in self.source.split.files)
        for part, images in self._captioned.items():
            said = [(file, self.source.captions[file]) for file in images if file in self.source.captions]
            if said:
                hashes[f"{self.source.captions_file.name}, {part}"] = hash_strings(chain.from_iterable(said))
        return hashes


def same_settings(before: dict[str, Any], now: dict[str, Any]) -> bool:
    """Whether recorded settings are those of now; what was not recorded, being younger, must have its default."""
    plain = (json.loads(json.dumps(settings)) for settings in (before, now, {"recipe": _defaults(Recipe)}))
    return _same(*plain)


def _same(before: Any, now: Any, usual: Any) -> bool:
    if not isinstance(before, dict) or not isinstance(now, dict):
        return bool(before == now)
    known = usual if isinstance(usual, dict) else {}
    younger = now.keys() - before.keys()
    return (
        before.keys() <= now.keys()
        and all(key in known and now[key] == known[key] for key in younger)
        and all(_same(before[key], now[key], known.get(key)) for key in before)
    )


def _defaults(record: type) -> dict[str, Any]:
    """The defaults of a dataclass by field, those of the dataclasses within it too."""
    kinds, found = get_type_hints(record), dict[str, Any]()
    for one in fields(record):
        if is_dataclass(kinds[one.name]):
            found[one.name] = _defaults(kinds[one.name])
        elif one.default is not MISSING:
            found[one.name] = one.default
    return found


@lru_cache(maxsize=8)
def _teacher_identity(teacher: str) -> dict[str, str]:
    """The teacher without the place where it lies: its name, and for a local folder the hash of its files.

    Pages beside the weights do not count, and a file that names the folder itself, as open_clip's configuration does
    for a text tower that lies in it, counts as if the folder were ".".
    """
    kind, separator, place = teacher.partition("local-dir:")
    if kind or not separator:
        return {"spec": teacher}
    folder = Path(place).expanduser()
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected an open_clip model, as local-dir:FOLDER")
    folder = folder.resolve()
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")
    hashed = (f"{path.relative_to(folder).as_posix()} {_hash_anywhere(path, folder)}" for path in files)
    return {"spec": f"local-dir:{folder.name}", "files": hash_strings(hashed)}


def _hash_anywhere(path: Path, folder: Path) -> str:
    """The hash of a file of `folder`, the same wherever the folder lies."""
    if path.suffix != ".json":
        return hash_file(path)
    named = json.dumps(str(folder))[1:-1]  # as JSON spells it
    return hash_strings([path.read_text(encoding="utf-8", errors="surrogateescape").replace(named, ".")])
