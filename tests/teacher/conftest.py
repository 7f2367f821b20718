"""Teachers that are complete and tiny, with random weights, and folders of small pictures."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, PreTrainedTokenizerFast

from clipling.teacher import Teacher, load_teacher

VISION = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
TEXT = {"context_length": 12, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
PREPROCESSING = {
    "mean": [0.3, 0.4, 0.5],
    "std": [0.2, 0.3, 0.25],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "photo", "of", "dog", "cat", "red"]


def write_tokenizer(folder: Path, *, pad: str = "[PAD]", bert: bool = True) -> None:
    """A word tokenizer: BERT's marks around a text, or, like SigLIP's, one end mark that is also the padding."""
    words = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    single = "[CLS] $A [SEP]" if bert else "$A [SEP]"
    words.post_processor = processors.TemplateProcessing(single=single, special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    marks = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": pad}
    PreTrainedTokenizerFast(tokenizer_object=words, **marks).save_pretrained(folder)


def write_teacher(
    folder: Path, text: dict[str, Any], preprocessing: dict[str, Any] | None = None, *, custom: bool = False
) -> Path:
    """The folder of an open_clip model with random weights."""
    folder.mkdir(parents=True, exist_ok=True)
    model_cfg = {"embed_dim": 24, "vision_cfg": VISION, "text_cfg": text, "custom_text": custom}
    config = {"model_cfg": model_cfg, "preprocess_cfg": preprocessing or PREPROCESSING}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    torch.manual_seed(0)
    tower = {"hf_model_name": str(folder / text.get("hf_model_name", "")), "hf_model_pretrained": False}
    here = {**text, **tower} if "hf_model_name" in text else text
    model = open_clip.create_model(f"local-dir:{folder}", load_weights=False, pretrained_text=False, text_cfg=here)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    return folder


@pytest.fixture(scope="session")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """CLIP's own text tower and byte-pair tokenizer."""
    return write_teacher(tmp_path_factory.mktemp("native") / "clip", TEXT)


@pytest.fixture(scope="session")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SigLIP's form: a native tower that pools the last token, a tokenizer that pads with its end token."""
    folder = tmp_path_factory.mktemp("siglip") / "siglip"
    folder.mkdir()
    write_tokenizer(folder, pad="[SEP]", bert=False)
    own = {"vocab_size": 16, "hf_tokenizer_name": "any", "tokenizer_kwargs": {"clean": "canonicalize"}}
    return write_teacher(folder, {**TEXT, **own, "no_causal_mask": True, "pool_type": "last", "proj_bias": True})


@pytest.fixture(scope="session")
def custom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A native tower in a module of its own, which pools the token of the end mark."""
    folder = tmp_path_factory.mktemp("custom") / "clip"
    known = "eos_id" in open_clip.CLIPTextCfg.__dataclass_fields__  # older releases pool the highest number alone
    end = {"pool_type": "eos", "eos_id": 49407} if known else {}
    return write_teacher(folder, {**TEXT, **end}, custom=True)


@pytest.fixture(scope="session")
def siglip_itself(siglip: Path) -> Path:
    """SigLIP's form with its text tower in a module of its own, as published."""
    text = json.loads((siglip / "open_clip_config.json").read_text())["model_cfg"]["text_cfg"]
    folder = siglip.parent / "custom"
    folder.mkdir()
    write_tokenizer(folder, pad="[SEP]", bert=False)
    return write_teacher(folder, text, custom=True)


@pytest.fixture(scope="session")
def hugging_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face text tower in a folder of its own, named relative to the teacher's."""
    folder = tmp_path_factory.mktemp("hf") / "bert"
    size = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertConfig(vocab_size=16, max_position_embeddings=64, **size).save_pretrained(folder / "tower")
    write_tokenizer(folder)
    names = {"hf_model_name": "tower", "hf_tokenizer_name": "tower", "hf_proj_type": "linear"}
    return write_teacher(folder, {"context_length": 12, **names, "hf_pooler_type": "mean_pooler"})


@pytest.fixture(scope="session")
def loaded(native: Path) -> Teacher:
    return load_teacher(f"local-dir:{native}")


@pytest.fixture
def teacher(loaded: Teacher) -> Teacher:
    """The native teacher, each test's own; the tokenizer, slow to copy and never changed, is shared."""
    return deepcopy(loaded, {id(loaded.tokenizer): loaded.tokenizer})


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., list[str]]:
    """Writes `count` small pictures into `tmp_path / data` and names them."""

    def write(count: int, *, folder: str = "class", seed: int = 0) -> list[str]:
        generator = np.random.default_rng(seed)
        names = [f"{folder}/{i:04d}.png" for i in range(count)]
        (tmp_path / "data" / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            pixels = generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "data" / name)
        return names

    return write


class Calls:
    """How many images went through the tower."""

    images = 0


@pytest.fixture
def encoded(teacher: Teacher, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Counts the images that `teacher` encodes; it still encodes them."""
    calls, original = Calls(), teacher.encode_image

    def counting(images: torch.Tensor) -> torch.Tensor:
        calls.images += len(images)
        return original(images)

    monkeypatch.setattr(teacher, "encode_image", counting)
    return calls
