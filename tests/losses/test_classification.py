import math

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.losses import classification


def test_it_is_a_scalar_never_negative_and_zero_where_the_own_text_is_far_nearer(rows):
    labels = torch.arange(6) % 5
    for seed in range(20):
        loss = classification(rows(6, 8, seed), rows(5, 8, seed + 100), labels)
        assert loss.shape == ()
        assert loss >= 0
    axes = torch.eye(5)
    assert classification(axes[labels], axes, labels, temperature=0.001) == 0


def test_worked_number():
    image, text = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.6, 0.8], [0.8, -0.6]])
    # logits 6 and 8: -log(e^6 / (e^6 + e^8)) = log(1 + e^2)
    assert float(classification(image, text, torch.tensor([0]), temperature=0.1)) == pytest.approx(
        math.log(1 + math.e**2)
    )


def test_it_equals_a_naive_loop(rows):
    image, text, labels = rows(7, 8, 1), rows(4, 8, 2), torch.tensor([0, 3, 1, 1, 2, 0, 3])
    expected = 0.0
    for i, label in enumerate(labels.tolist()):
        powers = [math.exp(float(image[i] @ text[c]) / 0.07) for c in range(4)]
        expected -= math.log(powers[label] / sum(powers)) / 7
    assert float(classification(image, text, labels)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_float32_even_under_autocast(rows, dtype):
    image, text, labels = rows(6, 64, 1, dtype), rows(5, 64, 2, dtype), torch.arange(6) % 5
    exact = classification(image.double(), text.double(), labels, temperature=1e-3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = classification(image, text, labels, temperature=1e-3)
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx(float(exact), rel=1e-5)
    assert exact.dtype == torch.float64


def test_text_that_is_learned_receives_gradient_and_frozen_text_none(rows):
    image, text, labels = rows(4, 8, 1).requires_grad_(), rows(3, 8, 2), torch.tensor([0, 1, 2, 0])
    classification(image, text, labels).backward()
    assert text.grad is None
    assert image.grad.abs().max() > 0
    learned = text.clone().requires_grad_()
    classification(image, learned, labels).backward()
    assert learned.grad.abs().max() > 0


def test_gradient_is_that_of_finite_differences(rows):
    image, text = rows(3, 4, 1).requires_grad_(), rows(4, 4, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda i, t: classification(i, t, torch.tensor([0, 3, 2])), (image, text))


@pytest.mark.parametrize("temperature", [0.0, -0.07, float("nan")])
def test_temperature_must_be_above_zero(rows, temperature):
    with pytest.raises(InputError, match="expected a number above 0"):
        classification(rows(2, 4, 1), rows(2, 4, 2), torch.tensor([0, 1]), temperature=temperature)


def test_labels_of_any_integer_type(rows):
    image, text, labels = rows(3, 8, 1), rows(3, 8, 2), torch.tensor([2, 0, 1])
    assert classification(image, text, labels.int()) == classification(image, text, labels)
