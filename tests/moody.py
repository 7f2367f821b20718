"""A real HTTP server that drops connections, knows ranges or not, and answers with what states it likes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Source:
    """What the server holds, how it misbehaves, and the ranges it was asked for."""

    content: dict[str, bytes]
    ranges: bool = True
    drops: int = 0
    states: list[int] = field(default_factory=list)
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(content: dict[str, bytes]) -> Iterator[Source]:
    """Serve these paths while the context lasts."""
    source = Source(content)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, source)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    source.url = f"http://127.0.0.1:{server.server_port}"
    yield source
    server.shutdown()
    server.server_close()


def answer(request: BaseHTTPRequestHandler, source: Source) -> None:
    """Send a file, or what is asked of it, or half of that."""
    asked, content = request.headers.get("Range"), source.content.get(request.path, b"")
    source.asked.append(asked)
    start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and source.ranges else 0
    if source.states or not content or start >= len(content):
        request.send_error(source.states.pop(0) if source.states else 416 if content else 404)
        return
    rest = content[start:]
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    request.send_header("Content-Length", str(len(rest)))
    request.end_headers()
    if source.drops:
        source.drops -= 1
        rest = rest[: len(rest) // 2]
    request.wfile.write(rest)
