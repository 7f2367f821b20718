import math

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.losses import asymmetric


def drawn(seed, dtype=torch.float64):
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(5, 7, generator=draw, dtype=torch.float64).to(dtype), torch.rand(5, 7, generator=draw) < 0.3


def naive(scores, present, gamma_positive, gamma_negative, clip):
    total = 0.0
    for row, there in zip(scores.tolist(), present.tolist(), strict=True):
        for score, is_there in zip(row, there, strict=True):
            right = score if is_there else min(1, 1 - score + clip)
            total -= (1 - right) ** (gamma_positive if is_there else gamma_negative) * math.log(right)
    return total / len(scores)


def test_it_is_a_scalar_never_negative_and_zero_when_all_is_right():
    for seed in range(20):
        loss = asymmetric(*drawn(seed))
        assert loss.shape == ()
        assert loss > 0
    _, present = drawn(0)
    assert asymmetric(present.double(), present) == 0
    assert asymmetric(torch.where(present, 1.0, 0.05), present) == pytest.approx(0, abs=1e-12), "below the clip is free"


def test_a_worked_number():
    scores, present = torch.tensor([[0.25, 0.55]]), torch.tensor([[True, False]])
    # present: (1 - 1/4) log 4; absent: 1 - 0.55 + 0.05 = 1/2, so (1/2)^2 log 2
    assert float(asymmetric(scores, present)) == pytest.approx(0.75 * math.log(4) + 0.25 * math.log(2), rel=1e-6)


@pytest.mark.parametrize(("positive", "negative", "clip"), [(1, 2, 0.05), (0, 0, 0), (2, 4, 0.2)])
def test_it_equals_a_naive_loop(positive, negative, clip):
    scores, present = drawn(3)
    loss = asymmetric(scores, present, gamma_positive=positive, gamma_negative=negative, clip=clip)
    assert float(loss) == pytest.approx(naive(scores, present, positive, negative, clip), abs=1e-12)


def test_half_precision_is_computed_in_float32_and_float64_stays():
    scores, present = drawn(1, torch.bfloat16)
    exact = asymmetric(scores.double(), present)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = asymmetric(scores, present)
    assert (loss.dtype, exact.dtype) == (torch.float32, torch.float64)
    assert float(loss) == pytest.approx(float(exact), rel=1e-5)


def test_no_gradient_passes_through_the_weight_and_none_is_lost_at_a_score_of_zero():
    score = torch.tensor([[0.25]], requires_grad=True)
    asymmetric(score, torch.tensor([[True]])).backward()
    assert score.grad.item() == pytest.approx(-0.75 / 0.25)
    lost = asymmetric(torch.zeros(1, 2, requires_grad=True), torch.tensor([[True, False]]))
    assert torch.isfinite(lost)


def test_numbers_that_cannot_be_meant():
    for wrong in ({"clip": 1.0}, {"gamma_positive": -1.0}):
        with pytest.raises(InputError, match="expected a clip in"):
            asymmetric(*drawn(0), **wrong)
