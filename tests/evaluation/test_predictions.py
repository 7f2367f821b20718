"""The most probable labels, most probable first."""

import math

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.evaluation import top_predictions
from clipling.tensors import unit


def test_probabilities_worked_by_hand():
    text = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    [answers] = top_predictions(torch.tensor([[0.6, 0.8]]), text, ["hen", "owl", "auk"], temperature=0.5)
    weights = {"owl": math.exp(0.8 / 0.5), "hen": math.exp(0.6 / 0.5), "auk": math.exp(-0.6 / 0.5)}
    assert [answer.label for answer in answers] == ["owl", "hen", "auk"]
    for answer in answers:
        assert answer.probability == pytest.approx(weights[answer.label] / sum(weights.values()), rel=1e-5)


def test_k_cuts_the_list_but_not_the_softmax():
    draw = torch.Generator().manual_seed(0)
    features, text = (unit(torch.randn(n, 6, generator=draw)) for n in (5, 9))
    labels = [str(c) for c in range(9)]
    every = top_predictions(features, text, labels, temperature=0.07, k=20)
    three = top_predictions(features, text, labels, temperature=0.07, k=3)
    assert [answers[:3] for answers in every] == three
    for answers in every:
        chances = [answer.probability for answer in answers]
        assert len(chances) == 9
        assert sum(chances) == pytest.approx(1, rel=1e-5)
        assert chances == sorted(chances, reverse=True)


def test_more_images_than_one_block_holds():
    draw = torch.Generator().manual_seed(0)
    features, text = (unit(torch.randn(n, 2, generator=draw)) for n in (5000, 3))
    answers = top_predictions(features, text, list("abc"), temperature=1.0, k=1)
    assert len(answers) == 5000
    assert [row[0].label for row in answers] == ["abc"[c] for c in (features @ text.T).argmax(dim=1)]


def test_among_equals_the_earlier_label_comes_first():
    text = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    [answers] = top_predictions(torch.tensor([[1.0, 0.0]]), text, ["b", "z", "a"], temperature=0.07, k=2)
    assert [answer.label for answer in answers] == ["z", "a"]


def test_no_images():
    assert top_predictions(torch.empty(0, 2), torch.eye(2), ["a", "b"], temperature=0.07) == []


def test_k_below_one():
    with pytest.raises(InputError, match="k is 0"):
        top_predictions(torch.eye(2), torch.eye(2), ["a", "b"], temperature=0.07, k=0)
