"""What the page asks and says, without the page."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from clipling.contracts.errors import InputError
from clipling.deploy import Student, read_bundle
from clipling.deploy.activation import Activation
from clipling.deploy.bank import TextBank, TextSource
from clipling.deploy.playground import markup
from clipling.deploy.playground import panel as panel_module
from clipling.deploy.playground.panel import Panel, Sight
from clipling.tensors import unit

CLOSED = "New names need the teacher."


def panel_of(bundle: Path, *, closed: str | None = CLOSED, bank: TextBank | None = None) -> Panel:
    read = read_bundle(bundle)
    return Panel(read, Student(read, bank=bank), teacher=None, bank=bank, closed=closed)


@pytest.fixture
def panel(bundle: Path) -> Panel:
    return panel_of(bundle)


class _Counting(Student):
    """A student whose new texts are drawn, and which counts how often it was asked for them."""

    asked = 0

    def text_bank(self, names: Any, template: Any = None, progress: Any = None) -> TextBank:
        self.asked += 1
        rows = unit(torch.randn(len(names), self.width, generator=torch.Generator().manual_seed(0)))
        return TextBank(tuple(names), rows, TextSource("kestrel", "0" * 64, None))


def test_the_answer_is_that_of_the_student(panel: Panel, bundle: Path, picture: Image.Image) -> None:
    said, teacher = panel.opinions(picture, panel.own)
    assert said.predictions == Student.load(bundle).predict(picture)[0]
    assert said.cosine == pytest.approx(float(panel.student.nearness(panel.student.encode_image(picture))))
    assert said.milliseconds > 0
    assert teacher is None


def test_names_come_by_line_and_by_comma_each_once(panel: Panel) -> None:
    assert panel.names_in(" wren, swan\nred kite\n\nwren") == ("wren", "swan", "red kite")
    assert panel.names_in(" \n , ") == panel.own


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("wren, dodo", "no text for 'dodo'. New names need"),
        ("x" * 201, "at most 200 letters"),
        ("\n".join(map(str, range(1001))), "1001 names are too many"),
    ],
)
def test_what_cannot_be_chosen_among_is_said(panel: Panel, written: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        panel.names_in(written)


def test_a_name_with_a_comma_of_its_own_stays_whole(bundle: Path) -> None:
    made = TextSource("kestrel", "0" * 64, "a photo of {}")
    bank = TextBank(("shark, great white", "heron"), unit(torch.randn(2, 16)), made)
    panel = panel_of(bundle, bank=bank)
    assert panel.own == bank.names
    assert panel.names_in("shark, great white\nswan, heron") == ("shark, great white", "swan", "heron")


def test_names_of_a_bank_in_other_words_do_not_mix_with_those_of_the_bundle(bundle: Path) -> None:
    bank = TextBank(("heron",), unit(torch.randn(1, 16)), TextSource("kestrel", "0" * 64, "a drawing of {}"))
    with pytest.raises(InputError, match="no text for 'swan'"):
        panel_of(bundle, bank=bank).names_in("heron, swan")


def test_new_texts_are_asked_for_once_and_the_oldest_are_forgotten(
    bundle: Path, picture: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_module, "_REMEMBERED", 3)
    read = read_bundle(bundle)
    student = _Counting(read)
    panel = Panel(read, student, teacher=None, bank=None, closed=None)
    for names in (["dodo", "moa"], ["moa", "swan"], ["auk", "crake"], ["moa", "auk", "crake"]):
        panel.opinions(picture, names)
    assert student.asked == 2
    panel.opinions(picture, ["dodo"])
    assert student.asked == 3


def test_the_page_says_none_of_these_below_the_limit_only(panel: Panel, picture: Image.Image) -> None:
    said = panel.opinions(picture, panel.own)
    above, below = (markup.answer(said, panel.own, said[0].cosine + step) for step in (0.01, -0.01))
    assert "Probably none of these" in above
    assert "Probably none of these" not in below
    assert "Probably none of these" not in markup.answer(said, panel.own, None)


def test_whatever_comes_from_outside_is_escaped(panel: Panel, picture: Image.Image) -> None:
    said, _ = panel.opinions(picture, panel.own)
    evil = "<script>alert(1)</script>"
    renamed = replace(said, predictions=[replace(one, label=evil) for one in said.predictions])
    sight = panel.sight(picture, "wren")
    for page in (markup.answer((renamed, renamed), [evil], None), markup.looked(sight, evil), markup.message(evil)):
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_the_light_falls_where_the_heat_is(panel: Panel, picture: Image.Image) -> None:
    heat = torch.zeros(2, 2)
    heat[0, 1] = 1
    grey = Image.new("RGB", (48, 48), (90, 90, 90))
    shown = markup._overlay(grey, heat.numpy()).convert("L")
    corner = shown.width - 20
    assert shown.getpixel((corner, 20)) > shown.getpixel((20, corner)) + 50
    assert "0.25" in markup.looked(Sight(picture, Activation(heat, exact=True)), "wren")
    assert "cannot be taken apart" in markup.looked(Sight(picture, Activation(heat, exact=False)), "wren")
