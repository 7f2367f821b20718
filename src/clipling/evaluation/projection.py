"""Images and the texts of their classes on one plane, for looking at (arXiv 2307.03135, Figure 2b).

Shapes: N images, C texts, D embedding width.
"""

import warnings
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from clipling.contracts.errors import InputError
from clipling.metrics.checks import refuse_fewer, refuse_nonfinite, refuse_other_width
from clipling.tensors import unit

_FEWEST = 10


class Plane(NamedTuple):
    """Places of images and of texts; what is near on the plane was near in the space, distances mean little."""

    images: Float[np.ndarray, "N 2"]
    texts: Float[np.ndarray, "C 2"]


def project(images: Float[Tensor, "N D"], texts: Float[Tensor, "C D"], *, neighbours: int = 15, seed: int = 0) -> Plane:
    """UMAP by cosine of images and texts together, the same for the same seed, versions and machine.

    Each of the two is centred first: any image is nearer to any other image than to a text, and where that gap stays
    in, all texts come to lie in one heap. neighbours: how many near ones keep an image or text in its place.
    Raises InputError when umap-learn is absent, for fewer than ten images, and for features that are not finite.
    """
    refuse_fewer("images", images, _FEWEST)
    for name, rows in (("images", images), ("texts", texts)):
        refuse_other_width(name, rows, images.shape[1])
        refuse_nonfinite(name, rows)
    try:
        import umap
    except ImportError as error:
        raise InputError("umap-learn is not installed: pip install 'clipling[figures]'") from error
    together = torch.cat([unit(rows - rows.mean(dim=0)) for rows in (images.float(), texts.float())]).numpy()
    near = min(neighbours, len(together) - 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_jobs value", category=UserWarning)  # one thread, for the seed
        places = umap.UMAP(n_neighbors=near, metric="cosine", random_state=seed).fit_transform(together)
    return Plane(places[: len(images)], places[len(images) :])
