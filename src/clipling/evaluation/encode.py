"""From batches of pixels to one matrix of features, whoever the encoder is.

Shapes: N images in the set, D embedding width.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float
from torch import Tensor, nn

from clipling.contracts.encoders import ImageEncoder
from clipling.contracts.errors import InputError
from clipling.data.loader import Batch
from clipling.student import evaluation_mode


def encode_images(
    encoder: ImageEncoder,
    batches: Iterable[Batch],
    count: int,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Float[Tensor, "N D"]:
    """Features of `count` images, on the CPU: the image that a batch calls row i becomes row i, in 0..count-1.

    device: where the encoder is; the pixels are sent there. dtype: other than float32 means autocast to it.
    A module is held in evaluation mode meanwhile and has its own modes back afterwards.
    Raises InputError when a row is outside, comes twice, or never comes.
    """
    features = torch.empty(count, encoder.width)
    missing = torch.ones(count, dtype=torch.bool)
    with _held(encoder), torch.no_grad(), torch.autocast(torch.device(device).type, dtype, dtype != torch.float32):
        for batch in batches:
            _tick_off(batch.rows, missing)
            embeddings = encoder.encode_image(batch.images.to(device, non_blocking=True))
            features[batch.rows] = embeddings.float().cpu()
    if missing.any():
        raise InputError(f"{int(missing.sum())} of {count} images were in no batch; the first is row {_first(missing)}")
    return features


def _held(encoder: ImageEncoder) -> AbstractContextManager[None]:
    return evaluation_mode(encoder) if isinstance(encoder, nn.Module) else nullcontext()


def _tick_off(rows: Tensor, missing: Tensor) -> None:
    outside = (rows < 0) | (rows >= len(missing))
    if outside.any():
        row = int(rows[outside][0])
        raise InputError(
            f"a batch holds row {row}, expected 0 to {len(missing) - 1}: rows count within the set encoded"
        )
    if not missing[rows].all() or len(torch.unique(rows)) < len(rows):
        raise InputError("a batch repeats a row that was encoded before; each image of the set must come once")
    missing[rows] = False


def _first(flags: Tensor) -> int:
    return int(flags.nonzero()[0])
