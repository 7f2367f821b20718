"""L_vlprox: the student must rank the texts near an image as the teacher does (arXiv 2307.03135).

For each image the k texts nearest to the teacher's embedding are taken; over these alone, the student's softmax must
match the teacher's. Both use one temperature, that of the other losses, not the teacher's own logit scale.

Shapes: B images in the batch, C classes, D embedding width. Embeddings have unit rows.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from clipling.contracts.errors import InputError
from clipling.losses.aligned import aligned
from clipling.losses.logits import logits


def proximal_alignment(
    image: Float[Tensor, "B D"],
    teacher_image: Float[Tensor, "B D"],
    text: Float[Tensor, "C D"],
    labels: Int[Tensor, " B"],
    *,
    k: int = 256,
    temperature: float = 0.07,
    filter_misaligned: bool = True,
) -> Float[Tensor, ""]:
    """KL divergence from the teacher's distribution over its k nearest texts to the student's: mean in nats, >= 0.

    `k` above C means all texts; k = 1 leaves nothing to match and gives 0. With `filter_misaligned` the mean is over
    the images that pass `aligned`; when none passes, the loss and its gradient are 0. The teacher's distribution is a
    constant; `text` receives gradient through the student's when it requires one. Raises InputError for k below 1.
    """
    if k < 1:
        raise InputError(f"k is {k}, expected 1 or more; it is the number of texts to align, 256 in the paper")
    teacher_image, fixed_text = teacher_image.detach(), text.detach()
    scores, targets = logits(image, text, temperature), logits(teacher_image, fixed_text, temperature)
    if k < len(text):
        # a stable sort, unlike topk, gives the lower index to ties, and unlike a test for ties it makes no GPU wait
        nearest = targets.sort(dim=1, descending=True, stable=True).indices[:, :k]
        scores, targets = scores.gather(1, nearest), targets.gather(1, nearest)
    divergence = kl_div(log_softmax(scores, 1), log_softmax(targets, 1), reduction="none", log_target=True).sum(dim=1)
    if filter_misaligned:
        passed = aligned(teacher_image, fixed_text, labels)
        mean = torch.where(passed, divergence, 0.0).sum() / passed.sum().clamp(min=1)
    else:
        mean = divergence.mean()
    return mean.clamp(min=0)  # rounding can take a perfect match just below
