"""The source that is an endpoint, against one over real HTTP that misbehaves."""

import gzip
import json
import os
import socket
import sys
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from clipling.contracts.errors import InputError
from clipling.language.describe import CutOffError, NoAnswerError, RefusedError
from clipling.language.describe_endpoint import Endpoint as Source
from language.endpoint import (
    Act,
    Endpoint,
    breaks_off,
    completion,
    drips,
    fails,
    floods,
    packs,
    says,
    sends,
    serving,
    sleeps,
)

pytest.importorskip("openai", reason="the extra llm is not installed: endpoints are not tested")
QUESTION = [{"role": "user", "content": "Describe the shape of a cup."}]
PROPER = "The a cup is round and has four red corners."
KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    with serving() as endpoint:
        yield endpoint


def source(server: Endpoint, retries: int = 2, timeout: float = 5) -> Source:
    return Source("parrot", base_url=server.url, retries=retries, timeout=timeout)


def test_it_sends_messages_model_and_key_and_gives_the_answer(server: Endpoint):
    assert source(server).ask(QUESTION) == PROPER
    assert server.asked == [("a cup", QUESTION)]
    assert server.keys == {f"Bearer {KEY}"}


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "http://192.0.2.1:3128", "socks5://127.0.0.1:9"])
def test_this_machine_is_asked_without_a_proxy(
    name: str, proxy: str, server: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, proxy)
    assert source(server).ask(QUESTION) == PROPER
    assert os.environ[name] == proxy


@pytest.mark.parametrize(
    ("act", "timeout", "wait"),
    [(fails(429, Retry_After="1"), 5, 1), (fails(500), 5, 0.3), (sleeps(20), 4, 4), (breaks_off, 5, 0.3)],
    ids=["429", "500", "time-out", "lost connection"],
)
def test_passing_trouble_is_waited_out(server: Endpoint, act: Act, timeout: float, wait: float):
    server.acts["a cup"] = [act]
    started = time.monotonic()
    assert source(server, timeout=timeout).ask(QUESTION) == PROPER
    assert time.monotonic() - started >= wait
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (sends('{"id": "1", "choices": [{"mess'), "not valid JSON"),
        (sends("<html>busy</html>", "text/html"), "no chat completion"),
        (sends("[]"), "no chat completion"),
        (sends('{"choices": [{}]}'), "no chat completion"),
    ],
)
def test_what_is_no_answer_can_be_asked_again(server: Endpoint, act: Act, said: str):
    server.acts["a cup"] = [act]
    with pytest.raises(NoAnswerError, match=said):
        source(server).ask(QUESTION)
    assert source(server).ask(QUESTION) == PROPER


def test_an_answer_that_was_cut_off_is_told_apart_and_given(server: Endpoint):
    server.acts["a cup"] = [says("The cup is", finish="length")]
    with pytest.raises(CutOffError) as cut:
        source(server).ask(QUESTION)
    assert cut.value.text == "The cup is"


@pytest.mark.parametrize("status", [400, 422])
def test_a_question_that_is_refused_is_told_apart_from_all(server: Endpoint, status: int):
    server.acts["a cup"] = [fails(status)]
    with pytest.raises(RefusedError, match=f"refuses this question, status {status} .*no luck"):
        source(server).ask(QUESTION)
    assert len(server.asked) == 1


def test_an_answer_that_a_filter_stopped_is_none(server: Endpoint):
    server.acts["a cup"] = [says("The cup", finish="content_filter")]
    with pytest.raises(NoAnswerError, match="stopped the answer by its content filter"):
        source(server).ask(QUESTION)


def test_an_answer_of_nothing_is_empty(server: Endpoint):
    server.acts["a cup"] = [says(None)]
    assert source(server).ask(QUESTION) == ""


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (fails(401), "refuses the key in OPENAI_API_KEY"),
        (fails(403), "OPENAI_API_KEY may not use 'parrot'"),
        (fails(404), "knows no model 'parrot'"),
        (fails(429), "still answers 429.* after 1 tries.*--concurrency"),
        (fails(503), "failed after 1 tries: .*no luck with 503"),
        (sleeps(20), "has not answered in time after 1 tries.*--timeout"),
    ],
)
def test_lasting_trouble_is_told_without_the_key(
    server: Endpoint, act: Act, expected: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    server.acts["a cup"] = [act] * 2
    with pytest.raises(InputError, match=expected) as told:
        source(server, retries=0, timeout=4).ask(QUESTION)
    assert "sk-secret" not in str(told.value)
    assert told.value.__cause__ is None
    assert len(server.asked) == 1


def test_an_endpoint_that_is_not_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://user:word@127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(
        InputError, match=r"http://127.0.0.1:\d+/v1/ cannot be reached after 1 tries.*is it running"
    ) as told:
        Source("parrot", base_url=url, retries=0).ask(QUESTION)
    assert "word" not in str(told.value)


@pytest.mark.parametrize("key", ["", "  ", None])
def test_a_missing_key_is_named(key: str | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(InputError, match="OPENAI_API_KEY is not set"):
        Source("parrot")


def test_a_key_that_can_be_none_is_not_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "export KEY=geheim\u00e4")
    with pytest.raises(InputError, match="OPENAI_API_KEY holds characters") as told:
        Source("parrot")
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["localhost:8000/v1", "ftp://a/b", "http://", "http://localhost:80a/v1", "http://[::1/v1"]
)
def test_an_address_that_is_none(url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(InputError, match="expected an address such as http://localhost"):
        Source("parrot", base_url=url)


def test_the_missing_package_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(InputError, match=r"pip install clipling\[llm\]"):
        Source("parrot")


def answer(content: object, **choice: object) -> Act:
    """A chat completion whose message holds that."""
    return sends(json.dumps({"choices": [{"message": {"content": content}, "finish_reason": "stop", **choice}]}))


PART = {"type": "text", "text": "A cup"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([PART], "A cup"),
        ([PART, {"type": "text", "text": " is round."}], "A cup is round."),
        ([{"type": "thinking", "thinking": [PART]}, PART], "A cup"),
        ([{"type": "reasoning", "text": "Hm."}, PART], "A cup"),
        ([{"type": "output_text", "text": "A cup", "annotations": []}], "A cup"),
        ([{"text": "A cup"}], "A cup"),
        (["A cup", " is round."], "A cup is round."),
        ([{"type": "image_url", "image_url": {"url": "x"}}], ""),
        ([{"type": "text", "text": None}], ""),
        ([], ""),
        (None, ""),
        ("", ""),
    ],
)
def test_an_answer_in_parts_is_that_of_its_texts(server: Endpoint, content: object, said: str):
    server.acts["a cup"] = [answer(content)]
    assert source(server).ask(QUESTION) == said


DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        *(json.dumps({"choices": [{"message": {"content": content}}]})
          for content in (3, 0.5, True, {"type": "text", "text": "A cup"}, {}, [3], [None], [[PART]],
                          [{"type": "text"}],
                          [{"type": "text", "text": 3}], [{"type": "text", "text": {"value": "A cup"}}])),
        *(json.dumps(whole) for whole in (
            None, 3, "text", [], {}, {"choices": None}, {"choices": {}}, {"choices": []}, {"choices": 3},
            {"choices": [None]}, {"choices": [[]]}, {"choices": ["text"]}, {"choices": [{"message": None}]},
            {"choices": [{"message": []}]}, {"choices": [{"message": "A cup"}]}, {"choices": [{"message": {}}]},
            {"error": {"message": "no luck"}},
        )),
        "", "\0", "NaN", "{'choices': 1}", '{"choices": [{"message": {"content": "A cup',
        "[" * DEEP, "[" * DEEP + "]" * DEEP, '{"choices":' * DEEP,
        '{"choices": [{"message": {"content": ' + "[" * DEEP + "]" * DEEP + "}}]}",
        '{"choices": ' + "9" * 5000 + "}",
        "\ufeff{}", "data: {}\n\n",
    ],
    ids=lambda body: body[:40],
)  # fmt: skip
def test_no_shape_of_an_answer_is_more_than_no_answer(server: Endpoint, body: str):
    server.acts["a cup"] = [sends(body)]
    with pytest.raises(NoAnswerError, match="sent an answer that is no chat completion"):
        source(server).ask(QUESTION)
    assert len(server.asked) == 1


@pytest.mark.parametrize("ending", [3, None, [], {"length": 1}, "stop", "tool_calls", "LENGTH"])
def test_an_ending_of_any_kind_is_taken(server: Endpoint, ending: object):
    server.acts["a cup"] = [answer("A cup", finish_reason=ending)]
    assert source(server).ask(QUESTION) == "A cup"


def test_what_is_not_json_but_latin_1_is_no_answer(server: Endpoint):
    server.acts["a cup"] = [drips(b'{"choices": [{"message": {"content": "na\xefve"}}]}', 0)]
    with pytest.raises(NoAnswerError, match="not valid JSON"):
        source(server).ask(QUESTION)


@pytest.mark.parametrize("headers", [True, False], ids=["in the headers", "in the body"])
def test_a_byte_now_and_then_outlives_no_time_out(server: Endpoint, headers: bool):
    whole = json.dumps(completion(PROPER)).encode()
    server.acts["a cup"] = [drips(whole, 0.2, headers=headers)]
    with pytest.raises(InputError, match="has not answered in time after 1 tries; give a larger --timeout"):
        source(server, retries=0, timeout=1).ask(QUESTION)


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_answer_without_end_is_not_read_to_it(server: Endpoint, status: int):
    server.acts["a cup"] = [floods(status)]
    with pytest.raises((NoAnswerError, RefusedError, InputError)) as told:
        source(server, retries=0).ask(QUESTION)
    assert len(str(told.value)) < 500
    if status == 200:
        assert "sent an answer of more than 4194304 bytes" in str(told.value)


def test_what_was_compressed_unasked_is_not_unpacked(server: Endpoint):
    server.acts["a cup"] = [packs(gzip.compress(bytes(50 * 1024 * 1024)))]
    tracemalloc.start()
    with pytest.raises(NoAnswerError, match="not valid JSON"):
        source(server).ask(QUESTION)
    assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    tracemalloc.stop()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("own", [True, False], ids=["to its own origin", "to another"])
def test_the_key_follows_no_redirect(server: Endpoint, status: int, own: bool):
    with serving() as other:
        to = f"{(server if own else other).url}/elsewhere"
        server.acts["a cup"] = [fails(status, Location=to)]
        with pytest.raises(InputError, match=f"redirects to {to}, where the key is not sent"):
            source(server).ask(QUESTION)
        assert (len(server.asked), len(other.asked)) == (1, 0)


@pytest.mark.parametrize("to", ["", "/v2", "//[", "http://a\x1b[31mb/", "javascript:alert(1)"])
def test_a_redirect_to_nowhere_is_told(server: Endpoint, to: str):
    server.acts["a cup"] = [fails(307, Location=to)]
    with pytest.raises(InputError, match=r"redirects to|cannot be reached") as told:
        source(server, retries=0).ask(QUESTION)
    assert "\x1b" not in str(told.value)
