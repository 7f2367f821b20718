"""A student as other programs run it: photographs as Pillow and numpy hold them go in, answers come out.

Normalisation is inside, and so are the classes where they are wanted. Resizing comes before: for ONNX as a graph
(`prepared`), else by the caller. Decoding a file is always the caller's part.

Shapes: B images, C classes, D embedding width, S x S pixels.
"""

from copy import deepcopy

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from clipling.deploy.bundle import Bundle
from clipling.tensors import unit

EMBEDDING, PROBABILITIES, IMAGES = "image_embeds", "probabilities", "images"


class ShippedStudent(nn.Module):
    """From (B, S, S, 3) bytes to unit rows, in evaluation mode; the backbone alone works at `dtype`."""

    outputs: tuple[str, ...] = (EMBEDDING,)

    def __init__(self, bundle: Bundle, *, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        net = deepcopy(bundle.net)
        self.backbone = net.backbone.to(dtype)
        self.dtype = dtype
        self._scale: Tensor
        self._shift: Tensor
        mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (net.mean, net.std))
        self.register_buffer("_scale", 1 / (255 * std))
        self.register_buffer("_shift", -mean / std)
        self.train(False)

    def forward(self, images: UInt8[Tensor, "B S S 3"]) -> tuple[Tensor, ...]:
        """(B, D) unit rows in float32, as a tuple of one."""
        pixels = images.permute(0, 3, 1, 2).float() * self._scale + self._shift
        return (unit(self.backbone(pixels.to(self.dtype)).float()),)


class ShippedClassifier(nn.Module):
    """A shipped student that also chooses among the classes of its bundle."""

    outputs: tuple[str, ...] = (EMBEDDING, PROBABILITIES)

    def __init__(self, student: ShippedStudent, text: Float[Tensor, "C D"], temperature: float) -> None:
        super().__init__()
        self.student = student
        self._classes: Tensor
        self.register_buffer("_classes", text.T / temperature)

    def forward(self, images: UInt8[Tensor, "B S S 3"]) -> tuple[Tensor, ...]:
        """(B, D) unit rows, and (B, C) probabilities that sum to one."""
        (rows,) = self.student(images)
        return rows, (rows @ self._classes).softmax(dim=1)


def shipped(bundle: Bundle, *, dtype: torch.dtype, with_classes: bool) -> ShippedStudent | ShippedClassifier:
    """The student of a bundle, with its classes inside or without."""
    student = ShippedStudent(bundle, dtype=dtype)
    return ShippedClassifier(student, bundle.text, bundle.config.temperature) if with_classes else student
