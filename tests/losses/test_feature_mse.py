import pytest
import torch

from clipling.losses import feature_mse


def test_it_is_a_scalar_between_0_and_4_and_zero_with_zero_gradient_at_the_teacher(rows):
    teacher = rows(6, 8, 1)
    for seed in range(20):
        loss = feature_mse(rows(6, 8, seed + 100), teacher)
        assert loss.shape == ()
        assert 0 <= loss <= 4
    assert float(feature_mse(-teacher, teacher)) == pytest.approx(4)
    image = teacher.clone().requires_grad_()
    loss = feature_mse(image, teacher)
    loss.backward()
    assert loss == 0
    assert image.grad.abs().max() == 0


def test_worked_number():
    image, teacher = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.6, 0.8], [0.0, 1.0]])
    # (0.4^2 + 0.8^2 + 0) / 2 images, not / 4 entries
    assert float(feature_mse(image, teacher)) == pytest.approx(0.4)


def test_it_equals_a_naive_loop(rows):
    image, teacher = rows(7, 5, 1), rows(7, 5, 2)
    expected = sum(sum(float(image[i, d] - teacher[i, d]) ** 2 for d in range(5)) for i in range(7)) / 7
    assert float(feature_mse(image, teacher)) == pytest.approx(expected, abs=1e-14)


def test_for_unit_rows_it_is_two_minus_twice_the_cosine(rows):
    image, teacher = rows(7, 5, 1), rows(7, 5, 2)
    assert float(feature_mse(image, teacher)) == pytest.approx(float((2 - 2 * (image * teacher).sum(1)).mean()))


def test_half_precision_is_computed_in_float32_and_float64_exactly(rows):
    image, teacher = rows(50, 512, 1, torch.bfloat16), rows(50, 512, 2, torch.bfloat16)
    loss, exact = feature_mse(image, teacher), feature_mse(image.double(), teacher.double())
    assert loss.dtype == torch.float32
    assert exact.dtype == torch.float64
    assert float(loss) == pytest.approx(float(exact), rel=1e-6)


def test_the_teacher_receives_no_gradient(rows):
    image, teacher = rows(3, 4, 1).requires_grad_(), rows(3, 4, 2).requires_grad_()
    feature_mse(image, teacher).backward()
    assert teacher.grad is None
    assert torch.allclose(image.grad, 2 * (image - teacher).detach() / 3)
