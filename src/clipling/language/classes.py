"""Class embeddings, averaged over the texts of a class where it has several.

The mean of unit rows, made a unit row again, is the centre of what the encoder understands by the class (the prompt
ensemble of CLIP, arXiv 2103.00020, section 3.1.4).

Shapes: C classes, D embedding width.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.encoders import TextEncoder
from clipling.contracts.errors import InputError
from clipling.tensors import unit


def encode_classes(encoder: TextEncoder, texts: Sequence[Sequence[str]]) -> Float[Tensor, "C D"]:
    """float32 unit rows, one a class, in order; with one text a class exactly what the encoder says of that text.

    `texts` are those of `class_texts`: as many for every class. Raises InputError when they are not, or there are none.
    """
    counts = {1 if isinstance(several, str) else len(several) for several in texts}
    if len(counts) != 1 or 0 in counts or any(isinstance(several, str) for several in texts):
        raise InputError("class texts: expected the same number of texts, one or more, in a list for every class")
    rows = [encoder.encode_text(list(alike)) for alike in zip(*texts, strict=True)]
    return rows[0] if len(rows) == 1 else unit(torch.stack(rows).mean(dim=0))
