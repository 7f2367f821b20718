"""The page of every table and figure of a paper."""

from base64 import b64encode
from html.parser import HTMLParser
from pathlib import Path

from clipling.report.paper_page import PaperEntry, write_paper_page
from clipling.report.paper_tables import Number, PaperCell, PaperTable

TABLE = PaperTable(
    "Table 1 <b>",
    ("Birds & co",),
    (("cls", (PaperCell((Number(62.34, 0.5, 3), None), (65.4, None)),)),),
    notes=("a note",),
)


class Parts(HTMLParser):
    """The cells of the page, its links and its pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells, self.links, self.pictures = list[str](), list[str](), list[str]()
        self._in_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_cell = tag in ("td", "th")
        found = dict(attrs)
        if tag == "a":
            self.links.append(found["href"] or "")
        if tag == "img":
            self.pictures.append(found["src"] or "")

    def handle_data(self, data: str) -> None:
        if self._in_cell and data.strip():
            self.cells.append(data.strip())


def test_each_entry_has_its_table_its_picture_its_files_and_what_it_lacks(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("table1.md", "table1.svg", "table1.png", "deep/scene.jpg")]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(file.name.encode())
    made = PaperEntry("table1", (TABLE,), tuple(files), left_out=("captions: none <there>",))
    absent = PaperEntry("table2", left_out=("no data",), failed=("job: MemoryError",))
    page = write_paper_page([made, absent], tmp_path)
    assert page == tmp_path / "index.html"
    text = page.read_text()
    parts = Parts(text)
    assert parts.cells == ["Row", "Birds & co", "cls", "62.3 ± 0.5 / – [65.4 / –]"]
    assert parts.links == ["#table1", "#table2", "table1.md", "table1.svg", "table1.png", "deep/scene.jpg"]
    assert parts.pictures == [
        f"data:{kind};base64,{b64encode(name).decode()}"
        for kind, name in (("image/svg+xml", b"table1.svg"), ("image/jpeg", b"scene.jpg"))
    ], "vectors stand for their copy in pixels"
    assert "Table 1 &lt;b&gt;" in text
    assert "captions: none &lt;there&gt;" in text
    assert "failed: job: MemoryError" in text
    assert "1 of 2 tables and figures" in text
