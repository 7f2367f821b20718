import math

import pytest
import torch

from clipling.evaluation import retrieval
from clipling.evaluation.retrieval import retrieval_logits
from clipling.tensors import unit


def rows(*shape: int, seed: int) -> torch.Tensor:
    return unit(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)))


@pytest.mark.parametrize("at_once", [1, 50, 1 << 24])
def test_it_is_the_naive_loop(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(retrieval, "_COSINES_AT_ONCE", at_once)
    image, text, cached = rows(5, 8, seed=0), rows(3, 8, seed=1), rows(3, 4, 8, seed=2)
    logits = retrieval_logits(image, text, cached)
    for n in range(5):
        for c in range(3):
            remembered = sum(math.exp(-5.5 * (1 - float(image[n] @ key))) for key in cached[c])
            assert float(logits[n, c]) == pytest.approx(float(image[n] @ text[c]) + remembered, abs=1e-5)


def test_one_cached_feature_that_is_the_image_itself_counts_one() -> None:
    image, text = torch.eye(2)[:1], torch.eye(2)
    assert retrieval_logits(image, text, torch.eye(2)[:, None]).tolist() == [
        pytest.approx([1 + 1, 0 + math.exp(-5.5)], abs=1e-6)
    ]


def test_without_images_it_has_no_rows() -> None:
    assert retrieval_logits(torch.empty(0, 8), rows(3, 8, seed=1), rows(3, 4, 8, seed=2)).shape == (0, 3)
