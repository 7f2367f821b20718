"""How much memory the page of `clipling playground` takes while a crowd asks, and once it has gone.

    python benchmarks/playground.py --run RUN --photos FOLDER [--megapixels 12 [--format WEBP]] [--teacher none]

Starts the command on this machine, sends it photographs from many clients at once, and reads the memory of its process
before, at its peak, and after. Needs Linux and the extra `playground`.
"""

import argparse
import io
import json
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from PIL import Image

from recording import write_record

LONGEST = 900  # seconds, of the whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="a finished run, or a bundle")
    parser.add_argument("--photos", type=Path, required=True, help="a folder of photographs")
    parser.add_argument("--megapixels", type=float, help="bring each photograph to so many first")
    parser.add_argument("--format", default="JPEG", help="and to such a file: a JPEG is decoded smaller, a WEBP is not")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--requests", type=int, default=150)
    parser.add_argument("--teacher", help="as of `clipling playground`")
    given = parser.parse_args()
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port = asked.getsockname()[1]
    command = [sys.executable, "-m", "clipling", "playground", str(given.run), "--port", str(port)]
    command += ["--teacher", given.teacher] if given.teacher else []
    files = sorted(given.photos.glob("*.JPEG"))[:20]
    with TemporaryDirectory() as place, (Path(place) / "log").open("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}/gradio_api"
            _wait_for(url, process)
            pictures = [_sized(file, given.megapixels, given.format) for file in files]
            _ask(url, pictures[0])  # what is set up once
            before = _memory(process.pid)
            begun = time.monotonic()
            with ThreadPoolExecutor(given.clients) as crowd:
                asked_with = [pictures[number % len(pictures)] for number in range(given.requests)]
                answered = sum(crowd.map(lambda picture: _ask(url, picture), asked_with))
            seconds = time.monotonic() - begun
            time.sleep(5)
            after = _memory(process.pid)
        finally:
            process.terminate()
            process.wait()
    figures = {
        "megapixels": given.megapixels,
        "format": given.format,
        "clients": given.clients,
        "requests": given.requests,
        "answered": answered,
        "seconds": round(seconds, 1),
        "MB before": before["VmRSS"],
        "MB at its peak": after["VmHWM"],
        "MB five seconds after": after["VmRSS"],
    }
    write_record("playground", figures, private={"RUN": given.run, "FOLDER": given.photos}, precision="fp32")


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(LONGEST):
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.TransportError:
            if process.poll() is not None:
                raise SystemExit("the page did not start") from None
            time.sleep(1)
    raise SystemExit("the page did not start in time")


def _sized(file: Path, megapixels: float | None, form: str) -> bytes:
    if megapixels is None:
        return file.read_bytes()
    with Image.open(file) as image:
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        larger = image.convert("RGB").resize((round(image.width * scale), round(image.height * scale)))
    content = io.BytesIO()
    larger.save(content, form)
    return content.getvalue()


def _ask(url: str, picture: bytes) -> bool:
    """Whether the page answered with names."""
    with httpx.Client(base_url=url, timeout=LONGEST) as client:
        [path] = client.post("/upload", files={"files": ("photo.jpg", picture)}).json()
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        for _ in range(LONGEST):
            event = client.post("/call/ask", json={"data": [file, ""]}).json().get("event_id")
            if event is not None:
                stream = client.get(f"/call/ask/{event}").text
                if "event: complete" in stream:
                    answer = json.loads(stream.split("event: complete\ndata: ")[1].splitlines()[0])
                    return "cl-answer" in answer[0]
            time.sleep(1)  # the line was full
    return False


def _memory(process: int) -> dict[str, int]:
    """Megabytes now (VmRSS) and at most so far (VmHWM)."""
    lines = ([*line.split(), ""] for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return {key[:-1]: int(value) // 1024 for key, value, *_ in lines if key in ("VmRSS:", "VmHWM:")}


if __name__ == "__main__":
    main()
