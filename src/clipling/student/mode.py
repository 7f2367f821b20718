"""Evaluation mode that ends where it began: each module returns to the mode it was in, frozen batch norms included."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluation_mode(module: nn.Module) -> Iterator[None]:
    """Hold `module` in evaluation mode; afterwards every submodule has its own former mode, even after an error."""
    in_training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in in_training:
            part.training = True
