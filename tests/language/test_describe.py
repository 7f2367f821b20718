"""Asking about many classes at once: what is asked again, what is kept, what is never paid for twice."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.language.describe import CutOffError, Interview, Message, NoAnswerError, RefusedError
from clipling.language.describe_answers import AnswerCheck
from clipling.language.journal import Answer, Journal

NAMES = {f"n{number}": f"bird of kind{number}" for number in range(12)}
INSTRUCTION = "Describe {name}."


def right(question: str) -> str:
    return f"A {question.removeprefix('Describe ').removesuffix('.')} has long legs."


class Parrot:
    """A source in the same process: says what it was taught for a question, then the right thing."""

    def __init__(self, taught: dict[str, list[str | Exception]] | None = None, delay: float = 0.0) -> None:
        self.taught = {f"Describe {NAMES[label]}.": said for label, said in (taught or {}).items()}
        self.delay = delay
        self.asked: list[list[Message]] = []
        self.busy = self.busiest = 0
        self._lock = threading.Lock()

    def ask(self, messages: Sequence[Message]) -> str:
        with self._lock:
            self.asked.append(list(messages))
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
            lessons = self.taught.get(messages[0]["content"], [])
            said = lessons.pop(0) if lessons else right(messages[0]["content"])
        time.sleep(self.delay)
        with self._lock:
            self.busy -= 1
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as opened:
        yield opened


def interview(source: Parrot, journal: Journal, **check: object) -> Interview:
    return Interview(source, INSTRUCTION, NAMES, AnswerCheck(NAMES, **check), journal)  # type: ignore[arg-type]


def test_every_class_is_described_by_so_many_questions_at_once(journal: Journal):
    source, steps = Parrot(delay=0.1), []
    done = interview(source, journal).hold({}, concurrency=3, attempts=1, progress=lambda *step: steps.append(step))
    assert {label: answer.text for label, answer in done.texts.items()} == {
        label: right(f"Describe {name}.") for label, name in NAMES.items()
    }
    assert (done.asked, done.failed, source.busiest) == (12, {}, 3)
    assert steps == [(count, 12) for count in range(1, 13)]


def test_an_answer_that_will_not_do_is_asked_again_with_what_was_wrong(journal: Journal):
    other = "The bird of kind7 is small."
    source = Parrot({"n3": [other, "", NoAnswerError("no JSON")]})
    done = interview(source, journal).hold({}, concurrency=2, attempts=4)
    assert done.texts["n3"].text == "A bird of kind3 has long legs."
    turns = [messages for messages in source.asked if "kind3" in messages[0]["content"]]
    assert [len(messages) for messages in turns] == [1, 3, 2, 2]
    assert turns[1][1] == {"role": "assistant", "content": other}
    assert "about bird of kind7" in turns[1][2]["content"]
    assert "empty" in turns[2][1]["content"]
    assert done.asked == 12 + 3


def test_what_is_too_long_is_said_again_and_never_cut(journal: Journal):
    long = "A bird of kind5 has " + "very " * 30 + "long legs."
    source = Parrot({"n5": [long]})
    done = interview(source, journal, fits=lambda name, text: len(f"{name} {text}") < 60).hold(
        {}, concurrency=1, attempts=2
    )
    assert done.texts["n5"].text == "A bird of kind5 has long legs."
    assert any("one sentence of at most 24 words" in messages[-1]["content"] for messages in source.asked)


def test_a_class_that_fails_is_named_and_asked_anew_next_time_while_the_others_are_not(journal: Journal):
    done = interview(Parrot({"n1": ["Birds."] * 9}), journal).hold({}, concurrency=4, attempts=3)
    assert (set(done.failed), len(done.texts), done.asked) == ({"n1"}, 11, 14)
    assert "no sentence" in done.failed["n1"]
    again = Parrot()
    done = interview(again, journal).hold({}, concurrency=4, attempts=3)
    assert (len(done.texts), done.asked, len(again.asked)) == (12, 1, 1)
    assert again.asked[0][1]["content"] == "Birds."


def test_an_answer_that_was_cut_off_is_kept_and_asked_again_in_fewer_words(journal: Journal):
    begun = "A bird of kind3 that has"  # nothing but its end is wrong with it
    done = interview(Parrot({"n3": [CutOffError(begun)]}), journal).hold({}, concurrency=4, attempts=1)
    assert [said.split(".")[0] for said in done.failed.values()] == ["That was cut off before its end"]
    again = Parrot()
    done = interview(again, journal).hold({}, concurrency=4, attempts=1)
    assert [message["content"] for message in again.asked[0][1:]] == [begun, again.asked[0][2]["content"]]
    assert "fewer words" in again.asked[0][2]["content"]
    assert done.texts["n3"].text == "A bird of kind3 has long legs."


def test_a_question_that_is_refused_fails_its_class_alone_and_is_not_put_twice(journal: Journal):
    source = Parrot({"n4": [RefusedError("no such things here")] * 3})
    done = interview(source, journal).hold({}, concurrency=2, attempts=3)
    assert (done.failed, len(done.texts), len(source.asked)) == ({"n4": "no such things here"}, 11, 12)


def test_descriptions_that_are_there_are_checked_but_not_asked_for(journal: Journal):
    known = {label: Answer(f"{name} is red all over.", "2023-01-01") for label, name in NAMES.items()}
    known["n2"] = Answer("The bird of kind9 is red.", "2023-01-01")
    source = Parrot()
    done = interview(source, journal).hold(known, concurrency=4, attempts=2)
    assert [messages[0]["content"] for messages in source.asked] == ["Describe bird of kind2."]
    assert done.texts["n4"] == known["n4"]


def test_another_name_is_another_question(journal: Journal):
    interview(Parrot(), journal).hold({}, concurrency=4, attempts=1)
    renamed = {**NAMES, "n0": "swan"}
    source = Parrot()
    Interview(source, INSTRUCTION, renamed, AnswerCheck(renamed), journal).hold({}, concurrency=4, attempts=1)
    assert [messages[0]["content"] for messages in source.asked] == ["Describe swan."]


def test_when_it_ends_early_what_was_answered_is_kept_and_nothing_more_is_asked(tmp_path: Path):
    source = Parrot({"n4": [InputError("the key is refused")]}, delay=0.2)
    with Journal(tmp_path / "journal") as journal, pytest.raises(InputError, match="the key is refused"):
        interview(source, journal).hold({}, concurrency=2, attempts=1)
    assert len(source.asked) < 12
    answered = len(source.asked) - 1
    with Journal(tmp_path / "journal") as journal:
        done = interview(Parrot(), journal).hold({}, concurrency=2, attempts=1)
    assert done.asked == 12 - answered
