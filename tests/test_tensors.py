import jaxtyping
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from clipling.contracts.errors import InputError
from clipling.tensors import cosine, precise, topk_blocked, unit


def rows(n: int, d: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return unit(torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)).to(dtype)


def naive_topk(a: Tensor, b: Tensor, k: int, exclude_self: bool) -> list[list[int]]:
    answer = []
    for i in range(len(a)):
        others = [j for j in range(len(b)) if not (exclude_self and i == j)]
        answer.append(sorted(others, key=lambda j: (-float(a[i] @ b[j]), j))[:k])
    return answer


class Largest(TorchDispatchMode):
    """Notes the size of the largest tensor that any operation makes."""

    def __init__(self) -> None:
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else [out]:
            if isinstance(tensor, Tensor):
                self.numel = max(self.numel, tensor.numel())
        return out


def test_unit_rows_have_length_one_and_keep_their_direction() -> None:
    x = torch.tensor([[3.0, 4.0], [-5.0, 0.0]])
    assert torch.allclose(unit(x), torch.tensor([[0.6, 0.8], [-1.0, 0.0]]))
    assert unit(torch.ones(2, 3, 4)).square().sum(-1).allclose(torch.ones(2, 3))


def test_unit_of_a_zero_row_is_zero_with_a_finite_gradient() -> None:
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    result = unit(x)
    result.sum().backward()
    assert result[0].tolist() == [0.0, 0.0]
    assert x.grad is not None
    assert x.grad.abs().max() <= 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_unit_widens_half_precision_so_that_squares_neither_overflow_nor_vanish(dtype: torch.dtype) -> None:
    x = torch.tensor([[60000.0, 60000.0], [1e-6, 0.0], [0.0, 0.0]]).to(dtype)
    result = unit(x)
    assert result.dtype == torch.float32
    assert result[:2].norm(dim=1).allclose(torch.ones(2))
    assert result[2].tolist() == [0.0, 0.0]


def test_unit_keeps_float64_to_its_last_digits() -> None:
    result = unit(torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64))
    assert result.dtype == torch.float64
    assert float(result[0, 1]) == pytest.approx(2 / 14**0.5, abs=1e-16)


def test_precise_widens_only_what_is_narrow() -> None:
    assert precise(torch.zeros(2, dtype=torch.bfloat16)).dtype == torch.float32
    wide = torch.zeros(2, dtype=torch.float64)
    assert precise(wide) is wide


def test_cosine_worked_number() -> None:
    a, b = torch.tensor([[1.0, 0.0], [0.6, 0.8]]), torch.tensor([[0.0, 1.0], [0.8, 0.6], [-1.0, 0.0]])
    assert torch.allclose(cosine(a, b), torch.tensor([[0.0, 0.8, -1.0], [0.8, 0.96, -0.6]]))


def test_cosine_takes_mixed_precision_and_ignores_autocast() -> None:
    a, b = rows(5, 64), rows(7, 64, 1)
    assert cosine(a.bfloat16(), b.double()).dtype == torch.float64
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = cosine(a, b)
    assert inside.dtype == torch.float32
    assert torch.equal(inside, cosine(a, b))


def test_cosine_refuses_two_widths_where_shapes_are_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(InputError, match="width 3 and 4"):
        cosine(rows(2, 3), rows(2, 4))


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("k", [1, 3, 16])
@pytest.mark.parametrize("block", [1, 40, 1 << 24])
def test_topk_equals_the_naive_loop(k: int, exclude_self: bool, block: int) -> None:
    a = b = rows(17, 8, dtype=torch.float64)
    if not exclude_self:
        a = rows(23, 8, 1, torch.float64)
    found = topk_blocked(a, b, k, exclude_self=exclude_self, block=block)
    assert found.indices.tolist() == naive_topk(a, b, k, exclude_self)
    assert found.values.allclose(cosine(a, b).gather(1, found.indices))


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
def test_among_equal_cosines_the_lower_index_wins(k: int) -> None:
    b = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert topk_blocked(torch.tensor([[1.0, 0.0]]), b, k).indices[0].tolist() == [1, 3, 4, 0, 2, 5][:k]
    assert topk_blocked(torch.tensor([[0.0, 0.0]]), b, k).indices[0].tolist() == [0, 1, 2, 3, 4, 5][:k]


def test_many_tied_rows_keep_the_lower_indices_in_every_block() -> None:
    b = rows(10, 16).repeat(30, 1)
    found = topk_blocked(b, b, 12, block=1000).indices
    assert found.tolist() == [[i % 10 + 10 * copy for copy in range(12)] for i in range(300)]


@pytest.mark.parametrize("columns", [640, 1000, 1024, 1025])
@pytest.mark.parametrize("exclude_self", [False, True])
def test_of_many_columns_the_lower_of_equal_ones_win_across_groups(columns: int, exclude_self: bool) -> None:
    draw = torch.Generator().manual_seed(columns)
    b = torch.randint(-2, 3, (columns, 3), generator=draw).float()  # exact products, nearly all of them tied
    cosines = b @ b.T
    if exclude_self:
        cosines.fill_diagonal_(-torch.inf)
    expected = cosines.sort(dim=1, descending=True, stable=True).indices
    for k in (1, 2, columns // 300, columns - 1):
        found = topk_blocked(b, b, k, exclude_self=exclude_self, block=50_000)
        assert torch.equal(found.indices, expected[:, :k])


def test_the_whole_matrix_is_never_held() -> None:
    a, b = rows(1500, 8), rows(1400, 8, 1)
    with Largest() as largest:
        topk_blocked(a, b, 5, block=30_000)
    assert largest.numel <= 30_000


def test_no_rows_have_no_neighbours() -> None:
    assert topk_blocked(torch.empty(0, 4), rows(5, 4), 2).indices.shape == (0, 2)


@pytest.mark.parametrize(("k", "exclude_self"), [(0, False), (6, False), (5, True), (-1, False)])
def test_k_must_be_among_the_rows(k: int, exclude_self: bool) -> None:
    with pytest.raises(InputError, match=f"k is {k}, expected 1 to {4 if exclude_self else 5}"):
        topk_blocked(rows(5, 4), rows(5, 4), k, exclude_self=exclude_self)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_topk_in_other_precisions(dtype: torch.dtype) -> None:
    a, b = rows(9, 32, dtype=dtype), rows(40, 32, 1, dtype)
    found = topk_blocked(a, b, 4)
    assert found.values.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert found.indices.tolist() == topk_blocked(a.double(), b.double(), 4).indices.tolist()


def test_topk_keeps_no_gradient() -> None:
    assert not topk_blocked(rows(3, 4).requires_grad_(), rows(5, 4), 2).values.requires_grad
