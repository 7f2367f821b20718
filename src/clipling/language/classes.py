"""Class embeddings, averaged over templates when there are several.

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
from clipling.language.templates import DEFAULT_TEMPLATE
from clipling.language.texts import class_text
from clipling.tensors import unit


def encode_classes(
    encoder: TextEncoder,
    names: Sequence[str],
    descriptions: Sequence[str | None] | None = None,
    *,
    templates: Sequence[str] = (DEFAULT_TEMPLATE,),
) -> Float[Tensor, "C D"]:
    """float32 unit rows, one a class name, in order; with one template exactly what the encoder says of that text.

    `descriptions` run along `names`; None stands for a class without one. Raises InputError when the two differ in
    length, or there is no template.
    """
    if descriptions is None:
        descriptions = [None] * len(names)
    if len(descriptions) != len(names):
        raise InputError(f"{len(descriptions)} descriptions for {len(names)} class names; expected one each")
    if isinstance(templates, str) or not templates:
        raise InputError(f"templates is {templates!r}, expected a list with at least one template")
    pairs = list(zip(names, descriptions, strict=True))
    rows = [
        encoder.encode_text([class_text(name, text, template=template) for name, text in pairs])
        for template in templates
    ]
    return rows[0] if len(rows) == 1 else unit(torch.stack(rows).mean(dim=0))
