from collections.abc import Sequence

import pytest
import torch
from torch import Tensor


class LetterEncoder:
    """Encodes a text by how often each letter of the alphabet occurs in it: exact, and checked by eye."""

    width = 26

    def __init__(self) -> None:
        self.asked: list[int] = []

    def encode_text(self, texts: Sequence[str]) -> Tensor:
        self.asked.append(len(texts))
        counts = [[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        return torch.nn.functional.normalize(torch.tensor(counts, dtype=torch.float32), dim=1)


@pytest.fixture
def encoder() -> LetterEncoder:
    return LetterEncoder()
