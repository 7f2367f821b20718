from collections.abc import Callable

import jaxtyping
import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from clipling.tensors import unit

Rows = Callable[..., Tensor]


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Makes n random unit rows of width d: the same numbers for the same seed."""

    def make(n: int, d: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        return unit(torch.randn(n, d, generator=generator, dtype=torch.float64)).to(dtype)

    return make


@pytest.fixture
def shapes_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns the run-time check of shapes off, as it is outside the tests, to see what a user sees."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


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


@pytest.fixture
def largest() -> Largest:
    return Largest()
