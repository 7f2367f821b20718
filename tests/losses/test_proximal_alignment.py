import math

import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.losses import aligned, proximal_alignment


def naive(image, teacher, text, labels, k, temperature, filter_misaligned):
    total, passed = 0.0, 0
    for i in range(len(image)):
        theirs = [float(teacher[i] @ t) / temperature for t in text]
        ours = [float(image[i] @ t) / temperature for t in text]
        order = sorted(range(len(text)), key=lambda c: (-theirs[c], c))
        if filter_misaligned and order[0] != labels[i]:
            continue
        passed += 1
        near = order[:k]
        p_sum, q_sum = sum(math.exp(theirs[c]) for c in near), sum(math.exp(ours[c]) for c in near)
        for c in near:
            p, q = math.exp(theirs[c]) / p_sum, math.exp(ours[c]) / q_sum
            total += p * math.log(p / q)
    return total / passed if passed else 0.0


@pytest.mark.parametrize("k", [2, 5, 256])
@pytest.mark.parametrize("filter_misaligned", [True, False])
def test_it_is_a_scalar_never_negative_and_zero_with_zero_gradient_at_the_teacher(rows, k, filter_misaligned):
    labels = torch.arange(20) % 9
    for seed in range(20):
        teacher, text = rows(20, 8, seed, torch.float32), rows(9, 8, seed + 50, torch.float32)
        options = {"k": k, "filter_misaligned": filter_misaligned}
        loss = proximal_alignment(rows(20, 8, seed + 100, torch.float32), teacher, text, labels, **options)
        assert loss.shape == ()
        assert loss >= 0
        nearly = teacher + 1e-7 * rows(20, 8, seed + 150, torch.float32)
        assert proximal_alignment(nearly, teacher, text, labels, **options) >= 0
        image = teacher.clone().requires_grad_()
        at_teacher = proximal_alignment(image, teacher, text, labels, **options)
        at_teacher.backward()
        assert at_teacher == 0
        assert image.grad.abs().max() < 1e-5


def test_worked_number():
    text = torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, -1.0]])
    image, teacher = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
    # the two nearest texts: teacher logits 10 and 8, student logits 0 and 6
    p, q = 1 / (1 + math.exp(-2)), 1 / (1 + math.exp(6))
    expected = p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))
    loss = proximal_alignment(image, teacher, text, torch.tensor([0]), k=2, temperature=0.1)
    assert float(loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("k", [1, 2, 4, 9, 10, 256])
@pytest.mark.parametrize("filter_misaligned", [True, False])
def test_it_equals_a_naive_loop(rows, k, filter_misaligned):
    image, teacher, text, labels = rows(20, 8, 1), rows(20, 8, 2), rows(9, 8, 3), torch.arange(20) % 9
    expected = naive(image, teacher, text, labels, k, 0.07, filter_misaligned)
    loss = proximal_alignment(image, teacher, text, labels, k=k, filter_misaligned=filter_misaligned)
    assert 0 < int(aligned(teacher, text, labels).sum()) < 20
    assert float(loss) == pytest.approx(expected, abs=1e-12)


def test_when_no_image_passes_loss_and_gradient_are_zero_not_nan(rows):
    image, teacher, text = rows(5, 8, 1).requires_grad_(), rows(5, 8, 2), rows(6, 8, 3)
    wrong = ((teacher @ text.T).argmax(1) + 1) % 6
    loss = proximal_alignment(image, teacher, text, wrong, k=3)
    loss.backward()
    assert loss == 0
    assert image.grad.tolist() == torch.zeros(5, 8).tolist()
    assert proximal_alignment(image, teacher, text, wrong, k=3, filter_misaligned=False) > 0


def test_images_that_do_not_pass_get_no_gradient_and_do_not_thin_the_mean(rows):
    image, teacher, text = rows(5, 8, 1).requires_grad_(), rows(5, 8, 2), rows(6, 8, 3)
    labels = (teacher @ text.T).argmax(1)
    labels[:2] = (labels[:2] + 1) % 6
    loss = proximal_alignment(image, teacher, text, labels)
    loss.backward()
    assert loss.item() == pytest.approx(proximal_alignment(image[2:], teacher[2:], text, labels[2:]).item())
    assert image.grad[:2].abs().max() == 0
    assert image.grad[2:].abs().max() > 0


def test_only_the_teachers_nearest_texts_are_looked_at(rows):
    image, teacher, text = rows(1, 8, 1), rows(1, 8, 2), rows(9, 8, 3).requires_grad_()
    near = (teacher @ text.T)[0].argsort(descending=True)[:3].tolist()
    proximal_alignment(image, teacher, text, torch.tensor([0]), k=3, filter_misaligned=False).backward()
    touched = text.grad.abs().sum(1).nonzero().flatten().tolist()
    assert sorted(near) == touched


def test_among_equally_near_texts_those_of_lower_index_are_taken():
    text = torch.tensor([[0.6, 0.8], [0.6, -0.8], [0.0, 1.0], [0.6, 0.8]])
    teacher, image, label = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([0])
    loss = proximal_alignment(image, teacher, text, label, k=2)
    assert torch.equal(loss, proximal_alignment(image, teacher, text[:2], label, k=2))


def test_learned_text_receives_gradient_through_the_student_alone(rows):
    image, teacher = rows(4, 8, 1).requires_grad_(), rows(4, 8, 2).requires_grad_()
    text, labels = rows(5, 8, 3).requires_grad_(), torch.arange(4)
    proximal_alignment(image, teacher, text, labels, filter_misaligned=False).backward()
    assert teacher.grad is None
    p = torch.softmax(teacher.detach() @ text.detach().T / 0.07, dim=1)
    q = torch.softmax(image.detach() @ text.detach().T / 0.07, dim=1)
    assert torch.allclose(text.grad, (q - p).T @ image.detach() / 0.07 / 4)
    assert torch.allclose(image.grad, (q - p) @ text.detach() / 0.07 / 4)


def test_half_precision_is_computed_in_float32_and_low_temperatures_stay_finite(rows):
    labels = torch.arange(6) % 5
    image, teacher, text = (rows(n, 64, n, torch.bfloat16) for n in (6, 7, 5))
    teacher = teacher[:6]
    exact = proximal_alignment(
        image.double(), teacher.double(), text.double(), labels, temperature=1e-4, filter_misaligned=False
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        image.requires_grad_()
        loss = proximal_alignment(image, teacher, text, labels, temperature=1e-4, filter_misaligned=False)
    loss.backward()
    assert (loss.dtype, exact.dtype) == (torch.float32, torch.float64)
    assert loss.item() == pytest.approx(exact.item(), rel=1e-5)
    assert torch.isfinite(image.grad).all()


@pytest.mark.parametrize("k", [0, -3])
def test_k_must_be_one_or_more(rows, k):
    with pytest.raises(InputError, match=f"k is {k}, expected 1 or more"):
        proximal_alignment(rows(2, 4, 1), rows(2, 4, 2), rows(3, 4, 3), torch.tensor([0, 1]), k=k)
