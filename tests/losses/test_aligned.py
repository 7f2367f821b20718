import pytest
import torch

from clipling.losses import aligned


def test_worked_example():
    text = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    teacher = torch.tensor([[0.8, 0.6], [0.6, 0.8], [-0.8, 0.6], [-0.8, 0.6]])
    assert aligned(teacher, text, torch.tensor([0, 0, 2, 1])).tolist() == [True, False, True, False]


def test_it_equals_a_naive_loop(rows):
    teacher, text, labels = rows(40, 8, 1), rows(5, 8, 2), torch.arange(40) % 5
    expected = [max(range(5), key=lambda c: float(teacher[i] @ text[c])) == labels[i] for i in range(40)]
    result = aligned(teacher, text, labels)
    assert result.tolist() == expected
    assert 0 < sum(expected) < 40


def test_of_two_classes_with_one_text_the_first_counts():
    text, teacher = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    assert aligned(teacher, text, torch.tensor([1, 2])).tolist() == [True, False]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_close_texts_are_told_apart_in_any_precision(dtype):
    # the cosines are 1.00390625 and 1.0: bfloat16 sums would make them equal
    text = torch.tensor([[1.0, 0.0], [1.0, 2**-8]], dtype=dtype)
    teacher = torch.tensor([[1.0, 1.0]], dtype=dtype)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert aligned(teacher, text, torch.tensor([1])).tolist() == [True]


def test_it_is_no_part_of_the_graph(rows):
    passed = aligned(rows(3, 4, 1).requires_grad_(), rows(3, 4, 2).requires_grad_(), torch.tensor([0, 1, 2]))
    assert passed.dtype == torch.bool
    assert not passed.requires_grad
