import math

import pytest
import torch

from clipling.losses import image_contrastive


def naive(image, teacher, temperature, bidirectional, kept):
    def surprise(anchor, others):
        total = 0.0
        for i in kept:
            powers = {j: math.exp(float(anchor[i] @ others[j]) / temperature) for j in kept}
            total -= math.log(powers[i] / sum(powers.values()))
        return total / len(kept)

    forth = surprise(image, teacher)
    return (forth + surprise(teacher, image)) / 2 if bidirectional else forth


def test_it_is_a_scalar_never_negative_and_zero_where_the_own_teacher_is_far_nearer(rows):
    for seed in range(20):
        loss = image_contrastive(rows(6, 8, seed), rows(6, 8, seed + 100))
        assert loss.shape == ()
        assert loss >= 0
    assert image_contrastive(torch.eye(4), torch.eye(4), temperature=0.001) == 0
    assert image_contrastive(rows(1, 8, 0), rows(1, 8, 1)) == 0


def test_worked_numbers():
    image, teacher = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.6, 0.8], [0.6, 0.8]])
    # both teachers are alike, so a student cannot choose: log 2; the teachers see 0.6 and 0.8 at temperature 0.1
    forth, back = math.log(2), (math.log(1 + math.e**2) + math.log(1 + math.e**-2)) / 2
    one_way = image_contrastive(image, teacher, temperature=0.1, bidirectional=False)
    assert float(one_way) == pytest.approx(forth)
    assert float(image_contrastive(image, teacher, temperature=0.1)) == pytest.approx((forth + back) / 2)


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("kept", [[0, 1, 2, 3, 4, 5, 6], [1, 3, 4], [5]])
def test_it_equals_a_naive_loop(rows, bidirectional, kept):
    image, teacher = rows(7, 8, 1), rows(7, 8, 2)
    keep = torch.tensor([i in kept for i in range(7)])
    loss = image_contrastive(image, teacher, bidirectional=bidirectional, keep=keep)
    assert float(loss) == pytest.approx(naive(image, teacher, 0.07, bidirectional, kept), abs=1e-12)


def test_the_printed_equation_is_half_the_temperature_one_way(rows):
    image, teacher = rows(5, 8, 1), rows(5, 8, 2)
    expected = 0.0
    for i in range(5):
        powers = [math.exp(-float((image[i] - teacher[j]).square().sum()) / 0.07) for j in range(5)]
        expected -= math.log(powers[i] / sum(powers)) / 5
    printed = image_contrastive(image, teacher, temperature=0.035, bidirectional=False)
    assert float(printed) == pytest.approx(expected, abs=1e-12)


def test_dropped_rows_are_neither_anchors_nor_negatives(rows):
    image, teacher = rows(6, 8, 1).requires_grad_(), rows(6, 8, 2)
    keep = torch.tensor([True, False, True, True, False, True])
    loss = image_contrastive(image, teacher, keep=keep)
    loss.backward()
    assert loss.item() == pytest.approx(image_contrastive(image[keep], teacher[keep]).item())
    assert image.grad[~keep].abs().max() == 0
    assert image.grad[keep].abs().min() > 0
    assert image_contrastive(image, teacher, keep=torch.ones(6, dtype=torch.bool)) == image_contrastive(image, teacher)


@pytest.mark.parametrize("bidirectional", [True, False])
def test_with_no_row_kept_loss_and_gradient_are_zero(rows, bidirectional):
    image = rows(4, 8, 1).requires_grad_()
    nothing = torch.zeros(4, dtype=torch.bool)
    loss = image_contrastive(image, rows(4, 8, 2), bidirectional=bidirectional, keep=nothing)
    loss.backward()
    assert loss == 0
    assert image.grad.tolist() == torch.zeros(4, 8).tolist()


def test_half_precision_is_computed_in_float32_even_under_autocast(rows):
    image, teacher = rows(6, 64, 1, torch.bfloat16), rows(6, 64, 2, torch.bfloat16)
    exact = image_contrastive(image.double(), teacher.double(), temperature=1e-3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = image_contrastive(image, teacher, temperature=1e-3)
    assert (loss.dtype, exact.dtype) == (torch.float32, torch.float64)
    assert float(loss) == pytest.approx(float(exact), rel=1e-5)


def test_gradient_reaches_the_student_alone_and_is_that_of_finite_differences(rows):
    image, teacher = rows(3, 4, 1).requires_grad_(), rows(3, 4, 2)
    assert torch.autograd.gradcheck(lambda i: image_contrastive(i, teacher), (image,))
    learning = teacher.clone().requires_grad_()
    image_contrastive(image, learning).backward()
    assert learning.grad is None
