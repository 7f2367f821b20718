"""A chat endpoint on this machine, over real HTTP, that misbehaves as told."""

import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Act = Callable[["Handler"], None]
"""What the endpoint does with one request."""


class Handler(BaseHTTPRequestHandler):
    server: "Endpoint"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.take(body, self.headers["Authorization"])(self)

    def send(self, status: int, content: str, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content.encode())), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing on stderr."""


class Endpoint(ThreadingHTTPServer):
    """Answers questions about a class as `acts[name]` says, one act a question, and in the end properly."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"
        self.acts: dict[str, list[Act]] = defaultdict(list)
        self.asked: list[tuple[str, list[dict[str, str]]]] = []
        self.keys: set[str] = set()
        self.delay = 0.0
        self.busiest = self._busy = 0
        self._lock = threading.Lock()

    def take(self, body: dict[str, Any], key: str) -> Act:
        name = re.search(r"shape of ([\w ]+?)[.,]", body["messages"][0]["content"])[1]  # type: ignore[index]
        with self._lock:
            self.asked.append((name, body["messages"]))
            self.keys.add(key)
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        time.sleep(self.delay)
        with self._lock:
            self._busy -= 1
            return self.acts[name].pop(0) if self.acts[name] else says(f"The {name} is round and has four red corners.")

    def handle_error(self, *_: object) -> None:
        """Say nothing on stderr: clients that are killed hang up."""

    def questions(self, name: str) -> int:
        return sum(asked == name for asked, _ in self.asked)


def completion(text: str | None, finish: str = "stop") -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}


def says(text: str | None, finish: str = "stop") -> Act:
    return lambda request: request.send(200, json.dumps(completion(text, finish)))


def sends(content: str, kind: str = "application/json") -> Act:
    return lambda request: request.send(200, content, kind)


def fails(status: int, **headers: str) -> Act:
    problem = {"error": {"message": f"no luck with {status}, sk-secret"}}
    return lambda request: request.send(status, json.dumps(problem), **headers)


def sleeps(seconds: float) -> Act:
    def late(request: Handler) -> None:
        time.sleep(seconds)
        request.close_connection = True

    return late


def breaks_off(request: Handler) -> None:
    """Announces more than it sends, as when a connection is lost."""
    request.send_response(200)
    request.send_header("Content-Length", "999")
    request.end_headers()
    request.wfile.write(b'{"id": "1", "choi')
    request.close_connection = True


def drips(content: bytes, pause: float, *, headers: bool = False) -> Act:
    """Sends a byte, waits, and so on, from the first header on or from the body on."""

    def slowly(request: Handler) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
        request.close_connection = True
        if not headers:
            request.wfile.write(head)
        for byte in (head if headers else b"") + content:
            request.wfile.write(bytes([byte]))
            time.sleep(pause)

    return slowly


def floods(status: int) -> Act:
    """Sends without end, until the other side has had enough."""

    def on_and_on(request: Handler) -> None:
        request.close_connection = True
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        while True:
            request.wfile.write(bytes(65536))

    return on_and_on


def packs(content: bytes) -> Act:
    """Sends what is compressed, whether it was asked for or not."""

    def packed(request: Handler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return packed


@contextmanager
def serving() -> Iterator[Endpoint]:
    with Endpoint() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()
