"""One sentence per image: a Hugging Face image-to-text model on this machine, and the work of asking it image by image.

What it said is in a journal before anything is done with it, so that a kill costs one batch.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from clipling.contracts.errors import InputError
from clipling.language.journal import Journal
from clipling.language.loading import loading

if TYPE_CHECKING:
    from PIL.Image import Image

Rows = dict[str, dict[str, Any]]
"""Rows of captions.jsonl by their image."""
INSTRUCTION = "Describe this image in one short sentence."
"""What a model that answers to instructions is asked, where nothing else is said."""
_LONGEST = 40  # tokens; the context of CLIP holds 77
_SHORTEST = 5  # asked of a model that has said nothing


def caption_row(file: str, text: str, model: str, prompt: str) -> dict[str, Any]:
    """A row of captions.jsonl."""
    return {"file": file, "text": text, "model": model, "prompt": prompt}


class Captioner:
    """A model that looks at images and says what is there, in its most probable words."""

    def __init__(self, place: str, *, prompt: str | None = None, device: str = "cpu") -> None:
        """place: a folder, or a name on the hub. prompt: what a model that chats is asked, or how captions begin.

        Raises InputError where no image-to-text model can be loaded from it, or transformers is absent.
        """
        try:
            from transformers import AutoModelForImageTextToText, AutoProcessor
        except ImportError as error:
            raise InputError("transformers is not installed: pip install 'clipling[caption]'") from error
        with loading(place, what="image-to-text model", reader="a processor"):
            read_processor: Any = AutoProcessor.from_pretrained  # untyped in some versions
            self._processor: Any = read_processor(place)
            model: Any = AutoModelForImageTextToText.from_pretrained(place, use_safetensors=True)
        if not hasattr(self._processor, "image_processor") or not hasattr(self._processor, "tokenizer"):
            raise InputError(f"model '{place}': its processor does not take images and texts; choose another model")
        if getattr(self._processor.image_processor, "do_image_splitting", False):
            self._processor.image_processor.do_image_splitting = False  # tiles are for small print, and cost much
        self._processor.tokenizer.padding_side = "left"
        self._model = model.to(device).eval()
        self._chats = bool(getattr(self._processor, "chat_template", None))
        self.prompt = prompt if prompt is not None else INSTRUCTION if self._chats else ""

    def say(self, images: "Sequence[Image]") -> list[str]:
        """A caption for each image, in order, in one line; it may be empty, though the model was asked twice."""
        said = self._generate(images)
        silent = [place for place, caption in enumerate(said) if not caption]
        if silent:
            again = self._generate([images[place] for place in silent], min_new_tokens=_SHORTEST)
            for place, caption in zip(silent, again, strict=True):
                said[place] = caption
        return said

    def _generate(self, images: "Sequence[Image]", **least: int) -> list[str]:
        inputs = self._read(images).to(self._model.device, self._model.dtype)
        tokens = self._model.generate(**inputs, max_new_tokens=_LONGEST, do_sample=False, **least)
        if self._chats:  # the answer follows the question
            tokens = tokens[:, inputs["input_ids"].shape[1] :]
        return [" ".join(text.split()) for text in self._processor.batch_decode(tokens, skip_special_tokens=True)]

    def _read(self, images: "Sequence[Image]") -> Any:
        """As the model's own chat, or images with the beginning of their captions."""
        told = {"return_tensors": "pt", "padding": True}
        if not self._chats:
            begun = {"text": [self.prompt] * len(images)} if self.prompt else {}
            return self._processor(images=list(images), **begun, **told)
        said = [{"type": "image"}, {"type": "text", "text": self.prompt}]
        question = self._processor.apply_chat_template([{"role": "user", "content": said}], add_generation_prompt=True)
        begins = self._processor.tokenizer.bos_token
        if begins and question.startswith(begins):  # the tokenizer would put it there a second time
            told["add_special_tokens"] = False
        return self._processor(images=[[image] for image in images], text=[question] * len(images), **told)


class Seen(NamedTuple):
    """An image that could be opened."""

    file: str
    image: "Image"


def caption_images(
    captioner: Captioner,
    images: Iterable[Seen],
    journal: Journal,
    *,
    batch: int,
    progress: Callable[[int], None],
) -> list[str]:
    """Caption the images, `batch` at a time, into the journal; `progress` is told how many are done.

    Returns the files of which the model says nothing.
    """
    waiting, done, silent = iter(images), 0, []
    while together := list(islice(waiting, batch)):
        for seen, caption in zip(together, captioner.say([seen.image for seen in together]), strict=True):
            if caption:
                journal.add(seen.file, captioner.prompt, caption)
            else:
                silent.append(seen.file)
        progress(done := done + len(together))
    return silent
