"""A learned prompt: the words around a class name as vectors, the same for every class (CoOp, arXiv 2109.01134).

The encoder of the texts stays outside: it is frozen, and neither trained nor saved with the prompt. Two prompts over
the same texts, such as a positive and a negative one, are two of these.

Shapes: M vectors, W width of a token embedding, C texts, D embedding width.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from clipling.contracts.encoders import PromptedTextEncoder, PromptedTexts
from clipling.language.closed_set import ClosedSet

_SPREAD = 0.02
"""Standard deviation of the first vectors, that of CLIP's own token embeddings before training."""


class LearnedPrompt(nn.Module):
    """M vectors that stand where the words of a template would."""

    def __init__(self, context: Float[Tensor, "M W"]) -> None:
        super().__init__()
        self.context = nn.Parameter(context.detach().clone())

    @classmethod
    def drawn(cls, vectors: int, encoder: PromptedTextEncoder | ClosedSet, *, seed: int) -> "LearnedPrompt":
        """So many vectors around zero that the seed alone decides."""
        draw = torch.Generator().manual_seed(seed)
        return cls(_SPREAD * torch.randn(vectors, encoder.token_width, generator=draw))

    def forward(self, texts: PromptedTexts) -> Float[Tensor, "C D"]:
        """Unit rows of the texts behind these vectors; the gradient goes to the vectors alone."""
        return texts(self.context)
