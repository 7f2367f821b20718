"""Labels for images that have none: the teacher's own zero-shot answer, where it is sure.

Sure is a threshold on the softmax probability, as in FixMatch (arXiv 2001.07685); the softmax is that in which CLIP is
asked (arXiv 2103.00020), over 100 times the cosine. It is over the names given: an image that shows none of them gets
one all the same where that one is far nearer than the others.

Shapes: N images, C names, D embedding width.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from clipling.contracts.encoders import NO_LABEL
from clipling.tensors import cosine

SCALE = 100.0
"""What cosines are multiplied by: CLIP's own logit scale."""
_ROWS = 4096


@torch.no_grad()
def pseudo_labels(
    teacher_image: Float[Tensor, "N D"], text: Float[Tensor, "C D"], *, sure: float
) -> tuple[Int64[Tensor, " N"], Float[Tensor, " N"]]:
    """The name nearest to each image, NO_LABEL where its probability is below `sure`; and that probability."""
    if not len(text):
        return torch.full((len(teacher_image),), NO_LABEL), torch.zeros(len(teacher_image))
    answers, chances = [torch.empty(0, dtype=torch.int64)], [torch.empty(0)]
    for rows in torch.split(teacher_image, _ROWS):
        chance, answer = (SCALE * cosine(rows, text)).softmax(dim=1).max(dim=1)
        answers.append(answer.where(chance >= sure, NO_LABEL).cpu())
        chances.append(chance.cpu())
    return torch.cat(answers), torch.cat(chances)
