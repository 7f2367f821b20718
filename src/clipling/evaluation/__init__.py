"""Procedures that measure an image encoder, teacher and student by the same door; the formulas are in `metrics`."""

from clipling.evaluation.coherence import coherence
from clipling.evaluation.encode import encode_images
from clipling.evaluation.predictions import top_predictions
from clipling.evaluation.zero_shot import Confusion, Details, ZeroShotTask, accuracies, details

__all__ = [
    "Confusion",
    "Details",
    "ZeroShotTask",
    "accuracies",
    "coherence",
    "details",
    "encode_images",
    "top_predictions",
]
