"""A text bank stands in for the teacher, for its own names and its own teacher's students."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file

from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.deploy import ClassEntry, Student, write_bundle
from clipling.deploy.bank import read_bank, write_bank
from clipling.student import create_student
from clipling.teacher.tower import Teacher, load_teacher
from clipling.tensors import unit

NAMES = ["a red bird", "heron", "a blue bird with a crest"]
TEMPLATE = "a photo of {}"


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return load_teacher(teacher_spec())


@pytest.fixture
def orphan(tmp_path: Path, teacher: Teacher) -> Path:
    """A bundle whose teacher is not where it was."""
    entries = [ClassEntry(name, name, f"a photo of {name}", True) for name in ("heron", "wren")]
    write_bundle(
        tmp_path / "student",
        create_student("test_resnet", width=teacher.width, image_size=48),
        classes=entries,
        text=teacher.encode_text([entry.text for entry in entries]),
        teacher={"id": teacher.id, "weights_hash": teacher.weights_hash, "spec": "local-dir:/nowhere"},
        temperature=0.07,
        template=TEMPLATE,
        results=None,
        about={},
    )
    return tmp_path / "student"


@pytest.fixture
def banked(orphan: Path, tmp_path: Path) -> Path:
    write_bank(tmp_path / "names.safetensors", Student.load(orphan, teacher=teacher_spec()).text_bank(NAMES))
    return tmp_path / "names.safetensors"


def test_its_names_need_no_teacher(orphan: Path, banked: Path, teacher: Teacher, picture: Image.Image) -> None:
    student = Student.load(orphan, bank=banked)
    assert student.classes == tuple(NAMES)
    rows = teacher.encode_text([f"a photo of {name}" for name in NAMES])
    chances = (student.encode_image(picture) @ rows.T / 0.07).softmax(dim=1)[0].tolist()
    found = {answer.label: answer.probability for answer in student.predict(picture)[0]}
    assert found == pytest.approx(dict(zip(NAMES, chances, strict=True)), abs=1e-5)
    student.set_classes(["wren", "a red bird"])  # of the bundle, of the bank
    assert student.predict(picture, threshold=-1.0)[0]


def test_a_name_in_neither_is_named(orphan: Path, banked: Path) -> None:
    student = Student.load(orphan, bank=banked)
    with pytest.raises(InputError, match=r"'puffin'.*not in the text bank.*cannot be loaded"):
        student.set_classes(["heron", "puffin"])
    assert student.classes == tuple(NAMES)


def test_its_template_is_asked_with_and_ends_the_calibration(orphan: Path, tmp_path: Path, teacher: Teacher) -> None:
    student = Student.load(orphan, teacher=teacher_spec())
    write_bank(tmp_path / "drawn.safetensors", student.text_bank(["wren"], "a drawing of {}"))
    drawn = Student.load(orphan, bank=tmp_path / "drawn.safetensors")
    drawn.set_classes(["wren"])
    torch.testing.assert_close(drawn._text, teacher.encode_text(["a drawing of wren"]), atol=1e-6, rtol=0)
    assert (student._as_trained, drawn._as_trained) == (True, False)


def test_another_teachers_bank_is_refused(orphan: Path, banked: Path) -> None:
    bank = read_bank(banked)
    assert bank.names == tuple(NAMES)
    write_bank(banked, replace(bank, made=replace(bank.made, weights_hash="f" * 64)))
    with pytest.raises(InputError, match=r"the text bank was made by the teacher .*ffffffffffff.*do not share a space"):
        Student.load(orphan, bank=banked)
    write_bank(banked, replace(bank, made=replace(bank.made, template=None, prompt="e" * 64)))
    with pytest.raises(InputError, match="prompt that another student learned"):
        Student.load(orphan, bank=banked)


def test_a_learned_prompts_bank_holds_what_the_prompt_gives(orphan: Path, tmp_path: Path, teacher: Teacher) -> None:
    from clipling.deploy import read_bundle

    plain, context = read_bundle(orphan), 0.02 * torch.randn(3, teacher.token_width)
    bundle = replace(plain, prompt=context)
    write_bank(tmp_path / "learned.safetensors", Student(bundle, teacher=teacher_spec()).text_bank(NAMES))
    student = Student(bundle, bank=read_bank(tmp_path / "learned.safetensors"))
    torch.testing.assert_close(student._text, teacher.prompted(NAMES, 3)(context), atol=1e-6, rtol=0)
    with pytest.raises(InputError, match="prompt that another student learned"):
        Student(plain, bank=read_bank(tmp_path / "learned.safetensors"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_bytes(b"not at all"), "not a safetensors file"),
        (lambda path: save_file({"text": torch.eye(2)}, path), "no text bank"),
    ],
)
def test_what_is_no_bank_is_named(orphan: Path, banked: Path, spoil: Any, said: str) -> None:
    spoil(banked)
    with pytest.raises(InputError, match=rf"names\.safetensors: .*{said}"):
        Student.load(orphan, bank=banked)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"names": "[1, 2, 3]"}, "names is 1; expected a text"),
        ({"names": "{}"}, r"names is \{\}; expected a list"),
        ({"names": "[" * 100_000}, "deep"),
        ({"names": '["a", "b"]'}, "expected a row for each"),
        ({"made": "[]"}, "made is .*expected an object"),
        ({"made": '{"teacher": "a"}'}, "made.weights_hash is missing"),
        ({"made": '{"teacher": 3, "weights_hash": "b", "template": null}'}, "made.teacher is 3; expected a text"),
        ({"text": torch.full((3, 32), torch.nan)}, "'text': holds NaN"),
        ({"text": torch.zeros(3, 32)}, "no unit row"),
        ({"text": torch.eye(3, 32).half()}, "expected one float32 matrix"),
        ({"text": torch.eye(3, 32)[0]}, "expected one float32 matrix"),
    ],
)
def test_a_bank_that_a_stranger_wrote_is_checked(banked: Path, change: dict[str, Any], said: str) -> None:
    with safe_open(banked, "pt") as file:
        header = {**file.metadata(), **{key: value for key, value in change.items() if key != "text"}}
        text = change.get("text", file.get_tensor("text"))
    save_file({"text": text.clone()}, banked, header)
    with pytest.raises(InputError, match=rf"names\.safetensors: .*{said}"):
        read_bank(banked)


def test_rows_and_names_must_make_a_bank(banked: Path) -> None:
    bank = read_bank(banked)
    for wrong, said in (
        (replace(bank, names=("heron", "heron", "wren")), "'heron' comes 2 times"),
        (replace(bank, names=("heron",)), "expected a row for each"),
        (replace(bank, text=2 * bank.text), "no unit row"),
        (replace(bank, names=(), text=bank.text[:0]), "no names"),
    ):
        with pytest.raises(InputError, match=said):
            write_bank(banked, wrong)
    assert torch.equal(read_bank(banked).text, bank.text)


def test_a_label_of_500_words_is_refused(orphan: Path) -> None:
    student = Student.load(orphan, teacher=teacher_spec())
    with pytest.raises(InputError, match=r"longer than the .* tokens the teacher reads"):
        student.set_classes(["heron", "word " * 500])


def test_ten_thousand_labels_are_one_product(orphan: Path, picture: Image.Image) -> None:
    student = Student.load(orphan, teacher=teacher_spec())
    bank = student.text_bank(["wren"])
    rows = unit(torch.randn(10_000, student.width, generator=torch.Generator().manual_seed(0)))
    names = tuple(f"name {number}" for number in range(10_000))
    write_bank(orphan.parent / "many.safetensors", replace(bank, names=names, text=rows))
    many = Student.load(orphan, bank=orphan.parent / "many.safetensors")
    best = int((rows @ many.encode_image(picture)[0]).argmax())
    assert many.predict(picture, k=1)[0][0].label == f"name {best}"
