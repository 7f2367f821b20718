"""L_cap: among the captions of the batch, the student's image must recognise its own (arXiv 2307.03135, Eq. 8).

Captions of other images of the same class may describe this one just as well, so they are no negatives. The positive
stays in the denominator, as in the authors' code; the printed Eq. 8 leaves it out, and could then fall below 0.

Shapes: B images in the batch, D embedding width. Embeddings have unit rows.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from clipling.losses.logits import logits


def caption_contrastive(
    image: Float[Tensor, "B D"], caption: Float[Tensor, "B D"], labels: Int[Tensor, " B"], *, temperature: float = 0.07
) -> Float[Tensor, ""]:
    """How surprised a softmax over own and other classes' captions is by an image's own: cross entropy, mean, >= 0.

    An image whose class fills the batch has no negatives and adds 0. The captions, the teacher's, are detached.
    """
    own = torch.arange(len(labels), device=labels.device)
    same_class = labels[:, None] == labels[None, :]
    rivals_of_own_class = same_class & (own[:, None] != own[None, :])
    scores = logits(image, caption.detach(), temperature)
    return cross_entropy(scores.masked_fill(rivals_of_own_class, -torch.inf), own)
