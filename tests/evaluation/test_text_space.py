import pytest
import torch

from clipling.contracts.errors import InputError
from clipling.evaluation.text_space import class_means, text_space
from clipling.metrics import mean_cosine, singular_values
from clipling.tensors import unit


def rows(count: int, seed: int) -> torch.Tensor:
    return unit(torch.randn(count, 6, generator=torch.Generator().manual_seed(seed)))


def test_each_number_is_that_of_its_metric():
    texts = {"names": rows(5, 0), "captions": rows(5, 1)}
    found = text_space(texts)
    assert found["mean_cosine"] == {name: mean_cosine(text) for name, text in texts.items()}
    assert found["singular_values"] == {name: singular_values(text) for name, text in texts.items()}
    assert found["spectrum"]["names"] == pytest.approx(sum(singular_values(texts["names"])))


def test_the_centre_of_a_class_is_the_mean_of_its_captions():
    captions = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.0, 1.0]])
    centres = class_means(captions, torch.tensor([1, 0, 1, 1]), 2)
    mean = torch.tensor([1.6, 1.8])
    assert torch.allclose(centres, torch.stack([captions[1], mean / mean.norm()]))


def test_a_class_without_captions_is_named():
    with pytest.raises(InputError, match="class 1 of 3 has no caption"):
        class_means(rows(2, 0), torch.tensor([0, 2]), 3)
