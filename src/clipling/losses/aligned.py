"""I(x): may the teacher be believed about this image? (the filter of L_vlprox in arXiv 2307.03135)

Shapes: B images in the batch, C classes, D embedding width. Embeddings have unit rows.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from clipling.tensors import cosine


def aligned(
    teacher_image: Float[Tensor, "B D"], text: Float[Tensor, "C D"], labels: Int[Tensor, " B"]
) -> Bool[Tensor, " B"]:
    """Whether the text nearest to the teacher's image is the label's; of equally near texts the first counts."""
    with torch.no_grad():
        return cosine(teacher_image, text).argmax(dim=1) == labels
