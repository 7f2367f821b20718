"""A figure as two files: SVG for pages and papers, PNG for everything else."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

from clipling.files import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 200


def write_picture(figure: "Figure", place: Path) -> list[Path]:
    """Write `place`.svg and `place`.png on white, the same bytes each time; call it within the `canvas` block.

    Letters are outlines in the SVG, unlike in pages: a picture that travels alone cannot count on its font.
    """
    from matplotlib import rc_context

    written = []
    with rc_context({"svg.fonttype": "path"}):
        for ending, told in (("svg", {"Date": None}), ("png", {"Software": None})):
            stream = io.BytesIO()
            figure.savefig(stream, format=ending, dpi=_DPI, facecolor="white", metadata=told)
            written.append(place.with_name(f"{place.name}.{ending}"))
            write_bytes(written[-1], stream.getvalue())
    return written
