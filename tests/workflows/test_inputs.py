"""From the words beside the images to the text of every class, as a run is trained with it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import clipling
from clipling.contracts.errors import InputError
from clipling.deploy.bundle import read_bundle
from clipling.files import read_jsonl, write_jsonl
from clipling.language.classes import encode_classes
from clipling.language.config import TextConfig
from clipling.language.texts import sentences
from clipling.teacher.tower import load_teacher
from clipling.workflows.distillation.inputs import Inputs, read_inputs


def said(inputs: Inputs) -> dict[str, str]:
    """What follows the name of each class."""
    return {label: texts[0].partition(" . ")[2] for label, texts in inputs.texts.items()}


def read(aviary: Path, seed: int = 0, **text: Any) -> Inputs:
    return read_inputs(aviary, aviary / "split", seed=seed, text=TextConfig(**text))


def test_without_descriptions_a_text_is_the_name_in_the_template(aviary: Path) -> None:
    inputs = read(aviary)
    assert inputs.texts == {label: (f"a photo of {name}",) for label, name in inputs.names.items()}


def test_controls_are_drawn_among_the_seen_and_among_the_unseen_apart(aviary: Path) -> None:
    own, shuffled, other = (
        said(read(aviary, seed, descriptions=which)) for which, seed in (("own", 0), ("shuffled", 0), ("shuffled", 1))
    )
    assert own == {row["class"]: row["text"] for row in read_jsonl(aviary / "descriptions.jsonl")}
    assert shuffled != other
    split = read(aviary).split
    for side in (split.seen_classes, split.unseen_classes):
        assert sorted(shuffled[label] for label in side) == sorted(own[label] for label in side)
        assert all(shuffled[label] != own[label] for label in side)
    words = said(read(aviary, descriptions="random_words"))
    assert [len(text.split()) for text in words.values()] == [len(own[label].split()) for label in words]


def test_descriptions_of_another_file_are_read_in_place_of_those_beside_the_images(
    aviary: Path, tmp_path: Path
) -> None:
    rows = read_jsonl(aviary / "descriptions.jsonl")
    write_jsonl(tmp_path / "short.jsonl", [{"class": row["class"], "text": f"Bird {row['class']}."} for row in rows])
    inputs = read(aviary, descriptions="own", descriptions_file=tmp_path / "short.jsonl")
    assert said(inputs) == {label: f"Bird {label}." for label in inputs.names}
    with pytest.raises(InputError, match=r"none\.jsonl: no such file"):
        read(aviary, descriptions="own", descriptions_file=tmp_path / "none.jsonl")
    with pytest.raises(InputError, match=r"short\.jsonl, but text\.descriptions is none.*--text\.descriptions own"):
        read(aviary, descriptions_file=tmp_path / "short.jsonl")


def test_a_student_trained_with_a_set_of_templates_takes_new_classes_in_the_same(
    tiny: dict[str, Any], runs: Path
) -> None:
    words = tiny["data"] / "descriptions.jsonl"
    text = replace(clipling.get_recipe("paper").text, template="views", descriptions="own", descriptions_file=words)
    run = clipling.distill(**{**tiny, "epochs": 1}, out=runs / "views", text=text)
    assert clipling.evaluate(run).repeated
    bundle, student, teacher = read_bundle(run.student), clipling.load(run.folder), load_teacher(tiny["teacher"])
    inputs = read_inputs(tiny["data"], tiny["split"], seed=0, text=text)
    texts = [inputs.texts[one.key] for one in bundle.classes]
    assert {len(several) for several in texts} == {len(sentences("x", template="views"))}
    assert torch.equal(bundle.text, encode_classes(teacher, texts))
    assert bundle.classes[0].text == texts[0][0]
    for template in ({}, {"template": "views"}):
        student.set_classes(["teal dipper", bundle.classes[3].name], **template)
        new = encode_classes(teacher, [sentences("teal dipper", template="views")])
        torch.testing.assert_close(student._text, torch.stack([new[0], bundle.text[3]]))
