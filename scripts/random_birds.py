"""Random birds to train the aviary's teacher on: pictures, traits and captions, as arrays.

A bird is a function of (seed, index), in a stream of random numbers that no picture of the data set uses.

Shapes: N birds, K captions of a bird, T traits, B birds in a batch; a caption has 77 tokens.
"""

import io
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from clipling.aviary import draw_bird, random_species
from clipling.aviary.captions import full_caption, list_caption, name_caption
from clipling.aviary.species import TRAITS

STREAM = 0x7EAC4E8
CAPTIONS = (name_caption,) * 5 + (list_caption,) * 3 + (full_caption,) * 2


@dataclass(frozen=True)
class Birds:
    """Random birds: images (N, 64, 64, 3) uint8, traits (N, T), tokens (N, K, 77), told (N, K, T) bool."""

    images: NDArray[np.uint8]
    traits: NDArray[np.uint8]
    tokens: NDArray[np.uint16]
    told: NDArray[np.bool_]


def random_birds(count: int, seed: int) -> Birds:
    """Draw `count` random birds on all cores; a bird is a function of (seed, index)."""
    starts = range(0, count, 500)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        parts = list(pool.map(some_birds, starts, [min(count, start + 500) for start in starts], [seed] * len(starts)))
    return Birds(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


@cache
def _tokenizer() -> open_clip.SimpleTokenizer:
    return open_clip.SimpleTokenizer()


@cache
def _word_tokens(word: str) -> list[int]:
    return list(_tokenizer().encode(word))


def tokenized(text: str) -> list[int]:
    """The 77 tokens that open_clip's tokenizer gives, sooner: captions repeat a few hundred words."""
    tokens = [_tokenizer().sot_token_id, *(token for word in text.split() for token in _word_tokens(word))]
    return [*tokens, _tokenizer().eot_token_id, *[0] * (76 - len(tokens))]


def some_birds(start: int, stop: int, seed: int) -> tuple[NDArray[np.generic], ...]:
    """The columns of Birds for the birds from start to stop - 1 of a stream, drawn in this process."""
    rows = []
    for index in range(start, stop):
        rng = np.random.default_rng([STREAM, seed, index])
        bird = random_species(rng)
        stream = io.BytesIO()
        draw_bird(bird, rng).save(stream, format="JPEG", quality=92)
        captions = [form(bird, rng) for form in CAPTIONS]
        values = [choices.index(bird.trait(trait)) for trait, choices in TRAITS.items()]
        told = [[trait in caption.told for trait in TRAITS] for caption in captions]
        tokens = np.array([tokenized(caption.text) for caption in captions], dtype=np.uint16)
        rows.append((np.asarray(Image.open(stream)), np.array(values, dtype=np.uint8), tokens, np.array(told)))
    return tuple(np.stack(column) for column in zip(*rows, strict=True))


def batches(birds: Birds, size: int, epochs: int, seed: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Batches of images, traits, tokens and told; the captions of a batch have one form: short ones stay short."""
    order = np.random.default_rng([STREAM, seed])
    for _ in range(epochs):
        rows = order.permutation(len(birds.images))
        for start in range(0, len(rows) - size + 1, size):
            chosen, form = rows[start : start + size], int(order.integers(len(CAPTIONS)))
            tokens = torch.from_numpy(birds.tokens[chosen, form].astype(np.int64))
            images = torch.from_numpy(birds.images[chosen]).permute(0, 3, 1, 2)
            yield images, torch.from_numpy(birds.traits[chosen]), tokens, torch.from_numpy(birds.told[chosen, form])
