import re

import pytest

from clipling.contracts.errors import InputError
from clipling.language.templates import templates_of
from clipling.language.texts import class_text, class_texts, sentences


def test_a_name_and_a_description_are_joined_as_in_the_paper():
    assert class_text("tench") == "a photo of tench"
    assert class_text(" tench ", "A green fish. ") == "a photo of tench . A green fish."


@pytest.mark.parametrize("template", ["a drawing of {}", "a drawing of {name}"])
def test_both_placeholders_mean_the_name(template):
    assert class_text("tench", template=template) == "a drawing of tench"


def test_braces_in_a_name_mean_nothing_and_doubled_ones_in_a_template_themselves():
    assert class_text("the {} sign {name}", template="{{x}} {}, {}") == "{x} the {} sign {name}, the {} sign {name}"


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("a photo", "no place for the class name"),
        ("", "no place for the class name"),
        ("a photo of {label}", "'label'"),
        ("a photo of {name.__class__}", "name.__class__"),
        ("a photo of {0}", "'0'"),
        ("a photo of {:>9}", "only {} or {name}"),
        ("a photo of {name!r}", "only {} or {name}"),
        ("a photo of {", "braces"),
        ("a photo of {} }", "braces"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused(template, says):
    with pytest.raises(InputError, match=re.escape(says)):
        class_text("tench", template=template)


def test_empty_names_and_descriptions_are_refused():
    with pytest.raises(InputError, match="empty name"):
        class_text("  ")
    with pytest.raises(InputError, match="description of 'tench' is empty"):
        class_text("tench", " ")


def test_texts_follow_the_order_of_the_classes():
    names = {"n2": "goldfish", "n1": "tench"}
    assert class_texts(["n1", "n2"], names) == [("a photo of tench",), ("a photo of goldfish",)]
    assert class_texts(["n2"], names, {"n2": "Orange."}, template="{}") == [("goldfish . Orange.",)]


def test_a_set_of_templates_gives_a_class_several_texts_each_with_its_description():
    (texts,) = class_texts(["n1"], {"n1": "tench"}, {"n1": "Green."}, template="views")
    assert texts == tuple(f"{view.format('tench')} . Green." for view in templates_of("views"))
    assert len(texts) > 1


def test_classes_without_a_name_or_description_are_named():
    with pytest.raises(InputError, match=r"1 classes have no name: 'n9'; .*classes\.csv"):
        class_texts(["n1", "n9"], {"n1": "tench"})
    with pytest.raises(InputError, match=r"no description: 'n1'; .*descriptions\.jsonl"):
        class_texts(["n1"], {"n1": "tench"}, {})


def test_the_sets_of_templates_can_all_be_filled():
    assert templates_of("paper") == ("a photo of {}",)
    for name in ("plain", "paper", "views"):
        texts = sentences("tench", template=name)
        assert len(set(texts)) == len(texts) == len(templates_of(name)) >= 1
        assert all("tench" in text for text in texts)


def test_a_word_that_is_neither_template_nor_set_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match=r"'papr': no place for the class name.*did you mean 'paper'"):
        sentences("tench", template="papr")
