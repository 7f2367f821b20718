from math import sqrt

import numpy as np
import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import accuracy_interval
from clipling.metrics.intervals import stratified_wilson

Z = 1.959964


def wilson(right, images):
    """Wilson's interval of one simple sample, as the textbooks print it."""
    share, q = right / images, Z**2 / images
    half = Z * sqrt(share * (1 - share) / images + q / (4 * images))
    return pytest.approx(((share + q / 2 - half) / (1 + q), (share + q / 2 + half) / (1 + q)), abs=1e-6)


def asked(right, counts):
    """The interval of classes with so many images, of which the first so many are right."""
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    correct = torch.cat([torch.arange(n) < k for k, n in zip(right, counts, strict=True)])
    return accuracy_interval(correct, labels)


def coverage(accuracy, counts, *, times=2000):
    """How often the interval holds the true mean, where the classes' own accuracies are these."""
    counts = np.array(counts)
    drawn = np.random.default_rng(0).binomial(counts, accuracy, size=(times, len(counts)))
    low, high = stratified_wilson(drawn, counts)
    return np.mean((low <= np.mean(accuracy)) & (np.mean(accuracy) <= high))


def unlike(accuracy, classes):
    """Classes as different as real ones, from this mean: their own accuracies, drawn from a beta distribution."""
    return np.random.default_rng(1).beta(2 * accuracy, 2 * (1 - accuracy), size=classes)


@pytest.mark.parametrize("images", [3, 5, 10, 50])
@pytest.mark.parametrize("accuracy", [0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("classes", [20, 100])
def test_nominal_coverage_at_few_images_a_class(images, accuracy, classes):
    """0.95 within 0.03 below and 0.04 above: counts of few right, or few wrong, images move in steps."""
    for each in (np.full(classes, accuracy), unlike(accuracy, classes)):
        assert 0.92 <= coverage(each, [images] * classes) <= 0.99


@pytest.mark.parametrize("counts", [[1] * 60, [1] * 30 + [4] * 30, [3] * 20 + [40] * 5, [3] * 8, [5, 5, 5, 5]])
@pytest.mark.parametrize("accuracy", [0.2, 0.5, 0.8])
def test_nominal_coverage_with_single_images_uneven_counts_and_few_classes(counts, accuracy):
    assert coverage(np.full(len(counts), accuracy), counts) >= 0.92
    assert coverage(unlike(accuracy, len(counts)), counts) >= 0.92


def test_it_holds_the_accuracy_and_narrows_with_more_images():
    widths = []
    for copies in (1, 4, 16):
        low, high = asked([3 * copies, copies], [4 * copies, 5 * copies])
        assert 0 <= low < (3 / 4 + 1 / 5) / 2 < high <= 1
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1] > 2.25 * widths[2]


def test_worked_numbers():
    # one class of 9 with 6 right: variance 2/9 / 8 is that of 8 images in a simple sample
    assert asked([6], [9]) == wilson(16 / 3, 8)
    # two classes of 5, shares 0.8 and 0.4: variance (0.16 + 0.24) / 4 / 4 = 0.025, so 0.6 x 0.4 / 0.025 = 9.6 images
    assert asked([4, 2], [5, 5]) == wilson(5.76, 9.6)


def test_where_no_class_shows_a_spread_its_images_still_count():
    assert asked([5, 3], [5, 3]) == wilson(7.5, 7.5)  # 2^2 / (1/5 + 1/3)
    assert asked([0, 0, 0], [4, 4, 4]) == wilson(0, 12)
    assert asked([4, 0], [4, 4]) == wilson(4, 8)


@pytest.mark.parametrize("classes", [1, 2, 10, 13, 100])
@pytest.mark.parametrize("images", [1, 2, 7, 10])
def test_none_right_and_all_right_are_bounds_exactly(classes, images):
    low, high = asked([0] * classes, [images] * classes)
    assert (low, high < 1) == (0, True)
    low, high = asked([images] * classes, [images] * classes)
    assert (low > 0, high) == (True, 1)


def test_single_images_are_a_sample_of_their_own():
    assert asked([1, 1, 0, 1], [1, 1, 1, 1]) == wilson(3, 4)


def test_other_names_of_classes_and_orders_change_nothing():
    labels, correct = torch.tensor([7, 7, 7, 2, 2]), torch.tensor([True, False, True, False, False])
    found = accuracy_interval(correct, labels)
    assert found == asked([0, 2], [2, 3])
    assert found == accuracy_interval(correct.flip(0), labels.flip(0))
    assert all(type(bound) is float for bound in found)


def test_what_it_refuses(shapes_unchecked):
    with pytest.raises(InputError, match="correct has 0 rows"):
        accuracy_interval(torch.empty(0, dtype=torch.bool), torch.empty(0, dtype=torch.long))
    with pytest.raises(InputError, match="correct has 2 rows and labels 1"):
        accuracy_interval(torch.tensor([True, False]), torch.tensor([1]))
