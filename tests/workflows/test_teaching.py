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


def test_classes_with_the_same_text_to_the_teacher_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("cup", "\uff43\uff55\uff50", "tree", "CUP")
    report_texts(load_teacher(teacher_spec()), names, [[f"a {name}", f"the {name}"] for name in names])
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("the teacher cannot tell these classes apart")
    assert said.endswith("the same to it: 'cup', '\uff43\uff55\uff50', 'CUP'")
