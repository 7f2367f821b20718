"""An exported text tower beside a bundle stands in for the teacher."""

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch

from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError, TextsAlike
from clipling.deploy import ClassEntry, Student, read_bundle, write_bundle
from clipling.deploy.exports import folder
from clipling.deploy.exports.text import export_text
from clipling.files import hash_file, read_json, write_json
from clipling.student import create_student
from clipling.teacher.tower import Teacher, load_teacher

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed: text towers are not tested")


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return load_teacher(teacher_spec())


@pytest.fixture(scope="module", params=["student/text", "exports/text"])
def shipped(teacher: Teacher, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose teacher is nowhere, with its text tower inside or beside it; returns the folder of the tower."""
    place: Path = tmp_path_factory.mktemp("shipped")
    write_bundle(
        place / "student",
        create_student("test_resnet", width=teacher.width, image_size=32),
        classes=[ClassEntry("wren", "wren", "a photo of wren", True)],
        text=teacher.encode_text(["a photo of wren"]),
        teacher={"id": teacher.id, "weights_hash": teacher.weights_hash, "spec": "local-dir:/nowhere"},
        temperature=0.07,
        template="a photo of {}",
        results=None,
        about={},
    )
    export_text(read_bundle(place / "student"), teacher, place / request.param)
    return place / request.param


@pytest.fixture
def bundle(shipped: Path) -> Path:
    return shipped.parents[1] / "student"


def test_new_names_are_embedded_as_by_the_teacher(bundle: Path, teacher: Teacher) -> None:
    student = Student.load(bundle)
    student.set_classes(["a red bird", "wren"], "a drawing of {}")
    rows = teacher.encode_text(["a drawing of a red bird", "a drawing of wren"])
    torch.testing.assert_close(student.text_bank(student.classes, "a drawing of {}").text, rows, atol=1e-4, rtol=0)
    torch.testing.assert_close(student._text, rows, atol=1e-4, rtol=0)
    with pytest.raises(InputError, match="longer than the"):
        student.set_classes(["word " * 500])


def test_the_tower_is_checked_and_opened_once(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    student, hashed = Student.load(bundle), list[Path]()
    monkeypatch.setattr(folder, "hash_file", lambda path: hashed.append(path) or hash_file(path))
    for name in ("heron", "teal", "puffin"):
        student.set_classes([name])
    assert sorted(path.name for path in hashed).count("text.onnx") == 1


def test_no_training_library_is_loaded(bundle: Path) -> None:
    program = (
        "import json, sys\n"
        "sys.modules |= dict.fromkeys(('open_clip', 'transformers', 'onnx', 'onnxscript', 'lightning_fabric'))\n"
        "import clipling\n"
        "student = clipling.load(sys.argv[1])\n"
        "student.set_classes(['heron', 'wren'])\n"
        "print(json.dumps(student.classes))\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(bundle)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["heron", "wren"]


def test_what_cannot_stand_in_is_refused_or_passed_over(shipped: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(shipped.parents[1], tmp_path / "copy")
    bundle, shipped = copy / "student", copy / shipped.relative_to(shipped.parents[1])
    (shipped / "text.onnx").rename(shipped / "gone.onnx")
    with pytest.raises(InputError, match=r"text\.onnx: missing"):
        Student.load(bundle).set_classes(["heron"])
    (shipped / "gone.onnx").rename(shipped / "text.onnx")
    with pytest.raises(InputError, match="cannot be loaded from 'local-dir:/elsewhere'"):
        Student.load(bundle, teacher="local-dir:/elsewhere").set_classes(["heron"])
    manifest = read_json(shipped / "manifest.json")
    write_json(shipped / "manifest.json", {**manifest, "teacher": {"weights_hash": "f" * 64}})
    with pytest.raises(InputError, match="put its text tower beside the bundle"):
        Student.load(bundle).set_classes(["heron"])


def test_names_with_the_same_text_to_the_tower_are_warned_of(bundle: Path) -> None:
    student = Student.load(bundle)
    with pytest.warns(TextsAlike, match="cannot tell 'wren', 'Wren' apart"):
        student.set_classes(["wren", "Wren", "heron"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        student.set_classes(["wren", "puffin"])
