"""A causal model on this machine: a tiny one with random weights, which says nothing of use, but says it."""

import shutil
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from clipling.contracts.errors import InputError
from clipling.files import read_json, write_json
from clipling.language.describe import CutOffError, Interview
from clipling.language.describe_answers import AnswerCheck
from clipling.language.describe_local import LocalModel
from clipling.language.journal import Journal

CHAT = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }} {% endfor %}{{ 'answer:' if add_generation_prompt }}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE({letter: row for row, letter in enumerate([*letters, "<end>"])}, []))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
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


def cut_off(model: LocalModel, messages: list[dict[str, str]]) -> str:
    """What it says; without training it finds no end."""
    with pytest.raises(CutOffError) as said:
        model.ask(messages)
    return said.value.text


def test_it_answers_the_same_to_the_same_and_reads_a_chat_as_its_own(place: Path):
    model = LocalModel(str(place))
    messages = [{"role": "user", "content": "Describe a cup."}]

    def read() -> str:
        return str(model._tokenizer.decode(model._read(messages)["input_ids"][0]))

    said = [cut_off(model, messages) for _ in range(2)]
    assert said[0] == said[1]
    assert read() == "Describe a cup.\n"
    model._tokenizer.chat_template = CHAT
    assert read() == "user: Describe a cup. answer:"
    assert cut_off(model, messages) == cut_off(model, messages)


def test_an_answer_that_the_limit_of_tokens_ends_is_no_whole_one(place: Path, monkeypatch: pytest.MonkeyPatch):
    model, asked = LocalModel(str(place)), [{"role": "user", "content": "Describe a cup."}]
    with pytest.raises(CutOffError) as cut:
        model.ask(asked)
    monkeypatch.setattr("clipling.language.describe_local._NEW_TOKENS", 3)
    with pytest.raises(CutOffError) as short:
        model.ask(asked)
    assert cut.value.text.startswith(short.value.text)
    bias = {(256,): 1e4}  # the end mark comes first
    model._model.generation_config.sequence_bias = bias
    assert model.ask(asked) == ""


def test_a_package_that_this_very_model_needs_is_named(place: Path, tmp_path: Path):
    shutil.copytree(place, tmp_path, dirs_exist_ok=True)
    config = read_json(place / "config.json")
    write_json(tmp_path / "config.json", {**config, "quantization_config": {"quant_method": "aqlm"}})
    with pytest.raises(InputError, match=r"needs one more package: .*pip install"):
        LocalModel(str(tmp_path))


def test_a_place_without_a_model_is_named(tmp_path: Path, place: Path):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(InputError, match=r"no causal language model can be loaded.*config\.json"):
            LocalModel(str(folder))


@pytest.mark.parametrize(
    "content", [b"", b"GGUF", b"<html>not a model</html>", b"GGUF" + bytes(64), b"GGUF" + b"\xff" * 64]
)
def test_a_gguf_file_that_holds_no_model_is_named(content: bytes, tmp_path: Path):
    """Without the packages that read such files, they are what is named."""
    (tmp_path / "broken.gguf").write_bytes(content)
    with pytest.raises(
        InputError, match=r"broken\.gguf' needs one more package|broken\.gguf': no causal language model"
    ):
        LocalModel(str(tmp_path / "broken.gguf"))


def test_a_gguf_file_that_is_not_there_is_told_what_will_do(tmp_path: Path):
    with pytest.raises(InputError, match=r"absent\.gguf"):
        LocalModel(str(tmp_path / "absent.gguf"))
