"""A causal model on this machine: a tiny one with random weights, which says nothing of use, but says it."""

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from clipling.contracts.errors import InputError
from clipling.language.describe import Interview
from clipling.language.describe_answers import AnswerCheck
from clipling.language.describe_local import LocalModel
from clipling.language.journal import Journal

CHAT = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} {% endfor %}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE({letter: row for row, letter in enumerate([*letters, "<end>"])}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>").save_pretrained(folder)
    config = GPT2Config(
        vocab_size=257, n_positions=1024, n_embd=16, n_layer=1, n_head=2, eos_token_id=256, bos_token_id=256
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder


def test_its_answers_go_through_the_same_checks(place: Path, tmp_path: Path):
    names = {"a": "cup", "b": "lamp"}
    with Journal(tmp_path / "journal") as journal:
        interview = Interview(
            LocalModel(str(place)), "Describe {name}.", names, AnswerCheck(names, lambda *_: False), journal
        )
        done = interview.hold({}, concurrency=2, attempts=2)
        assert done.texts == {}
        assert (set(done.failed), done.asked) == ({"a", "b"}, 4)
        assert [len(journal.answers(label, f"Describe {name}.")) for label, name in names.items()] == [2, 2]


def test_it_answers_the_same_to_the_same_and_takes_a_chat(place: Path):
    model = LocalModel(str(place))
    messages = [{"role": "user", "content": "Describe a cup."}]
    assert model.ask(messages) == model.ask(messages)
    model._tokenizer.chat_template = CHAT
    assert isinstance(model.ask(messages), str)


def test_a_place_without_a_model_is_named(tmp_path: Path, place: Path):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match=r"no causal language model can be loaded.*config\.json"):
            LocalModel(str(folder))
