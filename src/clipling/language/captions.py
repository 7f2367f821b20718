"""Embeddings of the sentences that describe single images.

Shapes: N images, D embedding width.
"""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.encoders import TextEncoder
from clipling.contracts.errors import InputError, some


def encode_captions(
    encoder: TextEncoder, captions: Mapping[str, str], files: Sequence[str], *, batch: int = 256
) -> Float[Tensor, "N D"]:
    """float32 unit rows on the CPU: row i is the caption of file i. `batch` texts at a time go to the encoder.

    Raises InputError naming the files that have no caption, or an empty one.
    """
    if batch < 1:
        raise InputError(f"batch is {batch}, expected at least 1")
    absent = [file for file in files if not captions.get(file, "").strip()]
    if absent:
        raise InputError(
            f"{len(absent)} of {len(files)} images have no caption: {some(absent)}; add them to captions.jsonl"
        )
    parts = [torch.empty(0, encoder.width)]
    for start in range(0, len(files), batch):
        parts.append(encoder.encode_text([captions[file] for file in files[start : start + batch]]).cpu())
    return torch.cat(parts)
