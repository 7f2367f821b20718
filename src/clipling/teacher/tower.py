"""A teacher that cannot learn: a CLIP-like model frozen for good, giving unit rows for images and texts.

Shapes: B images, C texts, D embedding width, H x W pixels.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor, nn

from clipling.contracts.errors import InputError, unknown
from clipling.teacher.fingerprint import fingerprint
from clipling.teacher.key import TeacherKey
from clipling.teacher.prompting import TextTower, TowerTexts
from clipling.teacher.sources import Source, open_source
from clipling.teacher.tokens import count_tokens
from clipling.tensors import unit, usable_device

Precision = Literal["fp32", "bf16", "fp16"]
_AUTOCAST = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Teacher(nn.Module):
    """A frozen image and text tower: always in eval mode, no parameter ever asks for a gradient.

    `id` names it, `weights_hash` tells its weights (SHA-256), `width` is D, `image_size` the side of a square in
    pixels, or H and W, `context_length` the tokens a text may have, `preprocessing` what it does to an image before it
    looks.
    """

    def __init__(self, source: Source, *, precision: Precision = "fp32", text_batch: int = 64) -> None:
        super().__init__()
        self.id = source.id
        self.width = source.width
        self.image_size = source.preprocessing.size
        self.context_length = int(source.tokenizer.context_length)  # type: ignore[attr-defined]
        self.preprocessing: dict[str, Any] = source.preprocessing.as_dict()
        self.weights_hash = fingerprint(source.model.state_dict(), source.id)
        self.pixels = source.preprocessing
        self.precision = precision
        self.text_batch = text_batch
        self.tokenizer = source.tokenizer
        self.model_config = source.config
        self.model = source.model
        self.requires_grad_(False)
        self.train(False)

    @property
    def key(self) -> TeacherKey:
        """What features of this teacher depend on."""
        return TeacherKey(self.id, self.weights_hash, self.preprocessing, self.precision)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    def train(self, mode: bool = True) -> "Teacher":
        """Stay in eval mode, whatever is asked: the student's `train()` reaches every module it holds."""
        return super().train(False)

    def requires_grad_(self, requires_grad: bool = True) -> "Teacher":
        """Stay without gradients, whatever is asked."""
        return super().requires_grad_(False)

    def prepare(self, image: Image.Image) -> UInt8[Tensor, "3 H W"]:
        """The picture as this teacher wants it, equal to open_clip's evaluation transform before it becomes floats."""
        return self.pixels.prepare(image)

    @torch.no_grad()
    def encode_image(self, images: UInt8[Tensor, "B 3 H W"]) -> Float[Tensor, "B D"]:
        """float32 unit rows for prepared images, on the teacher's device; the normalisation is done here.

        Raises InputError for images of another size.
        """
        if images.shape[-2:] != self.pixels.shape:
            (height, width), (wanted_height, wanted_width) = images.shape[-2:], self.pixels.shape
            raise InputError(
                f"{self.id} takes images of {wanted_height} x {wanted_width} pixels, not {height} x {width}; "
                "use its `prepare`"
            )
        pixels = self.pixels.normalised(images.to(self.device, non_blocking=True))
        with self._autocast():
            features = self.model.encode_image(pixels)  # type: ignore[operator]
        return unit(features.float())

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Float[Tensor, "C D"]:
        """float32 unit rows for texts, on the teacher's device. What exceeds the context is cut: see `truncated`."""
        rows = [torch.empty(0, self.width, device=self.device)]
        for start in range(0, len(texts), self.text_batch):
            tokens = self.tokenizer(list(texts[start : start + self.text_batch])).to(self.device)
            with self._autocast():
                features = self.model.encode_text(tokens)  # type: ignore[operator]
            rows.append(unit(features.float()))
        return torch.cat(rows)

    def truncated(self, texts: Sequence[str], *, vectors: int = 0) -> list[bool]:
        """For each text behind so many vectors, whether it exceeds the context, so that its end is not read."""
        return [count_tokens(self.tokenizer, text) + vectors > self.context_length for text in texts]

    def tokens(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """What is read of each text; texts of equal tokens have equal features."""
        return [tuple(row) for row in self.tokenizer(list(texts)).tolist()]

    @property
    def token_width(self) -> int:
        """W, the numbers in a token embedding."""
        return self._text_tower.token_width

    @torch.no_grad()
    def embed_words(self, words: str) -> Float[Tensor, "M W"]:
        """The tower's own vectors for the words. Raises InputError for no words."""
        tower = self._text_tower
        count = count_tokens(self.tokenizer, words) - count_tokens(self.tokenizer, "")
        if count < 1:
            raise InputError(f"'{words}' holds no words to start a prompt from; expected some, such as 'a photo of'")
        ids = self.tokenizer([words])[0, tower.first : tower.first + count]
        return tower.embedding(ids.to(self.device)).float()  # type: ignore[no-any-return]

    def prompted(self, texts: Sequence[str], vectors: int) -> TowerTexts:
        """The texts as a function of the vectors before them, at the precision of the caller's autocast.

        Raises InputError when the context is too short for the vectors, or the tokenizer has no place for them.
        """
        return TowerTexts(self._text_tower, texts, vectors, self.device)

    def forget_images(self) -> None:
        """Let go of the image tower, where only texts are to be encoded from now on."""
        del self.model.visual

    @cached_property
    def _text_tower(self) -> TextTower:
        return TextTower(self.model, self.tokenizer, self.context_length)

    def _autocast(self) -> torch.autocast:
        dtype = _AUTOCAST[self.precision]
        return torch.autocast(self.device.type, dtype=dtype, enabled=dtype is not None)


def load_teacher(spec: str, *, device: str | torch.device = "cpu", precision: Precision = "fp32") -> Teacher:
    """The teacher named `ARCHITECTURE/TAG`, `hf-hub:ORG/NAME` or `local-dir:PATH`, frozen, on `device`; an
    `ARCHITECTURE` alone has random weights.

    `precision` is that of the forward pass; "bf16" and "fp16" are meant for CUDA. Raises InputError for an unknown name
    (with the nearest valid one), a folder that holds no loadable model, a device that is absent, or weights with NaN.
    """
    if precision not in _AUTOCAST:
        raise unknown("precision", precision, _AUTOCAST)
    place = usable_device(device)
    return Teacher(open_source(spec), precision=precision).to(place)
