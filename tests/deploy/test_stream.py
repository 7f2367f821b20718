"""Answers for many files: in order, as they come, a bounded number ahead, broken ones among them."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from clipling.contracts.errors import InputError
from clipling.data.decode import UnreadableImage
from clipling.deploy import Student
from clipling.deploy.stream import answers


@pytest.fixture
def student(bundle: Path) -> Student:
    return Student.load(bundle)


@pytest.fixture
def files(tmp_path: Path, picture: Image.Image) -> list[str]:
    places = [tmp_path / f"{number}.png" for number in range(7)]
    for number, place in enumerate(places):
        picture.rotate(50 * number).save(place)
    return [str(place) for place in places]


def test_they_are_those_of_predict_in_order(student: Student, files: list[str]) -> None:
    for batch_size in (1, 3, 100):
        said = list(answers(student, files, k=2, batch_size=batch_size, workers=3))
        assert [one.file for one in said] == files
        for one, alone in zip(said, student.predict(files, k=2), strict=True):
            assert [guess.label for guess in one.predictions] == [guess.label for guess in alone]
            assert one.predictions[0].probability == pytest.approx(alone[0].probability, abs=1e-5)


def test_broken_files_answer_with_their_error_among_the_others(
    student: Student, files: list[str], tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    named = [files[0], str(tmp_path / "broken.jpg"), UnreadableImage(tmp_path / "empty", "a folder"), files[1]]
    said = list(answers(student, named))
    assert [one.error for one in said] == [None, "its content is no image format that is read here", "a folder", None]
    assert [bool(one.predictions) for one in said] == [True, False, False, True]
    assert said[1].cosine is None


def test_below_the_threshold_there_is_a_cosine_and_no_class(student: Student, files: list[str]) -> None:
    every = list(answers(student, files))
    limit = sorted(one.cosine or 0 for one in every)[3]
    said = list(answers(student, files, threshold=limit - 1e-6))
    assert [bool(one.predictions) for one in said] == [(one.cosine or 0) >= limit for one in every]
    assert [one.cosine for one in said] == pytest.approx([one.cosine for one in every], abs=1e-6)


def test_a_file_is_answered_before_the_next_one_is_named(student: Student, files: list[str]) -> None:
    answered = threading.Event()

    def slow() -> Iterator[str]:
        yield files[0]
        assert answered.wait(20), "the second file was asked for before the first was answered"
        yield files[1]

    said = answers(student, slow(), batch_size=32)
    assert next(said).file == files[0]
    answered.set()
    assert next(said).file == files[1]


def test_no_more_than_two_batches_are_read_ahead(student: Student, files: list[str]) -> None:
    asked = []

    def endless() -> Iterator[str]:
        while True:
            asked.append(len(asked))
            yield files[0]

    said = answers(student, endless(), batch_size=2)
    for _ in range(5):
        next(said)
    said.close()  # type: ignore[attr-defined]
    assert len(asked) <= 5 + 2 * 2 + 2 * 2
    before = len(asked)
    threading.Event().wait(0.2)
    assert len(asked) <= before + 1


def test_what_stops_the_reading_is_raised_after_what_came_before(student: Student, files: list[str]) -> None:
    def failing() -> Iterator[str]:
        yield files[0]
        raise InputError("the list ends here")

    said = answers(student, failing())
    assert next(said).file == files[0]
    with pytest.raises(InputError, match="the list ends here"):
        next(said)


@pytest.mark.parametrize("wrong", [{"k": 0}, {"batch_size": 0}, {"workers": 0}, {"threshold": "calibrated"}])
def test_numbers_that_make_no_sense_are_refused_before_anything_is_read(
    student: Student, wrong: dict[str, int]
) -> None:
    with pytest.raises(InputError):
        answers(student, iter(()), **wrong)
