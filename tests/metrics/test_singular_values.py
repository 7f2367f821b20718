import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.metrics import mean_cosine, singular_values


def test_worked_number():
    # about the mean (0, 0.6): two rows of length 0.8 along the first axis
    assert singular_values(torch.tensor([[0.8, 0.6], [-0.8, 0.6]])) == pytest.approx([0.8 * 2**0.5])


@pytest.mark.parametrize(("count", "width", "directions"), [(5, 8, 4), (20, 8, 8), (2, 3, 1)])
def test_there_are_as_many_as_directions_and_they_fall(rows, count, width, directions):
    values = singular_values(rows(count, width, 1))
    assert len(values) == directions
    assert values == sorted(values, reverse=True)
    assert values[-1] > 1e-6


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_they_are_the_roots_of_the_eigenvalues_of_the_scatter(rows, dtype):
    text = rows(12, 6, 1, dtype)
    centred = text.double() - text.double().mean(dim=0)
    eigenvalues = torch.linalg.eigvalsh(centred.T @ centred).flip(0)
    assert torch.tensor(singular_values(text), dtype=torch.float64).square().allclose(eigenvalues)


def test_their_squares_and_the_mean_cosine_tell_of_the_same_spread(rows):
    text = rows(15, 30, 1)
    spread = sum(value**2 for value in singular_values(text)) / 15
    assert spread == pytest.approx(14 / 15 * (1 - mean_cosine(text)))


def test_neither_a_rotation_nor_the_order_counts(rows):
    text = rows(9, 7, 1)
    turn = torch.linalg.qr(torch.randn(7, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64))[0]
    assert singular_values((text @ turn).flip(0)) == pytest.approx(singular_values(text))


def test_what_it_refuses(rows):
    with pytest.raises(InputError, match="text has 1 rows, expected at least 2"):
        singular_values(rows(1, 8, 1))
    text = rows(5, 8, 1)
    text[4, 0] = torch.inf
    with pytest.raises(InputError, match="text: row 4 holds NaN or infinity"):
        singular_values(text)
