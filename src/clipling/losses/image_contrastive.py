"""L_im-cst: the student's image must recognise its own among the teacher's of the batch (arXiv 2307.03135, Eq. 3).

Shapes: B images in the batch, D embedding width. Embeddings have unit rows.
The printed Eq. 3 compares squared distances, one way; for unit rows |s - t|^2 = 2 - 2 cos, which makes it
`temperature=0.035, bidirectional=False` here. The defaults are those of the authors' code.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import cross_entropy

from clipling.losses.logits import logits


def image_contrastive(
    image: Float[Tensor, "B D"],
    teacher_image: Float[Tensor, "B D"],
    *,
    temperature: float = 0.07,
    bidirectional: bool = True,
    keep: Bool[Tensor, " B"] | None = None,
) -> Float[Tensor, ""]:
    """How surprised a softmax over the batch is by which image is an image's own: cross entropy, mean, >= 0.

    Student images choose among teacher images; `bidirectional` averages that with teacher images choosing among
    student images. Rows where `keep` is False are neither anchors nor negatives; with none kept the loss and its
    gradient are 0. The teacher is detached.
    """
    teacher_image = teacher_image.detach()
    if keep is not None:
        image, teacher_image = image[keep], teacher_image[keep]
    scores = logits(image, teacher_image, temperature)
    own = torch.arange(len(scores), device=scores.device)
    surprise = cross_entropy(scores, own, reduction="sum")
    if bidirectional:
        surprise = (surprise + cross_entropy(scores.T, own, reduction="sum")) / 2
    return surprise / max(len(scores), 1)
