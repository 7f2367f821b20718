"""Tiny image-to-text models with random weights, saved as those on the hub are: they say nothing of use, but say it."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertTokenizerFast,
    BlipConfig,
    BlipForConditionalGeneration,
    BlipImageProcessor,
    BlipProcessor,
    Idefics3Config,
    Idefics3ForConditionalGeneration,
    Idefics3ImageProcessor,
    Idefics3Processor,
    PreTrainedTokenizerFast,
)

WORDS = [f"word{number}" for number in range(40)]
CHAT = (
    "{% for m in messages %}{{ m['role'] }} {% for part in m['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}<end_of_utterance>{% endfor %}"
    "{% if add_generation_prompt %}assistant{% endif %}"
)
PIXELS = 16


def write_blip(folder: Path) -> Path:
    """A model that begins captions as it is told, as BLIP does."""
    tokenizer = _tokenizer(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]"], pad="[PAD]", end="[SEP]", begin="[CLS]", kind=BertTokenizerFast
    )
    text = {"vocab_size": len(tokenizer), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    ends = {"bos_token_id": 2, "eos_token_id": 3, "sep_token_id": 3, "pad_token_id": 0}
    seen = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "image_size": PIXELS, "patch_size": 8}
    config = BlipConfig(
        text_config={**text, **ends, "num_attention_heads": 2, "encoder_hidden_size": 16},
        vision_config={**seen, "num_attention_heads": 2},
    )
    torch.manual_seed(0)
    BlipForConditionalGeneration(config).save_pretrained(folder)
    processor = BlipImageProcessor(size={"height": PIXELS, "width": PIXELS})
    BlipProcessor(processor, tokenizer).save_pretrained(folder)
    return folder


def write_chatting(folder: Path) -> Path:
    """A model that answers to an instruction, as SmolVLM does."""
    special = ["<pad>", "<unk>", "<s>", "<end_of_utterance>", "<image>", "<fake_token_around_image>", "<global-img>"]
    tokenizer = _tokenizer(special, pad="<pad>", end="<end_of_utterance>", begin=None)
    seen = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "image_size": PIXELS, "patch_size": 8}
    text = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Idefics3Config(
        text_config={"model_type": "llama", **text, "num_key_value_heads": 2, "vocab_size": len(tokenizer)},
        vision_config={**seen, "num_attention_heads": 2},
        image_token_id=4,
        scale_factor=1,
        pad_token_id=0,
    )
    torch.manual_seed(0)
    model = Idefics3ForConditionalGeneration(config)
    model.generation_config.eos_token_id = 3
    model.save_pretrained(folder)
    size = {"longest_edge": PIXELS}
    images = Idefics3ImageProcessor(size={"longest_edge": 4 * PIXELS}, max_image_size=size)
    Idefics3Processor(images, tokenizer, image_seq_len=4, chat_template=CHAT).save_pretrained(folder)
    return folder


def _tokenizer(
    special: list[str], *, pad: str, end: str, begin: str | None, kind: type = PreTrainedTokenizerFast
) -> PreTrainedTokenizerFast:
    words = [*special, "user", "assistant", *WORDS]
    raw = Tokenizer(models.WordLevel({word: row for row, word in enumerate(words)}, unk_token=special[1]))
    raw.normalizer = normalizers.BertNormalizer()  # the older BertTokenizerFast insists on one
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    if begin:
        raw.post_processor = processors.BertProcessing((end, words.index(end)), (begin, words.index(begin)))
    told = {"pad_token": pad, "eos_token": end, "unk_token": special[1], "model_max_length": 512}
    read = ["input_ids", "attention_mask"]
    return kind(tokenizer_object=raw, additional_special_tokens=special[2:], model_input_names=read, **told)
