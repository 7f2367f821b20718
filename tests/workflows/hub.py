"""A Hub of one model on this machine: the part of the protocol that pushing and loading use, files kept in memory."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TOKEN = "hf_" + "s" * 34
COMMIT = "c" * 40


class Hub(ThreadingHTTPServer):
    """What it was asked and what it holds: `repos` by name, whether private; `files` by name.

    With `drops` it hangs up on everyone who asks for something.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.repos: dict[str, bool] = {}
        self.files: dict[str, bytes] = {}
        self.drops = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._say({"error": "Unauthorized"}, 401)
        elif self.path == "/api/repos/create":
            asked = json.loads(body)
            name = "/".join(part for part in (asked.get("organization"), asked["name"]) if part)
            self.server.repos[name] = asked.get("private") or asked.get("visibility") == "private"
            self._say({"url": f"{self.server.address}/{name}", "id": name})
        elif self.path == "/api/validate-yaml":
            assert "library_name: clipling" in json.loads(body)["content"]
            self._say({"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            modes = [{**file, "uploadMode": "regular", "shouldIgnore": False} for file in json.loads(body)["files"]]
            self._say({"files": modes})
        elif "/commit/" in self.path:
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    self.server.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            name = self.path.removeprefix("/api/models/").partition("/commit/")[0]
            self._say({"commitUrl": f"{self.server.address}/{name}/commit/{COMMIT}", "commitOid": COMMIT})

    def do_GET(self) -> None:
        if self.server.drops:
            return
        known = [name for name in self.server.repos if f"/{name}/" in self.path + "/"]
        if not known:
            self._say({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        elif "/revision/old" in self.path:
            self._say({"error": "Revision not found"}, 404, {"X-Error-Code": "RevisionNotFound"})
        elif "/tree/" in self.path:
            rows = [
                {"type": "file", "path": name, "size": len(content), "oid": _digest(content)}
                for name, content in self.server.files.items()
            ]
            self._say(rows)
        elif "/resolve/" in self.path:
            content = self.server.files[self.path.partition(f"/resolve/{COMMIT}/")[2]]
            self._send(content, 200, {"ETag": f'"{_digest(content)}"', "X-Repo-Commit": COMMIT})
        else:
            listed = [{"rfilename": name} for name in self.server.files]
            self._say({"id": known[0], "sha": COMMIT, "siblings": listed, "private": True, "tags": []})

    do_HEAD = do_GET  # noqa: N815

    def _say(self, answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self._send(json.dumps(answer).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def _send(self, content: bytes, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _digest(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


@contextmanager
def local_hub() -> Iterator[Hub]:
    """A server while the block lasts."""
    hub = Hub()
    Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield hub
    finally:
        hub.shutdown()
        hub.server_close()
