import csv
import json
from pathlib import Path

import pytest

from clipling.language.describe_answers import AnswerCheck, tidy
from hostile import NAMES as HOSTILE
from hostile import acting

NAMES = {
    "a": "tabby cat",
    "b": "cat",
    "c": "Laysan Albatross",
    "d": "Sooty Albatross",
    "e": "Acura TL Sedan 2012",
    "f": "daisy",
    "g": "orange",
    "h": "tench, Tinca tinca",
}


def without_spaces(text):
    return "".join(text.split())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ('  "A red bird." \n', "A red bird."),
        ("**A red\n\nbird.**", "A red bird."),
        ("A red <think>Or blue? The", "A red"),  # cut off
        ("<think>Red?\nYes.</think>\u201cA red bird.\u201d", "A red bird."),
        ("A dog's 'tail'", "A dog's 'tail"),
        (" \n", ""),
        ("A \x1b[1;31mred\x1b[0m bird.\x07", "A red bird."),
        ("\u202eA red\x00 bird.\ud800", "A red bird."),
        ("\ufeff\x9b1mA\u2028red\x85bird.", "A red bird."),
    ],
)
def test_what_models_put_around_an_answer_is_taken_off(answer, text):
    assert tidy(answer) == text


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("a", "The tabby cat has stripes."),
        ("a", "The cat has stripes."),
        ("a", "Striped fur and long whiskers."),
        ("b", "Cats have whiskers."),
        ("d", "The sooty albatross is darker than the Laysan albatross."),
        ("e", "The 2012 Acura TL sedan is low."),
        ("f", "Daisies have orange centres."),
        ("h", "Tench are green, not orange."),
        ("h", "Tinca tinca is green, not orange."),
        ("b", "It weighs approx. 4 kg. Its fur is soft."),
        ("b", "A St. Bernard cat is big."),
    ],
)
def test_one_sentence_about_the_class_will_do(label, text):
    assert AnswerCheck(NAMES).complaint(label, text) is None


@pytest.mark.parametrize(
    ("label", "text", "wrong"),
    [
        ("a", "", "empty"),
        ("a", ".", "no sentence"),
        ("a", "Tabby cat.", "no sentence"),
        ("d", "The Laysan Albatross has a white body.", "about Laysan Albatross. Describe Sooty Albatross"),
        ("b", "The daisy has white petals.", "about daisy"),
        ("b", "The cat is soft. It has fur. It sleeps.", "one sentence"),
    ],
)
def test_what_will_not_do_is_told(label, text, wrong):
    assert wrong in AnswerCheck(NAMES).complaint(label, text)


@pytest.mark.parametrize("name", [name for name in HOSTILE if acting(without_spaces(name))])
def test_a_text_that_acts_on_a_terminal_will_not_do(name):
    said = AnswerCheck(NAMES).complaint("b", f"The cat is soft {name}.")
    assert "has characters that cannot be seen. Describe cat" in said
    assert not acting(said)
    assert not acting(tidy(f"The cat is soft {name}."))


def test_a_text_that_does_not_fit_is_to_be_said_in_fewer_words():
    check = AnswerCheck(NAMES, lambda name, text: len(f"{name} {text}") < 30)
    assert check.complaint("b", "The cat is soft.") is None
    assert "at most 6 words" in check.complaint("b", "The cat is soft and has really long fur.")


@pytest.mark.shared
def test_real_descriptions_pass_and_those_of_the_neighbour_do_not(test_bed: Path):
    root = test_bed / "tiny-imagenet-32"
    with (root / "classes.csv").open() as table:
        names = {row["class"]: row["name"] for row in csv.DictReader(table)}
    texts = {row["class"]: row["text"] for row in map(json.loads, (root / "descriptions.jsonl").open())}
    check = AnswerCheck(names)
    assert [label for label, text in texts.items() if check.complaint(label, tidy(text))] == []
    labels = list(texts)
    moved = dict(zip(labels, [texts[label] for label in [*labels[1:], labels[0]]], strict=True))
    assert sum(check.complaint(label, tidy(text)) is not None for label, text in moved.items()) > 180
