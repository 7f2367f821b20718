"""What the student is trained on: one pure function a file, each of tensors to a scalar. Embeddings have unit rows."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from torch import Tensor

from clipling.losses.aligned import aligned
from clipling.losses.asymmetric import asymmetric
from clipling.losses.caption_contrastive import caption_contrastive
from clipling.losses.classification import classification
from clipling.losses.feature_mse import feature_mse
from clipling.losses.image_contrastive import image_contrastive
from clipling.losses.proximal_alignment import proximal_alignment

LOSSES: Mapping[str, Callable[..., Tensor]] = MappingProxyType(
    {
        "cls": classification,
        "mse": feature_mse,
        "im_cst": image_contrastive,
        "vl_prox": proximal_alignment,
        "cap": caption_contrastive,
    }
)
"""The losses by the short names of the paper, which recipes use."""

__all__ = [
    "LOSSES",
    "aligned",
    "asymmetric",
    "caption_contrastive",
    "classification",
    "feature_mse",
    "image_contrastive",
    "proximal_alignment",
]
