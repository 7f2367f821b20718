import math

import pytest
import torch

from clipling.applications.pickclutter.scores import attention, evidence, scores
from clipling.tensors import unit

T = 0.07


def rows(*shape: int, seed: int) -> torch.Tensor:
    return unit(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)))


def naive(places: list[list[float]], text: list[float]) -> float:
    cosines = [sum(a * b for a, b in zip(place, text, strict=True)) for place in places]
    powers = [math.exp(cosine / T) for cosine in cosines]
    return sum(power / sum(powers) * cosine for power, cosine in zip(powers, cosines, strict=True))


def test_they_equal_a_naive_loop() -> None:
    places, pairs, offset = rows(3, 6, 8, seed=0), rows(10, 8, seed=1), torch.tensor([0.0, 0.1, -0.2])
    found = scores(places, offset, pairs)
    for image in range(3):
        for one in range(5):
            yes, no = (naive(places[image].tolist(), pairs[row].tolist()) / T for row in (one, 5 + one))
            expected = math.exp(yes) / (math.exp(yes) + math.exp(no)) + float(offset[image])
            assert float(found[image, one]) == pytest.approx(min(1, max(0, expected)), abs=1e-4)


def test_a_text_that_fits_one_place_is_found_there_and_its_evidence_is_that_places() -> None:
    places = torch.eye(4)[None]
    text = torch.eye(4)[2:3]
    assert int(attention(places, text)[0, 0].argmax()) == 2
    assert float(attention(places, text).sum()) == pytest.approx(1)
    assert float(evidence(places, text)) == pytest.approx(1, abs=1e-4)


def test_alike_texts_leave_it_open_and_the_offset_decides() -> None:
    places, text = rows(1, 6, 8, seed=0), rows(2, 8, seed=1)
    open_scores = scores(places, torch.zeros(1), torch.cat([text, text]))
    torch.testing.assert_close(open_scores, torch.full((1, 2), 0.5))
    torch.testing.assert_close(scores(places, torch.full((1,), 0.7), torch.cat([text, text])), torch.ones(1, 2))


def test_they_are_computed_in_float32_under_autocast() -> None:
    places, pairs = rows(2, 6, 64, seed=0), rows(4, 64, seed=1)
    with torch.autocast("cpu", torch.bfloat16):
        half = scores(places, torch.zeros(2), pairs)
    torch.testing.assert_close(half, scores(places, torch.zeros(2), pairs))
