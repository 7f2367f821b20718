"""Few-shot without training: an image is compared with the teacher's features of the shots, beside the class texts.

The training-free form of Tip-Adapter (arXiv 2111.03930) with the settings of arXiv 2307.03135: nothing is fitted. Its
keys are the teacher's features of ten views of each shot, its query is the student's feature.

Shapes: N images, C classes, K cached features of a class, D embedding width. All features are unit rows.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from clipling.tensors import cosine

SHARPNESS = 5.5
"""How fast the weight of a cached feature falls with its distance (Tip-Adapter's beta)."""
VIEWS = 10
"""Views of each shot in the cache: the image itself and nine that RandAugment has changed."""
RANDAUGMENT = (2, 9)
"""Operations and magnitude of the changed views."""
_COSINES_AT_ONCE = 1 << 24


def retrieval_logits(
    image: Float[Tensor, "N D"],
    text: Float[Tensor, "C D"],
    cached: Float[Tensor, "C K D"],
    *,
    sharpness: float = SHARPNESS,
) -> Float[Tensor, "N C"]:
    """Cosine with the class text, plus the sum over the class's cached features of exp(-sharpness (1 - cosine)).

    Both parts as they are: no temperature, no weight between them.
    """
    classes, per_class, _ = cached.shape
    keys = cached.flatten(0, 1)
    parts = [torch.empty(0, classes)]
    for rows in torch.split(image, max(1, _COSINES_AT_ONCE // len(keys))):
        affinity = torch.exp(-sharpness * (1 - cosine(rows, keys)))
        parts.append(cosine(rows, text) + affinity.view(-1, classes, per_class).sum(dim=2))
    return torch.cat(parts)
