"""A Hugging Face causal language model on this machine."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from clipling.language.describe import CutOffError, Message
from clipling.language.loading import loading

_NEW_TOKENS = 160


class LocalModel:
    """Answers greedily, one question at a time; on a GPU where there is one."""

    def __init__(self, place: str) -> None:
        """place: a folder, a GGUF file, or a name on the hub. Raises InputError where no model can be loaded from it.

        The weights of a GGUF file are unpacked to float32.
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from_where, how = place, {}
        if place.endswith(".gguf"):
            from_where, how = str(Path(place).parent), {"gguf_file": Path(place).name}
        with loading(place, what="causal language model", reader="a tokenizer", or_else=("a GGUF file",)):
            self._tokenizer: Any = AutoTokenizer.from_pretrained(from_where, **how)
            model: Any = AutoModelForCausalLM.from_pretrained(from_where, use_safetensors=True, **how)
        self._model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        ends = self._model.generation_config.eos_token_id
        self._ends = set(ends if isinstance(ends, list) else [ends])
        self._one_at_a_time = Lock()

    def ask(self, messages: Sequence[Message]) -> str:
        with self._one_at_a_time:
            inputs = self._read(messages).to(self._model.device)
            padding = self._tokenizer.eos_token_id
            said = self._model.generate(**inputs, max_new_tokens=_NEW_TOKENS, do_sample=False, pad_token_id=padding)
            tokens = said[0, inputs["input_ids"].shape[1] :].tolist()
        text = str(self._tokenizer.decode(tokens, skip_special_tokens=True))
        if len(tokens) == _NEW_TOKENS and tokens[-1] not in self._ends:
            raise CutOffError(text)
        return text

    def _read(self, messages: Sequence[Message]) -> Any:
        """As the model's own chat, or line by line where it knows none."""
        if self._tokenizer.chat_template:
            return self._tokenizer.apply_chat_template(
                list(messages), add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
        return self._tokenizer("".join(f"{message['content']}\n" for message in messages), return_tensors="pt")
