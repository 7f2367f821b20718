"""L_mse: the student's embedding must lie where the teacher's lies (arXiv 2307.03135).

Shapes: B images in the batch, D embedding width. Embeddings have unit rows.
"""

from jaxtyping import Float
from torch import Tensor

from clipling.tensors import precise


def feature_mse(image: Float[Tensor, "B D"], teacher_image: Float[Tensor, "B D"]) -> Float[Tensor, ""]:
    """Squared distance between student and teacher, summed over the width, mean over images: 0 to 4 for unit rows.

    The teacher is detached. This is D times what `torch.nn.functional.mse_loss` gives.
    """
    return (precise(image) - precise(teacher_image.detach())).square().sum(dim=1).mean()
