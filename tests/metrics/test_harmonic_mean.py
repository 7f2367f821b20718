import pytest

from clipling.contracts.errors import InputError
from clipling.metrics import harmonic_mean


def test_worked_numbers():
    assert harmonic_mean(0.6, 0.3) == pytest.approx(0.4)
    assert harmonic_mean(0.5, 0.5) == 0.5
    assert harmonic_mean(1.0, 0.0) == harmonic_mean(0.0, 0.0) == 0.0


@pytest.mark.parametrize(("a", "b"), [(0.9, 0.1), (0.4, 0.7), (1.0, 0.01)])
def test_it_lies_between_the_smaller_and_twice_the_smaller_and_has_no_order(a, b):
    assert min(a, b) <= harmonic_mean(a, b) <= min(2 * min(a, b), (a + b) / 2)
    assert harmonic_mean(a, b) == harmonic_mean(b, a)


@pytest.mark.parametrize("bad", [-0.1, float("nan")])
def test_what_is_no_accuracy_is_refused(bad):
    with pytest.raises(InputError, match="expected two numbers of 0 or more"):
        harmonic_mean(0.5, bad)
