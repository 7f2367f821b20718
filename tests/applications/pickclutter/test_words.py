from pathlib import Path

import pytest
import torch

from clipling.applications.pickclutter.words import (
    NEGATIVE,
    ClosedWords,
    FixedWords,
    LearnedWords,
    in_sentence,
    texts_of,
)
from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.files import write_jsonl
from clipling.teacher.tower import Teacher, load_teacher


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return load_teacher(teacher_spec())


def test_contexts_that_are_words_give_what_the_words_give(teacher: Teacher) -> None:
    yes, no = teacher.embed_words("a photo of a"), teacher.embed_words("no photo of any")
    assert len(yes) == len(no)
    pairs = LearnedWords(teacher, len(yes)).pairs(["red bird . small", "blue bird"])(torch.cat([yes, no]))
    told = [
        "a photo of a red bird . small",
        "a photo of a blue bird",
        "no photo of any red bird",
        "no photo of any blue bird",
    ]
    torch.testing.assert_close(pairs, teacher.encode_text(told), atol=1e-4, rtol=0)


def test_both_contexts_learn(teacher: Teacher) -> None:
    words = LearnedWords(teacher, 3)
    prompt = words.drawn(0)
    assert prompt.context.shape == (6, teacher.token_width)
    words.pairs(["red bird"])(prompt.context)[:, 0].sum().backward()
    assert prompt.context.grad is not None
    assert (prompt.context.grad.norm(dim=1) > 0).all()


def test_the_fixed_sentences(teacher: Teacher) -> None:
    words = FixedWords(teacher)
    assert words.drawn(0) is None
    pairs = words.pairs(["mug", "mug . a cup"])(torch.empty(0, 0))
    told = ["You can find a mug in this image, except a robot arm."]
    told += [f"{told[0]} a cup", NEGATIVE, NEGATIVE]
    torch.testing.assert_close(pairs, teacher.encode_text(told))
    assert in_sentence("mug . a cup") == told[1]


def test_a_closed_set_has_a_pair_of_vectors_for_each_object() -> None:
    words = ClosedWords(("apple", "banana"), 5)
    prompt = words.drawn(0)
    pairs = words.pairs(["banana"])(prompt.context)
    torch.testing.assert_close(pairs, torch.nn.functional.normalize(prompt.context[[1, 3]], dim=1))


def test_texts_of_objects(tmp_path: Path) -> None:
    assert texts_of(["036_wood_block", "my_mug"], descriptions=False) == {
        "036_wood_block": "wood block",
        "my_mug": "my mug",
    }
    assert texts_of(["011_banana"], descriptions=True)["011_banana"].startswith("banana . a long curved yellow")
    write_jsonl(tmp_path / "own.jsonl", [{"class": "my_mug", "text": "a cup"}])
    assert texts_of(["my_mug"], descriptions=True, own=tmp_path / "own.jsonl") == {"my_mug": "my mug . a cup"}
    with pytest.raises(InputError, match=r"own\.jsonl: no description.*011_banana"):
        texts_of(["my_mug", "011_banana"], descriptions=True, own=tmp_path / "own.jsonl")
    with pytest.raises(InputError, match=r"object 'my_mug' has no built-in description; give .*--descriptions"):
        texts_of(["my_mug"], descriptions=True)
