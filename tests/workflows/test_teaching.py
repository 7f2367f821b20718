import pytest

from clipling.aviary import teacher_spec
from clipling.teacher.tower import load_teacher
from clipling.workflows.distillation.teaching import report_texts


def test_every_class_whose_text_is_cut_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    classes = tuple(f"class{number:02}" for number in range(30))
    long = "a bird with a very long description " * 30
    texts = [[f"a photo of {name}", long if number % 2 else "short"] for number, name in enumerate(classes)]
    teacher = load_teacher(teacher_spec())
    report_texts(teacher, classes, texts)
    said = " ".join(capsys.readouterr().err.split())
    assert said == f"the texts of 15 classes are cut at {teacher.context_length} tokens: {', '.join(classes[1::2])}"
    report_texts(teacher, classes, [[f"a photo of {name}"] for name in classes])
    assert not capsys.readouterr().err
