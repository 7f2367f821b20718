"""Who may ask the page, and who may not."""

import asyncio
from typing import Any

import pytest

from clipling.deploy.playground.gate import QUESTION_BYTES, UPLOAD_BYTES, Gate, refusal

PUBLIC = frozenset({"abc123.gradio.live"})


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:7860", None),
        ("localhost:7860", None),
        ("LocalHost:7860", None),
        ("localhost", None),
        ("[::1]:7860", None),
        ("localhost:8080", None),  # through a tunnel
        ("127.0.0.1:7860", "http://127.0.0.1:7860"),
        ("localhost:7860", "http://localhost:7860"),
        ("localhost:7860", "HTTP://LOCALHOST:7860"),
        ("localhost", "https://localhost"),
        ("[::1]:7860", "http://[::1]:7860"),
        ("abc123.gradio.live", None),
        ("abc123.gradio.live", "https://abc123.gradio.live"),
        ("127.0.0.1:7860", "https://abc123.gradio.live"),
    ],
)
def test_its_own_page_is_let_in(host: str, origin: str | None) -> None:
    assert refusal([host], [origin] if origin else [], PUBLIC) is None


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [""],
        ["evil.example"],
        ["evil.example:7860"],
        ["127.0.0.1.evil.example"],
        ["localhost.evil.example:7860"],
        ["evil.example#localhost"],
        ["localhost@evil.example"],
        ["evil.example@localhost"],
        ["localhost:7860@evil.example"],
        ["localhost:"],
        ["localhost:port"],
        ["localhost:786000"],
        ["localhost."],
        ["local\u0130host"],
        ["127.0.0.2:7860"],
        ["127.1"],
        ["2130706433"],
        ["0.0.0.0:7860"],
        ["192.168.0.7:7860"],
        ["[::]:7860"],
        ["[::ffff:127.0.0.1]"],
        ["::1"],
        [" localhost"],
        ["localhost\n"],
        ["localhost", "evil.example"],
        ["localhost", "localhost"],
        ["def456.gradio.live"],
        ["evil.abc123.gradio.live"],
    ],
)
def test_a_strangers_name_for_this_machine_is_turned_away(hosts: list[str]) -> None:
    assert "the page is called" in str(refusal(hosts, [], PUBLIC))


@pytest.mark.parametrize(
    "origins",
    [
        ["http://evil.example"],
        ["http://evil.example:7860"],
        ["https://localhost.evil.example:7860"],
        ["http://localhost:3000"],
        ["http://localhost"],
        ["http://127.0.0.1:7860"],
        ["http://localhost:78600"],
        ["http://localhost:7860.evil.example"],
        ["http://localhost:7860/"],
        ["http://localhost:7860@evil.example"],
        ["http://evil.example@localhost:7860"],
        ["ftp://localhost:7860"],
        ["file://"],
        ["null"],
        [""],
        ["localhost:7860"],
        ["*"],
        ["chrome-extension://abcdef"],
        ["http://localhost:7860", "http://evil.example"],
        ["http://localhost:7860 http://evil.example"],
        ["https://def456.gradio.live"],
        ["http://xn--lcalhost-5fg:7860"],
    ],
)
def test_another_page_may_not_ask(origins: list[str]) -> None:
    assert "may not ask this one" in str(refusal(["localhost:7860"], origins, PUBLIC))


def test_a_public_name_counts_for_its_own_page_alone() -> None:
    assert refusal(["abc123.gradio.live"], [], frozenset())


def through(
    app: Any, kind: str = "http", host: bytes = b"localhost", path: str = "/upload", receive: Any = None
) -> tuple[list[dict[str, Any]], list[str]]:
    sent: list[dict[str, Any]] = []
    told: list[str] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    gate = Gate(app, guests=frozenset, tell=told.append)
    asyncio.run(gate({"type": kind, "path": path, "headers": [(b"host", host)]}, receive, send))
    return sent, told


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a\nb"),
        KeyError("x"),
        RecursionError(),
        UnicodeDecodeError("utf-8", b"", 0, 1, "no"),
        OSError(28, "No space left"),
    ],
)
def test_what_a_request_breaks_is_told_in_one_line(error: Exception) -> None:
    async def broken(*_: Any) -> None:
        raise error

    sent, told = through(broken)
    assert [message.get("status") for message in sent] == [400, None]
    assert len(told) == 1
    assert told[0].startswith(f"a request for /upload failed: {type(error).__name__}")
    assert len(told[0].splitlines()) == 1


def test_an_answer_under_way_is_not_begun_again() -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError

    sent, told = through(half)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert len(told) == 1


@pytest.mark.parametrize(("path", "most"), [("/upload", UPLOAD_BYTES), ("/gradio_api/call/ask", QUESTION_BYTES)])
def test_no_more_is_read_than_a_question_needs(path: str, most: int) -> None:
    read = 0

    async def greedy(scope: Any, receive: Any, send: Any) -> None:
        nonlocal read
        while True:
            read += len((await receive())["body"])

    async def endless() -> Any:
        return {"type": "http.request", "body": bytes(1024 * 1024), "more_body": True}

    sent, told = through(greedy, path=path, receive=endless)
    assert read == most
    assert sent[0]["status"] == 400
    assert told == [f"a request for {path} failed: ValueError: more than {most} bytes were sent"]


def test_whoever_is_turned_away_does_not_reach_the_page() -> None:
    async def never(*_: Any) -> None:
        raise AssertionError

    assert through(never, host=b"evil.example")[0][0]["status"] == 403
    assert through(never, "websocket", b"evil.example")[0] == [{"type": "websocket.close", "code": 1008}]
