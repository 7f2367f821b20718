"""matplotlib figures as inline SVG whose colours are the page's own.

Every colour used in a figure is one of `COLOURS`; in the SVG it becomes the CSS variable of that name, so the same
figure suits a light and a dark page. Text stays text: small, searchable, and set in the page's font.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {
    "ink": "#1c2330",
    "muted": "#58616f",
    "grid": "#dcdfe3",
    "seen": "#2f6690",
    "unseen": "#bd5416",
    "s1": "#2c6fa3",
    "s2": "#c0570f",
    "s3": "#3a7d5b",
    "s4": "#87509c",
    "s5": "#8f6a12",
    "s6": "#b0446b",
    "s7": "#25798a",
    "s8": "#5a5d64",
}
SERIES = tuple(name for name in COLOURS if re.fullmatch(r"s\d", name))
"""Colours for curves of equal standing, in the order they are given out."""

_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "clipling",
    "text.parse_math": False,  # a run may be called 'a_$b$'
    "font.size": 10.5,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "axes.edgecolor": COLOURS["grid"],
    "axes.labelcolor": COLOURS["muted"],
    "axes.axisbelow": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.8,
    "lines.linewidth": 2.0,
}


@contextmanager
def canvas(width: float, height: float) -> Iterator["Figure"]:
    """An empty figure of that size in inches; within the block, what is drawn takes the style of the pages."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(_SETTINGS):
        yield Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: "Figure", key: str, description: str) -> str:
    """The figure as one `<svg>` element without fixed size; call it within the `canvas` block.

    `key` keeps its ids apart from those of other figures on a page; `description` is what a screen reader says.
    """
    stream = io.StringIO()
    with warnings.catch_warnings():
        # The measuring font lacks some scripts; the reader's own font draws the text, and has them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    drawing = stream.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>\s*|<defs>\s*<style.*?</defs>\s*", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'\s(?:width|height)="[\d.]+pt"', "", drawing, count=2)
    drawing = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{key}-", drawing)
    drawing = re.sub(r"font: (?:\w+ )?([\d.]+)px [^;\"]*", r"font-size: \1px", drawing)
    for name, colour in COLOURS.items():
        drawing = drawing.replace(colour, f"var(--{name}, {colour})")
    label = escape(description, quote=True)
    return drawing.replace("<svg", f'<svg role="img" aria-label="{label}"', 1).strip()
