"""L_cls: the student's image must be nearest to the text of its own class (arXiv 2307.03135).

Shapes: B images in the batch, C classes, D embedding width. Embeddings have unit rows.
"""

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

from clipling.losses.logits import logits


def classification(
    image: Float[Tensor, "B D"], text: Float[Tensor, "C D"], labels: Int[Tensor, " B"], *, temperature: float = 0.07
) -> Float[Tensor, ""]:
    """How surprised a softmax over cosine / temperature is by the labels: cross entropy in nats, mean, >= 0.

    `labels` lie in 0 to C - 1. Gradient reaches `text` when it requires one: that is how prompts are learned.
    """
    return cross_entropy(logits(image, text, temperature), labels.long())
