from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from clipling.contracts.encoders import PromptedTextEncoder
from clipling.language.prompts import LearnedPrompt


class PromptedLetters:
    """Reads a text as how often each letter occurs in it, plus the mean of the vectors before it."""

    width = token_width = 26

    def encode_text(self, texts: Sequence[str]) -> Tensor:
        return torch.tensor([[float(text.count(chr(97 + i))) for i in range(26)] for text in texts])

    def prompted(self, texts: Sequence[str], vectors: int) -> Callable[[Tensor], Tensor]:
        fixed = self.encode_text(texts)
        return lambda context: torch.nn.functional.normalize(fixed + context.mean(dim=0), dim=1)


@pytest.fixture
def letters() -> PromptedLetters:
    assert isinstance(PromptedLetters(), PromptedTextEncoder)
    return PromptedLetters()


def test_the_seed_decides_vectors_as_small_as_clips_own(letters):
    prompt = LearnedPrompt.drawn(8, letters, seed=3)
    assert prompt.context.shape == (8, 26)
    assert 0.015 < float(prompt.context.detach().std()) < 0.025
    torch.manual_seed(99)
    assert torch.equal(prompt.context, LearnedPrompt.drawn(8, letters, seed=3).context)
    assert not torch.equal(prompt.context, LearnedPrompt.drawn(8, letters, seed=4).context)


def test_two_prompts_over_the_same_texts_learn_apart(letters):
    texts = letters.prompted(["wren . a bird", "swan"], 4)
    positive, negative = (LearnedPrompt.drawn(4, letters, seed=seed) for seed in (0, 1))
    positive(texts)[:, 0].sum().backward()
    assert positive.context.grad is not None
    assert negative.context.grad is None
    assert not torch.equal(positive(texts), negative(texts))


def test_it_saves_its_vectors_alone(letters):
    assert set(LearnedPrompt.drawn(2, letters, seed=0).state_dict()) == {"context"}
