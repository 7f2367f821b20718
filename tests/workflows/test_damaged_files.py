"""Every file of a run, damaged in every way: an error that names it, never a traceback and never nonsense."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

import clipling
from clipling.contracts.errors import InputError
from clipling.data.split import read_split
from clipling.deploy import read_bundle
from clipling.deploy.config import read_config
from clipling.deploy.exports.folder import read_manifest
from clipling.deploy.seal import seal
from clipling.files import read_json, write_json
from clipling.language.config import TextConfig
from clipling.report import read_run
from clipling.report.journal import read_epochs
from clipling.report.page import write_report
from clipling.report.predictions import read_predictions
from clipling.report.records import Record, read_record, write_record
from clipling.teacher.features import FeatureStore
from clipling.training.checkpoint import load_latest, save_checkpoint
from clipling.training.journal import Journal
from clipling.workflows.distillation.begun import take_up_begun
from clipling.workflows.distillation.inputs import read_inputs
from clipling.workflows.run import Run
from clipling.workflows.settings import Settings
from damage import ANY, JSON, YAML, with_other_values

Read = Callable[[Path, Path], object]
"""Of the folder of the run, and that of the data set."""


def settings(run: Path, data: Path) -> Settings:
    return Settings.from_record(Run(run).config, run / "config.yaml")


def resealed(run: Path, data: Path) -> object:
    seal(run / "student")
    return read_bundle(run / "student")


def begun(run: Path, data: Path) -> object:
    return take_up_begun(Run(run), read_inputs(data, data / "split", seed=0, text=TextConfig()))


READERS: dict[str, tuple[Read, ...]] = {
    "results.json": (
        lambda run, data: Run(run).result("accuracy_bundle", dict[str, float]),
        lambda run, data: read_run(run),
    ),
    "environment.json": (lambda run, data: write_report(run),),
    "begun.json": (begun,),
    "log.jsonl": (lambda run, data: Journal(run / "log.jsonl"), lambda run, data: read_epochs(run / "log.jsonl")),
    "predictions.jsonl": (lambda run, data: read_predictions(run / "predictions.jsonl"),),
    "split/split.json": (lambda run, data: read_split(run / "split", data),),
    "student/config.json": (resealed,),
    "student/labels.json": (resealed, lambda run, data: read_run(run)),
    "student/hashes.json": (lambda run, data: read_bundle(run / "student"),),
    "features/manifest.json": (lambda run, data: FeatureStore.open(run / "features"),),
    "features/skipped.json": (lambda run, data: FeatureStore.open(run / "features"),),
    "record.json": (lambda run, data: read_record(run / "record.json"),),
    "exports/mine/manifest.json": (lambda run, data: read_manifest(run / "exports/mine"),),
}


@pytest.fixture(scope="module")
def place(finished: clipling.Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the finished run, with features, a record and an export in it."""
    place = tmp_path_factory.mktemp("damaged") / "run"
    shutil.copytree(finished.folder, place)
    (store,) = (finished.folder.parent / ".clipling/features").glob("*/manifest.json")
    shutil.copytree(store.parent, place / "features")
    write_record(place / "record.json", Record("birds", "cls", 0, "0" * 8, {}, {"student": {"id": 0.5}}, {}))
    write_json(place / "exports/mine/manifest.json", {"schema": 1, "files": {}, "measured": []})
    return place


@contextmanager
def damaged(path: Path, content: bytes) -> Iterator[None]:
    """The file with another content, and afterwards as it was."""
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(before)
        if path.parent.name == "student" and path.name != "hashes.json":
            seal(path.parent)


@pytest.mark.parametrize("file", READERS)
def test_a_damaged_file_is_named(file: str, place: Path, aviary: Path) -> None:
    for read in READERS[file]:
        read(place, aviary)
        for name, damage in JSON.items():
            if name == "emptied" and file.endswith(".jsonl"):
                continue  # no lines
            with (
                damaged(place / file, damage((place / file).read_bytes())),
                pytest.raises(InputError, match=Path(file).name),
            ):
                read(place, aviary)


@pytest.mark.parametrize("damage", YAML)
def test_a_damaged_config_is_named(damage: str, place: Path, aviary: Path) -> None:
    path = place / "config.yaml"
    with damaged(path, YAML[damage](path.read_bytes())):
        with pytest.raises(InputError, match=r"config\.yaml"):
            settings(place, aviary)
        if damage != "emptied":  # a page can do without
            with pytest.raises(InputError, match=r"config\.yaml"):
                read_run(place)


FREE = {"seed", "schema", "intervals", "accuracy_std", "rows", "width", "captions", "none_of_these"}
"""Fields that no reader needs, or that may hold anything of `OTHER_VALUES` that is their own type."""
FIELDS: dict[str, Read] = {
    "results.json": lambda run, data: read_run(run),
    "begun.json": begun,
    "split/split.json": lambda run, data: read_split(run / "split", data),
    "student/config.json": lambda run, data: read_config(run / "student/config.json"),
    "features/manifest.json": lambda run, data: FeatureStore.open(run / "features"),
    "record.json": lambda run, data: read_record(run / "record.json"),
}


def refusal(read: Callable[[], object]) -> str:
    """What the error says; empty where there is none. Any other exception passes."""
    try:
        read()
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("file", FIELDS)
def test_a_field_of_another_type_is_an_error_or_of_no_account(file: str, place: Path, aviary: Path) -> None:
    refused, path = set[str](), place / file
    record = read_json(path)
    for field, _, changed in with_other_values(record):
        with damaged(path, json.dumps(changed).encode()):
            said = refusal(lambda: FIELDS[file](place, aviary))
        assert not said or Path(file).name in said or str(place) in said
        refused |= {field} if said else set()
    assert refused >= record.keys() - FREE


def test_a_setting_of_another_type_is_an_error(place: Path) -> None:
    record, where = Run(place).config, place / "config.yaml"
    for group in ("losses", "optimizer", "schedule", "augmentation", "text", "hardware"):
        for other in (3, "text", [1, 2], True):
            with pytest.raises(InputError, match=rf"config\.yaml: {group} is .*expected an object, or group"):
                Settings.from_record({**record, group: other}, where)
        for field, value, changed in with_other_values(record[group]):
            said = refusal(lambda changed=changed, group=group: Settings.from_record({**record, group: changed}, where))
            assert said.startswith(f"{where}: {group}.{field}") or not (said or isinstance(value, dict))


TENSORS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "NaN": lambda tensor: torch.full_like(tensor, torch.nan),
    "one infinity": lambda tensor: tensor.index_fill(0, torch.tensor([0]), torch.inf),
    "whole numbers": lambda tensor: tensor.mul(100).to(torch.int32),
    "half precision": lambda tensor: tensor.half(),
    "another width": lambda tensor: tensor[:, :-1].contiguous(),
    "a row less": lambda tensor: tensor[:-1],
    "no row": lambda tensor: tensor[:0],
    "one axis more": lambda tensor: tensor[None],
}
ROWS = {"zeros": torch.zeros_like, "twice as long": lambda tensor: 2 * tensor}


@pytest.mark.parametrize(
    ("file", "name", "change"),
    [
        *(("model.safetensors", "backbone.fc.weight", change) for change in TENSORS.values()),
        *(("text.safetensors", "text", change) for change in (TENSORS | ROWS).values()),
        ("model.safetensors", "backbone.conv1.weight", lambda tensor: tensor * 1e38),
        ("model.safetensors", "backbone.fc.bias", lambda tensor: tensor[None]),
    ],
)
def test_tensors_that_no_student_has_are_named(
    file: str, name: str, change: Callable[[torch.Tensor], torch.Tensor], place: Path
) -> None:
    path = place / "student" / file
    tensors = load_file(path)
    if name not in tensors:
        name = next(key for key in tensors if key.endswith(".weight") and tensors[key].ndim == 4)
    content = save({**tensors, name: change(tensors[name]).contiguous()})
    with damaged(path, content), pytest.raises(InputError, match=r"(text|model)\.safetensors|labels\.json"):
        resealed(place, place)


@pytest.mark.parametrize("damage", ANY)
@pytest.mark.parametrize("file", ["model.safetensors", "text.safetensors"])
def test_tensor_files_that_are_cut_are_named(file: str, damage: str, place: Path) -> None:
    path = place / "student" / file
    with damaged(path, ANY[damage](path.read_bytes())), pytest.raises(InputError, match=file):
        resealed(place, place)


GIANTS: dict[str, dict[str, Any]] = {
    "a million channels": {"channels": 1_000_000, "mean": [0.5] * 1_000_000, "std": [0.5] * 1_000_000},
    "a thousand channels": {"channels": 1000, "mean": [0.5] * 1000, "std": [0.5] * 1000},
    "a giant": {"architecture": "vit_giant_patch14_224", "image_size": 224},
    "a large picture": {"image_size": 1_000_000},
    "a tiny deviation": {"std": [1e-30] * 3},
    "a temperature near zero": {"temperature": 1e-30},
    "a huge temperature": {"temperature": 1e30},
}


@pytest.mark.parametrize("case", GIANTS)
def test_sizes_are_refused_before_a_network_is_built(case: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clipling.deploy import bundle

    monkeypatch.setattr(bundle, "create_student", None)
    path = place / "student/config.json"
    values = {**read_json(path), **GIANTS[case]}
    size = values["image_size"]
    values["resize"] = {"shorter_side": round(size * 8 / 7), "crop": size}
    before = path.read_bytes()
    with damaged(path, before):
        write_json(path, values)
        with pytest.raises(InputError, match=r"config\.json|model\.safetensors"):
            resealed(place, place)


STATES: dict[str, Any] = {
    "a list": [1, 2],
    "no epoch": {"net": {}},
    "an epoch in words": {"epoch": "two", "net": {}},
    "weights that are none": {"epoch": 2, "net": {"weight": 3}},
    "NaN": {"epoch": 2, "net": {"weight": torch.tensor([torch.nan])}},
}


@pytest.mark.parametrize("state", STATES)
def test_a_checkpoint_of_another_form_is_named(state: str, tmp_path: Path) -> None:
    torch.save(STATES[state], tmp_path / "epoch-0002.pt")
    with pytest.raises(InputError, match=r"epoch-0002\.pt: this checkpoint is cut short or damaged"):
        load_latest(tmp_path)


@pytest.mark.parametrize("damage", ANY)
def test_a_damaged_checkpoint_is_named(damage: str, tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, {"epoch": 1, "net": {"weight": torch.ones(100)}})
    path.write_bytes(ANY[damage](path.read_bytes()))
    with pytest.raises(InputError, match=r"epoch-0001\.pt"):
        load_latest(tmp_path)


@pytest.mark.parametrize("part", ["net", "optimizer", "schedule"])
def test_a_checkpoint_of_another_training_is_named(
    part: str, finished: clipling.Run, tiny: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(finished.folder, out)
    shutil.copytree(finished.folder.parent / ".clipling", tmp_path / ".clipling")
    (out / "results.json").unlink()
    latest = sorted((out / "checkpoints").iterdir())[-1]
    state = torch.load(latest, weights_only=True)
    torch.save({**state, part: {"weight": torch.ones(2)}, "epoch": 1}, latest)
    with pytest.raises(InputError, match=rf"{latest.name}: does not fit the training that is resumed"):
        clipling.distill(**tiny, out=out, resume=True)
