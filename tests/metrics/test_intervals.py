import numpy as np
import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import bootstrap_interval


def drawn_images(correct, labels, resamples, seed):
    """The interval by drawing images one by one, class by class."""
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(resamples):
        shares = []
        for c in labels.unique():
            mine = correct[labels == c].numpy()
            shares.append(rng.choice(mine, size=len(mine)).mean())
        means.append(np.mean(shares))
    return tuple(np.percentile(means, [2.5, 97.5]))


def test_it_holds_the_accuracy_and_narrows_with_more_images():
    widths = []
    for copies in (1, 4, 16):
        labels = torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1]).repeat(copies)
        correct = torch.tensor([1, 1, 1, 0, 1, 0, 0, 0, 0]).repeat(copies).bool()
        low, high = bootstrap_interval(correct, labels)
        assert 0 <= low < (3 / 4 + 1 / 5) / 2 < high <= 1
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_it_agrees_with_drawing_the_images():
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([2] * 100 + [3] * 20 + [7] * 20 + [8] * 10)
    correct = torch.rand(150, generator=generator) < torch.where(labels == 2, 0.9, 0.5)
    found = bootstrap_interval(correct, labels, resamples=4000)
    assert found == pytest.approx(drawn_images(correct, labels, 2000, 1), abs=0.01)


def test_worked_number_of_one_class():
    # Binomial(4, 1/2): P(0) = P(4) = 1/16, so the outer 2.5 % are none right and all right
    assert bootstrap_interval(torch.tensor([True, True, False, False]), torch.zeros(4).long()) == (0.0, 1.0)


def test_all_right_and_single_images_cannot_vary():
    assert bootstrap_interval(torch.ones(5, dtype=torch.bool), torch.tensor([0, 0, 1, 1, 2])) == (1.0, 1.0)
    assert bootstrap_interval(torch.tensor([True, False]), torch.tensor([0, 1])) == (0.5, 0.5)


def test_the_same_seed_gives_the_same_interval_and_another_a_close_one():
    correct, labels = torch.arange(400) % 3 == 0, torch.arange(400) % 7
    first = bootstrap_interval(correct, labels, seed=1)
    assert first == bootstrap_interval(correct, labels, seed=1)
    assert first != bootstrap_interval(correct, labels, seed=2)
    assert first == pytest.approx(bootstrap_interval(correct, labels, seed=2), abs=0.02)
    assert all(type(bound) is float for bound in first)


def test_what_it_refuses(shapes_unchecked):
    with pytest.raises(InputError, match="correct has 0 rows"):
        bootstrap_interval(torch.empty(0, dtype=torch.bool), torch.empty(0, dtype=torch.long))
    with pytest.raises(InputError, match="correct has 2 rows and labels 1"):
        bootstrap_interval(torch.tensor([True, False]), torch.tensor([1]))
    with pytest.raises(InputError, match="resamples is 0, expected 1 or more"):
        bootstrap_interval(torch.tensor([True]), torch.tensor([1]), resamples=0)
