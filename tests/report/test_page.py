"""The page of a run: whole, alone, safe, and honest about what is missing."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from clipling.contracts.errors import InputError
from clipling.files import write_json, write_jsonl
from clipling.report.page import write_report

from .conftest import change

_VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """The tags, attributes and text of a page; fails when tags are not closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        self.text += " "

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_page_says_what_the_run_found(make_run: Callable[..., Path]) -> None:
    run = make_run("demo")
    change(run / "results.json", accuracy_bundle={"id": 0.613, "ood_zero_shot": 0.412})
    path = write_report(run)
    assert path == run / "report.html"
    page = Page(path.read_text())
    said = re.sub(r"\s+", " ", page.text)
    assert "picks the right one of 6 in 41.2 % of images" in said
    assert "gold ring gold circle unseen 3 75 %" in said
    assert "Nothing was chosen on unseen classes" in said
    assert "schedule.milestones 0.333, 0.666" in said
    assert "versions.torch 2.6" in said
    assert "m_neigh/3" in said
    assert len(page.all("h1")) == 1


def test_the_page_needs_nothing_else(make_run: Callable[..., Path]) -> None:
    text = write_report(make_run()).read_text()
    page = Page(text)
    assert len(text) < 2_000_000
    linked = [
        v for _, attributes in page.tags for k, v in attributes.items() if k in ("src", "href", "xlink:href") and v
    ]
    assert linked
    assert all(link.startswith(("data:image/jpeg;base64,", "#", "student/")) for link in linked)
    assert "@import" not in text
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_pictures_have_words(make_run: Callable[..., Path]) -> None:
    page = Page(write_report(make_run()).read_text())
    assert len(page.all("img")) == 24
    assert all("gold" in (image["alt"] or "") for image in page.all("img"))
    assert all("aria-label" in svg or svg.get("aria-hidden") == "true" for svg in page.all("svg"))


def test_a_student_of_every_class_has_a_page_too(make_run: Callable[..., Path]) -> None:
    page = Page(write_report(make_run(unseen=False)).read_text())
    assert "not measured on unseen classes" in page.text
    assert "Images of the classes it was trained on" in page.text
    assert "zero-shot" not in page.text
    assert len(page.all("img")) == 36


def test_absent_images_are_said_and_passed_over(make_run: Callable[..., Path], tmp_path: Path) -> None:
    run = make_run()
    (tmp_path / "pictures" / "gold_ring" / "0.png").unlink()
    assert "1 of 24 can no longer be read" in Page(write_report(run).read_text()).text
    (tmp_path / "pictures").rename(tmp_path / "moved")
    page = Page(write_report(run).read_text())
    assert "None of them can be shown" in page.text
    assert page.all("img") == []
    assert "gold ring" in page.text


def test_strangers_text_stays_text(make_run: Callable[..., Path]) -> None:
    attack = "<img src=x onerror=alert(1)>{{ 7*7 }}\"'"
    run = make_run(student=attack, notes={attack: attack})
    change(run / "results.json", per_class={attack: 0.5}, confused=[
        {"part": "ood", "class": attack, "predicted": attack, "count": 1, "share": 0.5}
    ])  # fmt: skip
    write_json(run / "student" / "labels.json", [{"class": attack, "name": attack, "text": "", "seen": False}])
    row = {"file": f"{attack}.png", "part": "ood", "class": attack, "student": [[attack, 0.5]], "teacher": [["b", 0.5]]}
    write_jsonl(run / "predictions.jsonl", [row])
    log = {"event": "epoch", "epoch": 1, "loss": {attack: 1.0}}
    write_jsonl(run / "log.jsonl", [log])
    page = Page(write_report(run).read_text())
    assert page.all("img") == []
    assert not any("onerror" in attributes for _, attributes in page.tags)
    assert page.text.count(attack) >= 6
    assert "49" not in re.findall(r"x onerror=alert\(1\)>(\d+)", page.text)


def test_a_page_from_the_least_a_run_can_hold(make_run: Callable[..., Path]) -> None:
    run = make_run()
    for name in ("environment.json", "log.jsonl", "predictions.jsonl"):
        (run / name).unlink()
    write_json(run / "results.json", {"schema": 1})
    (run / "config.yaml").write_text("{}\n")
    page = Page(write_report(run).read_text())
    assert "Nothing was measured" in page.text
    assert "How to read this" in page.text


def test_a_page_of_many_classes_stays_small(make_run: Callable[..., Path]) -> None:
    run = make_run()
    change(run / "results.json", per_class={f"class_{n}": n / 5000 for n in range(5000)})
    text = write_report(run).read_text()
    assert len(text) < 2_000_000
    assert "The 3500 best are left out" in text
    assert "class_0<" in text
    assert "class_4999<" not in text


def test_a_second_report_is_the_same_file(make_run: Callable[..., Path]) -> None:
    run = make_run()
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first
    assert not list(run.glob(".*"))


def test_an_unfinished_run_leaves_no_page(make_run: Callable[..., Path]) -> None:
    run = make_run()
    (run / "results.json").unlink()
    with pytest.raises(InputError, match="unfinished"):
        write_report(run)
    assert not (run / "report.html").exists()


def test_a_page_over_photographs(make_run: Callable[..., Path], photos: list[Path]) -> None:
    run = make_run(data=str(photos[0].parent))
    write_json(run / "student" / "labels.json", [{"class": "photo", "name": "photo", "text": "", "seen": False}])
    rows = [{"file": photo.name, "part": "ood", "class": "photo", "student": [["photo", 0.4]]} for photo in photos]
    write_jsonl(run / "predictions.jsonl", rows)
    text = write_report(run).read_text()
    assert len(Page(text).all("img")) == 36
    assert len(text) < 1_000_000


def test_reports_load_no_torch(make_run: Callable[..., Path]) -> None:
    code = (
        "import json, pathlib, sys; from clipling.report import write_report;"
        "write_report(pathlib.Path(sys.argv[1])); print(json.dumps('torch' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(make_run())], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) is False
