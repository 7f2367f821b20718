"""What is near in the space is near on the plane, and texts lie among their images for all the gap between the two."""

import sys

import numpy as np
import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.evaluation.projection import project
from clipling.tensors import unit


def crowds(gap: float) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Images around three centres, a text for each centre, and all texts moved aside by the same way."""
    draw = torch.Generator().manual_seed(0)
    centres = torch.eye(16)[:3]
    labels = torch.arange(3).repeat(20)
    images = unit(centres[labels] + 0.1 * torch.randn(60, 16, generator=draw))
    return images, unit(centres + gap * torch.eye(16)[9]), labels.numpy()


@pytest.mark.slow
def test_texts_lie_among_their_images_and_the_same_again():
    pytest.importorskip("umap", reason="umap-learn is absent: the plane of Figure 2b is not tested")
    images, texts, labels = crowds(gap=3)
    plane = project(images, texts)
    assert (plane.images.shape, plane.texts.shape) == ((60, 2), (3, 2))
    distances = np.linalg.norm(plane.images[:, None] - plane.texts, axis=2)
    assert (distances.argmin(axis=1) == labels).mean() > 0.95
    np.testing.assert_array_equal(project(images, texts).images, plane.images)


def test_what_it_refuses(monkeypatch):
    images, texts, _ = crowds(gap=0)
    with pytest.raises(InputError, match="images has 9 rows, expected at least 10"):
        project(images[:9], texts)
    with pytest.raises(InputError, match="texts: row 1 holds NaN"):
        project(images, texts.index_fill(0, torch.tensor([1]), torch.nan))
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(InputError, match=r"pip install 'clipling\[figures\]'"):
        project(images, texts)
