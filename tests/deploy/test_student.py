"""The student as a user meets it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from clipling.contracts.errors import InputError
from clipling.contracts.records import Prediction
from clipling.data.augment import storage_size
from clipling.data.loader import evaluation_loader
from clipling.data.pixels import open_pixels
from clipling.deploy import ClassEntry, Student, read_bundle, write_bundle
from clipling.deploy.pixels import pixels_of
from clipling.evaluation import encode_images, top_predictions
from clipling.student import create_student
from clipling.teacher.tower import Teacher, load_teacher


@pytest.fixture
def student(bundle: Path) -> Student:
    return Student.load(bundle)


def test_embeddings_are_those_of_the_network(bundle: Path, picture: Image.Image, student: Student):
    back = read_bundle(bundle)
    expected = back.net.encode_image(pixels_of(picture, back.config)[None])
    assert torch.equal(student.encode_image(picture), expected)
    assert student.width == 16


def test_mixed_forms_and_sizes_keep_their_order_over_batches(bundle: Path, picture: Image.Image, tmp_path: Path):
    picture.save(tmp_path / "bird.png")
    small = picture.resize((40, 30))
    mixture = [tmp_path / "bird.png", small, np.asarray(picture), picture, np.asarray(small)]
    rows = Student.load(bundle, batch_size=2).encode_image(mixture)
    alone = [Student.load(bundle).encode_image(image)[0] for image in (picture, small)]
    for row, index in zip(rows, [0, 1, 0, 0, 1], strict=True):
        torch.testing.assert_close(row, alone[index])
    assert not torch.allclose(alone[0], alone[1])


def test_no_images(student: Student):
    assert student.encode_image([]).shape == (0, 16)
    assert student.predict([]) == []


def test_all_classes_of_the_bundle_at_first(student: Student):
    assert student.classes == ("wren", "red kite", "swan", "lark")


def test_predictions_are_the_softmax_over_the_classes(student: Student, facts: dict[str, Any], picture: Image.Image):
    [answers] = student.predict(picture, k=3)
    chances = (student.encode_image(picture)[0] @ facts["text"].T / 0.07).softmax(dim=0)
    order = chances.argsort(descending=True)[:3].tolist()
    assert [answer.label for answer in answers] == [student.classes[number] for number in order]
    assert all(isinstance(answer, Prediction) for answer in answers)
    for answer, number in zip(answers, order, strict=True):
        assert answer.probability == pytest.approx(float(chances[number]), rel=1e-4)


def test_k_above_the_number_of_classes(student: Student, picture: Image.Image):
    assert len(student.predict([picture, picture])[1]) == 4
    with pytest.raises(InputError, match="k is 0"):
        student.predict(picture, k=0)


def test_stored_classes_need_no_teacher(student: Student, picture: Image.Image):
    """The teacher of this bundle does not exist, so that any attempt to load it would be an error."""
    before = {answer.label: answer.probability for answer in student.predict(picture)[0]}
    student.set_classes(["swan", "wren"])
    assert student.classes == ("swan", "wren")
    after = {answer.label: answer.probability for answer in student.predict(picture)[0]}
    assert after["swan"] / after["wren"] == pytest.approx(before["swan"] / before["wren"], rel=1e-4)
    assert sum(after.values()) == pytest.approx(1, rel=1e-5)


def test_a_teacher_that_cannot_be_loaded_is_named_with_what_to_do(student: Student, picture: Image.Image):
    before = student.predict(picture)
    with pytest.raises(InputError, match=r"'puffin'.*'local-dir:kestrel'.*cannot be loaded.*teacher='local-dir:PATH'"):
        student.set_classes(["swan", "puffin"])
    assert student.predict(picture) == before


def test_another_template_needs_the_teacher(student: Student):
    with pytest.raises(InputError, match="local-dir:kestrel"):
        student.set_classes(["swan"], template="a drawing of {}")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "no class names"),
        (["swan", "wren", "swan"], "'swan' comes 2 times"),
        (["swan", " "], "number 1 is empty"),
        (["swan", "wren", "\u200b"], "number 2 is empty"),
        (["caf\u00e9", "cafe\u0301"], "'caf\u00e9' comes 2 times"),
        ("swan", "expected a list of names"),
    ],
)
def test_names_that_make_no_choice(student: Student, names: Any, message: str):
    with pytest.raises(InputError, match=message):
        student.set_classes(names)
    assert len(student.classes) == 4


def test_a_template_without_a_place_for_the_name(student: Student):
    with pytest.raises(InputError, match="template"):
        student.set_classes(["swan"], template="a photo")


def test_a_finished_run_is_taken_for_its_student(bundle: Path, picture: Image.Image, student: Student):
    assert Student.load(str(bundle.parent)).predict(picture) == student.predict(picture)
    bundle.rename(bundle.with_name(".student.former"))
    assert Student.load(bundle.parent).predict(picture) == student.predict(picture)


def test_it_stays_in_evaluation_mode(bundle: Path, student: Student, picture: Image.Image):
    student.encode_image(picture)
    assert not any(part.training for part in student.net.modules())
    assert not student.encode_image(picture).requires_grad


def test_bf16_stays_near_float32(bundle: Path, student: Student, picture: Image.Image):
    low = Student.load(bundle, dtype=torch.bfloat16).encode_image(picture)
    exact = student.encode_image(picture)
    assert low.dtype == torch.float32
    assert not torch.equal(low, exact)
    torch.testing.assert_close(low, exact, atol=0.05, rtol=0)


def test_a_student_of_other_channels_is_refused(tmp_path: Path, facts: dict[str, Any]):
    write_bundle(tmp_path / "depth", create_student("test_resnet", width=16, image_size=48, channels=4), **facts)
    assert read_bundle(tmp_path / "depth").net.channels == 4
    with pytest.raises(InputError, match="takes 4 channels"):
        Student.load(tmp_path / "depth")


def test_a_batch_size_below_one(bundle: Path):
    with pytest.raises(InputError, match="batch size 0"):
        Student.load(bundle, batch_size=0)


def test_loading_and_predicting_import_no_teacher_library(bundle: Path, picture: Image.Image, tmp_path: Path):
    picture.save(tmp_path / "bird.png")
    program = (
        "import json, sys\n"
        "from clipling.deploy import Student\n"
        "answers = Student.load(sys.argv[1]).predict(sys.argv[2])\n"
        "heavy = [name for name in ('open_clip', 'transformers', 'lightning_fabric') if name in sys.modules]\n"
        "print(json.dumps([len(answers[0]), heavy]))\n"
    )
    arguments = [sys.executable, "-c", program, str(bundle), str(tmp_path / "bird.png")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=120)
    assert json.loads(done.stdout) == [4, []]


@pytest.mark.shared
def test_predictions_equal_those_of_the_evaluation(bundle: Path, photos: list[Path], tmp_path: Path):
    back, files = read_bundle(bundle), [path.name for path in photos[:6]]
    pixels = open_pixels(
        photos[0].parent, files, size=storage_size(48), folder=tmp_path / "cache", budget_bytes=10**9, workers=1
    )
    features = encode_images(back.net, evaluation_loader(pixels, range(6), size=48, batch_size=3, workers=0), 6)
    student = Student.load(bundle, batch_size=3)
    assert torch.equal(student.encode_image(photos[:6]), features)
    assert student.predict(photos[:6]) == top_predictions(features, back.text, student.classes, temperature=0.07)


@pytest.fixture(scope="module")
def teacher(test_bed: Path) -> Teacher:
    return load_teacher(f"local-dir:{test_bed / 'teacher'}")


@pytest.fixture
def taught(tmp_path: Path, test_bed: Path, teacher: Teacher) -> Path:
    """A bundle whose text rows are those of a real teacher."""
    names = ["goldfish", "school bus"]
    entries = [ClassEntry(name, name, f"a photo of {name}", True) for name in names]
    write_bundle(
        tmp_path / "student",
        create_student("test_resnet", width=teacher.width, image_size=48),
        classes=entries,
        text=teacher.encode_text([entry.text for entry in entries]),
        teacher={
            "id": teacher.id,
            "weights_hash": teacher.weights_hash,
            "spec": f"local-dir:{test_bed / 'teacher'}",
        },
        temperature=0.07,
        template="a photo of {}",
        results=None,
        about={},
    )
    return tmp_path / "student"


@pytest.mark.shared
def test_new_classes_are_embedded_by_the_teacher(taught: Path, teacher: Teacher, picture: Image.Image):
    student = Student.load(taught)
    student.set_classes(["espresso", "goldfish", "cliff"])
    rows = teacher.encode_text([f"a photo of {name}" for name in student.classes])
    chances = (student.encode_image(picture) @ rows.T / 0.07).softmax(dim=1)[0]
    found = {answer.label: answer.probability for answer in student.predict(picture)[0]}
    assert found == pytest.approx(dict(zip(student.classes, chances.tolist(), strict=True)), abs=1e-4)


@pytest.mark.shared
def test_a_teacher_that_has_moved_is_found_where_the_user_says_and_asked_once(
    taught: Path, test_bed: Path, tmp_path: Path
):
    link = tmp_path / "elsewhere"
    link.symlink_to(test_bed / "teacher")
    student = Student.load(taught, teacher=f"local-dir:{link}")
    student.set_classes(["cliff"], template="a drawing of {}")
    link.unlink()
    student.set_classes(["cliff"], template="a drawing of {}")
    assert student.classes == ("cliff",)
    with pytest.raises(InputError, match=r"cannot be loaded from 'local-dir:.*elsewhere'"):
        student.set_classes(["cliff"])


@pytest.mark.shared
def test_another_teacher_is_refused(tmp_path: Path, test_bed: Path, teacher: Teacher, facts: dict[str, Any]):
    write_bundle(tmp_path / "student", create_student("test_resnet", width=16, image_size=48), **facts)
    student = Student.load(tmp_path / "student", teacher=f"local-dir:{test_bed / 'teacher'}")
    with pytest.raises(InputError, match=rf"other weights \(SHA-256 {teacher.weights_hash[:12]}, expected 000000"):
        student.set_classes(["cliff"])
