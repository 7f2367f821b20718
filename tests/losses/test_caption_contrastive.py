import math

import pytest
import torch

from clipling.losses import caption_contrastive


def test_it_is_a_scalar_never_negative_and_zero_where_the_own_caption_is_far_nearer(rows):
    labels = torch.arange(6) % 4
    for seed in range(20):
        loss = caption_contrastive(rows(6, 8, seed), rows(6, 8, seed + 100), labels)
        assert loss.shape == ()
        assert loss >= 0
    assert caption_contrastive(torch.eye(4), torch.eye(4), torch.arange(4), temperature=0.001) == 0


def test_worked_number():
    image = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    caption = torch.tensor([[0.6, 0.8], [1.0, 0.0], [0.8, 0.6]])
    # rows 0 and 1 share a class: row 0 sees 6 and 8, row 1 sees 10 and 8, row 2 sees 8, 0 and its own 6
    expected = math.log(1 + math.e**2) + math.log(1 + math.e**-2) + math.log(1 + math.e**2 + math.e**-6)
    loss = caption_contrastive(image, caption, torch.tensor([4, 4, 7]), temperature=0.1)
    assert float(loss) == pytest.approx(expected / 3)


def test_it_equals_a_naive_loop(rows):
    image, caption, labels = rows(8, 8, 1), rows(8, 8, 2), [0, 1, 1, 2, 0, 0, 3, 1]
    expected = 0.0
    for i in range(8):
        rivals = [j for j in range(8) if j == i or labels[j] != labels[i]]
        powers = {j: math.exp(float(image[i] @ caption[j]) / 0.07) for j in rivals}
        expected -= math.log(powers[i] / sum(powers.values())) / 8
    assert float(caption_contrastive(image, caption, torch.tensor(labels))) == pytest.approx(expected, abs=1e-12)


def test_a_batch_of_one_class_gives_zero_and_a_zero_gradient_not_nan(rows):
    image = rows(4, 8, 1).requires_grad_()
    loss = caption_contrastive(image, rows(4, 8, 2), torch.tensor([3, 3, 3, 3]))
    loss.backward()
    assert loss == 0
    assert image.grad.tolist() == torch.zeros(4, 8).tolist()


def test_captions_of_the_own_class_do_not_matter(rows):
    image, caption, labels = rows(4, 8, 1), rows(4, 8, 2), torch.tensor([0, 0, 1, 2])
    before = caption_contrastive(image[:1], caption[:1], labels[:1])
    with_kin = caption_contrastive(image[:2], caption[:2], labels[:2])
    with_stranger = caption_contrastive(image[1:], caption[1:], labels[1:])
    assert before == with_kin == 0
    assert with_stranger > 0


def test_half_precision_is_computed_in_float32_even_under_autocast(rows):
    image, caption, labels = rows(6, 64, 1, torch.float16), rows(6, 64, 2, torch.float16), torch.arange(6) % 3
    exact = caption_contrastive(image.double(), caption.double(), labels, temperature=1e-5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = caption_contrastive(image, caption, labels, temperature=1e-5)
    assert (loss.dtype, exact.dtype) == (torch.float32, torch.float64)
    assert float(loss) == pytest.approx(float(exact), rel=1e-5)


def test_gradient_reaches_the_student_alone_and_is_that_of_finite_differences(rows):
    image, caption, labels = rows(4, 4, 1).requires_grad_(), rows(4, 4, 2), torch.tensor([0, 0, 1, 2])
    assert torch.autograd.gradcheck(lambda i: caption_contrastive(i, caption, labels), (image,))
    learning = caption.clone().requires_grad_()
    caption_contrastive(image, learning, labels).backward()
    assert learning.grad is None
