"""One number for a model's weights, so that features are never mistaken for another teacher's."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

from clipling.contracts.errors import InputError


def fingerprint(weights: Mapping[str, Tensor], where: str) -> str:
    """SHA-256, in hexadecimal, over names, types, shapes and values; the order of the names does not count.

    Raises InputError, naming `where` and the tensor, when a weight is NaN or infinite.
    """
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise InputError(f"{where}: the weights '{name}' hold NaN or infinity; fetch or convert the file anew")
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
