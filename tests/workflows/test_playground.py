"""The page as programs and crowds meet it: over HTTP, from a server that the command started."""

import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import clipling
from clipling.contracts.errors import InputError
from clipling.workflows.playground import _examples, _panel, playground
from workflows.desk import Desk
from workflows.playground_server import Served, served

CLIENTS = 50


@pytest.fixture(scope="module")
def server(finished: clipling.Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(finished.folder, tmp_path_factory.mktemp("served")) as page:
        yield page


@pytest.fixture
def bird(aviary: Path) -> Path:
    return next(iter(sorted(aviary.rglob("*.jpg"))))


def caller(server: Served) -> Any:
    import httpx

    return httpx.Client(base_url=f"{server.url}/gradio_api", timeout=300)


def upload(client: Any, name: str, content: bytes) -> str:
    answer = client.post("/upload", files={"files": (name, content)})
    answer.raise_for_status()
    return str(answer.json()[0])


def join(client: Any, path: str, names: str) -> str:
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    answer = client.post("/call/ask", json={"data": [file, names]})
    answer.raise_for_status()
    return str(answer.json()["event_id"])


def wait_for(client: Any, event: str) -> list[Any]:
    stream = client.get(f"/call/ask/{event}").text
    assert "event: complete" in stream, stream
    answer: list[Any] = json.loads(stream.split("event: complete\ndata: ")[1].splitlines()[0])
    return answer


def ask(server: Served, name: str, content: bytes, names: str = "") -> list[Any]:
    with caller(server) as client:
        return wait_for(client, join(client, upload(client, name, content), names))


def test_the_page_answers_as_the_student_and_the_teacher_do(server: Served, finished: clipling.Run, bird: Path) -> None:
    answer, choice, sight = ask(server, "bird.jpg", bird.read_bytes(), "a red owl, a green finch, a boat")
    student = clipling.load(finished.folder)
    student.set_classes(["a red owl", "a green finch", "a boat"])
    [[best, *_]] = student.predict(bird)
    assert f'<p class="cl-first">{best.label}</p>' in answer
    assert "Teacher" in answer
    assert choice["value"] == best.label
    assert f"for <b>{best.label}</b>" in sight
    assert "Chosen among 3 names" in answer


def test_without_names_it_chooses_among_its_own(server: Served, bird: Path) -> None:
    assert "Chosen among 200 names" in ask(server, "bird.jpg", bird.read_bytes())[0]


@pytest.mark.parametrize(
    ("name", "content", "names", "said"),
    [
        ("bird.jpg", b"no picture at all", "", "This image cannot be read"),
        ("bird.png", b"", "", "the file is empty"),
        ("bird.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "", "This image cannot be read"),
        (None, None, "wren\n" + "long " * 60, "at most 200 letters"),
        (None, None, " ,".join(map(str, range(1001))), "1001 names are too many"),
    ],
)
def test_what_cannot_be_answered_gets_a_message(
    server: Served, bird: Path, name: str | None, content: bytes | None, names: str, said: str
) -> None:
    answer, _, sight = ask(server, name or bird.name, bird.read_bytes() if content is None else content, names)
    assert said in answer
    assert 'role="alert"' in answer
    assert sight == ""


@pytest.mark.parametrize("side", [7300, 9000])
def test_more_pixels_than_telephones_take_are_refused(server: Served, side: int) -> None:
    file = io.BytesIO()
    Image.new("1", (side, side)).save(file, "PNG")
    answer, _, _ = ask(server, "large.png", file.getvalue())
    assert f"This image has {side} x {side} pixels: at most 52 million are taken" in answer


HOSTILE_QUESTIONS: list[Any] = [
    {},
    {"data": None},
    {"data": 3},
    {"data": []},
    {"data": [None]},
    {"data": ["file", "names"]},
    {"data": [3, ""]},
    {"data": [[], ""]},
    {"data": [{}, ""]},
    {"data": [{"path": None, "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"path": 3, "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"path": "../../etc/passwd", "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"path": "/dev/zero", "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"path": "a\0b", "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"path": "x" * 5000, "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"url": "http://127.0.0.1:9/x.png", "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [{"path": "file:///etc/passwd", "meta": {"_type": "gradio.FileData"}}, ""]},
    {"data": [None, 3]},
    {"data": [None, {"a": 1}]},
    {"data": [None, ["a", "b"]]},
    {"data": [None, "\x1b[31m\u202e"]},
    {"data": [None, ""] * 50},
    {"data": [None, ""], "session_hash": {"a": 1}},
    {"data": [None, ""], "trigger_id": -1, "fn_index": 99},
]


def test_hostile_questions_are_lines_on_the_owners_terminal(server: Served) -> None:
    with caller(server) as client:
        for place in ("ask", "look", "nothing"):
            for question in HOSTILE_QUESTIONS:
                answer = client.post(f"/call/{place}", json=question)
                if answer.status_code == 200:
                    client.get(f"/call/{place}/{answer.json()['event_id']}")
        for path, content in (
            ("/call/ask", b"{"),
            ("/call/ask", b"\xff"),
            ("/upload", b"no form"),
            ("/queue/join", b"[]"),
        ):
            client.post(path, content=content, headers={"Content-Type": "application/json"})
        client.post("/upload", content=b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"})
        client.post("/upload", content=b"", headers={"Content-Type": "multipart/form-data"})
        client.get("/file=/etc/passwd")
        client.get("/call/ask/no-such-event")
    said = server.said()
    assert "Traceback" not in said
    assert all(len(line) < 400 for line in said.splitlines())
    assert "a question could not be answered: " in said


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:7860"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:7860", "Origin": "http://evil.example:7860"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:7860", "Origin": "http://localhost:7860"}, 200),
    ],
)
def test_only_its_own_page_is_answered(server: Served, headers: dict[str, str], status: int) -> None:
    with caller(server) as client:
        for path in (server.url, f"{server.url}/config"):
            assert client.get(path, headers=headers).status_code == status
        question = client.post("/call/ask", json={"data": [None, ""]}, headers=headers)
        assert question.status_code == status


def test_a_file_that_is_too_large_is_not_taken(server: Served) -> None:
    import httpx

    with caller(server) as client, pytest.raises(httpx.HTTPStatusError, match="413"):
        upload(client, "large.jpg", bytes(21 * 1024 * 1024))


def test_no_question_is_recorded(server: Served) -> None:
    with caller(server) as client:
        assert not client.get(f"{server.url}/config").json().get("run_history", False)


def test_other_machines_do_not_reach_it(server: Served) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # no packet is sent: this only asks which address would be used
        except OSError:
            pytest.skip("this machine has no other address than its own loop")
        address = probe.getsockname()[0]
    port = int(server.url.rsplit(":", 1)[1])
    with socket.socket() as stranger:
        assert stranger.connect_ex((address, port)) != 0


def test_fifty_at_once_are_answered_in_order_within_bounded_memory(server: Served) -> None:
    file = io.BytesIO()
    Image.effect_noise((300, 200), 90).convert("RGB").resize((2000, 1500)).save(file, "JPEG")
    finished = list[tuple[float, int, str]]()
    with caller(server) as client:
        path = upload(client, "photo.jpg", file.getvalue())
        wait_for(client, join(client, path, "first, a boat"))
        before, begun = server.peak_megabytes(), time.perf_counter()

        def listen(number: int, event: str) -> None:
            answer = wait_for(client, event)[0]
            finished.append((time.perf_counter() - begun, number, answer))

        threads = list[threading.Thread]()
        for number in range(CLIENTS):
            event = join(client, path, f"name {number}, a boat")
            threads.append(threading.Thread(target=listen, args=(number, event)))
            threads[-1].start()
        for thread in threads:
            thread.join()
    grown, seconds = server.peak_megabytes() - before, [moment for moment, _, _ in finished]
    print(
        f"{CLIENTS} at once: half after {seconds[CLIENTS // 2]:.1f} s, all after {seconds[-1]:.1f} s, +{grown:.0f} MB"
    )
    late = [abs(place - number) for place, (_, number, _) in enumerate(finished)]
    assert max(late) <= CLIENTS // 4, "not in the order in which they asked"  # listeners wake up late on a busy machine
    assert all(f"name {number}<" in answer for _, number, answer in finished)
    assert grown < 200  # fifty such images, decoded, are 450 MB


def test_without_gradio_the_extra_is_named(finished: clipling.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    there = util.find_spec
    monkeypatch.setattr(
        "clipling.deploy.playground.page.find_spec", lambda name: None if name == "gradio" else there(name)
    )
    with pytest.raises(InputError, match=r"pip install 'clipling\[playground\]'"):
        playground(finished.folder)


def test_a_port_that_is_none_is_refused(finished: clipling.Run) -> None:
    with pytest.raises(InputError, match="port 70000: expected a number from 1 to 65535"):
        playground(finished.folder, port=70000)


def test_a_port_that_is_taken_is_named(finished: clipling.Run, server: Served) -> None:
    with pytest.raises(InputError, match="give another one by --port"):
        playground(finished.folder, port=int(server.url.rsplit(":", 1)[1]), teacher="none")


def test_without_the_teacher_it_offers_its_own_classes(finished: clipling.Run) -> None:
    panel = _panel(finished.student, "none", None, "cpu")
    with pytest.raises(InputError, match=r"no text for 'a boat'.*Choose among those it came with"):
        panel.names_in("a boat")
    assert len(panel.own) == 200


def test_another_teacher_is_refused(finished: clipling.Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Desk(tmp_path, capsys).taught_by(lambda weight: weight + 1)
    with pytest.raises(InputError, match="other weights than the one of this student"):
        _panel(finished.student, other, None, "cpu")


def test_examples_are_images_it_was_not_trained_on(finished: clipling.Run) -> None:
    trained = set((finished.split / "train.txt").read_text().split())
    shown = _examples(finished.student)
    assert [len(files) for files in shown.values()] == [5, 5]
    for files in shown.values():
        assert all(file.is_file() for file in files)
        assert not trained & {"/".join(file.parts[-3:]) for file in files}
    assert _examples(finished.folder) == {}  # a bundle at that place would lie in no run
