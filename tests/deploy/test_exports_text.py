"""The text tower by itself gives the rows that the teacher gives."""

from pathlib import Path

import numpy as np
import pytest
import torch
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from clipling.aviary import teacher_spec
from clipling.contracts.errors import InputError
from clipling.deploy import ClassEntry, read_bundle, write_bundle
from clipling.deploy.bundle import Bundle
from clipling.deploy.exports.text import export_text
from clipling.deploy.exports.tokens import plain_tokenizer
from clipling.student import create_student
from clipling.teacher import Teacher, load_teacher

NAMES = ("wren", "red kite", "mute swan")


@pytest.fixture(scope="module")
def teacher() -> Teacher:
    return load_teacher(teacher_spec())


@pytest.fixture(scope="module")
def bundle(teacher: Teacher, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    texts = [f"a photo of {name}" for name in NAMES]
    place = tmp_path_factory.mktemp("bundle") / "student"
    write_bundle(
        place,
        create_student("test_resnet", width=teacher.width, image_size=32),
        classes=[ClassEntry(name, name, text, True) for name, text in zip(NAMES, texts, strict=True)],
        text=teacher.encode_text(texts),
        teacher={"id": teacher.id, "weights_hash": teacher.weights_hash},
        temperature=0.07,
        template="a photo of {}",
        results=None,
        about={},
    )
    return read_bundle(place)


def test_new_names_without_torch(bundle: Bundle, teacher: Teacher, tmp_path: Path):
    manifest = export_text(bundle, teacher, tmp_path / "text")
    assert manifest["parity"]["same_class"] == 1
    texts = ["a photo of a Black-Winged  stilt, it's rare", "x" * 400, "a photo of wren"]
    tokenizer = Tokenizer.from_file(str(tmp_path / "text" / "tokenizer.json"))
    tokens = np.array([encoding.ids for encoding in tokenizer.encode_batch(texts)], np.int64)
    [rows] = InferenceSession(tmp_path / "text" / "text.onnx").run(None, {"tokens": tokens})
    np.testing.assert_allclose(rows, teacher.encode_text(texts), atol=1e-5)


def test_another_teacher_is_refused(bundle: Bundle, tmp_path: Path):
    other = load_teacher(teacher_spec())
    other.weights_hash = "0" * 64
    with pytest.raises(InputError, match="other weights than the teacher of this student"):
        export_text(bundle, other, tmp_path / "text")
    assert not (tmp_path / "text").exists()


def test_a_tokenizer_that_would_say_something_else_is_refused(teacher: Teacher):
    class Shouting:
        sot_token_id, eot_token_id = teacher.tokenizer.sot_token_id, teacher.tokenizer.eot_token_id
        encoder, decoder = teacher.tokenizer.encoder, teacher.tokenizer.decoder
        bpe_ranks, context_length = teacher.tokenizer.bpe_ranks, teacher.tokenizer.context_length

        def __call__(self, texts: list[str]) -> torch.Tensor:
            return teacher.tokenizer([f"{text}!" for text in texts])

    with pytest.raises(InputError, match=r"\(Shouting\) cannot be written as a tokenizer\.json: for 'wren'"):
        plain_tokenizer(Shouting(), ["wren"])
