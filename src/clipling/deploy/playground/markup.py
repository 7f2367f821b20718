"""The words and bars of the page, as HTML. Whatever came from outside is escaped here and nowhere else.

Shapes: H x W places.
"""

import base64
import io
from collections.abc import Sequence
from html import escape as as_html

import numpy as np
from PIL import Image

from clipling.contracts.records import Prediction
from clipling.deploy.playground.panel import Opinion, Panel, Sight
from clipling.plain import visible

_SIDE = 448  # pixels of the picture of where it looked
_WARM = np.array([36, 14, 0], dtype=np.float32)
EMPTY = (
    '<div class="cl-empty"><b>No image yet</b><p>Drop one on the left, take one with the camera, or choose an example. '
    "The answer appears here.</p></div>"
)


def escape(text: str) -> str:
    """Anybody's text as HTML that shows it, also what acts unseen, such as marks that turn the direction of writing."""
    return as_html(visible(text))


def heading(panel: Panel) -> str:
    """What is being tried, in two lines."""
    ours = panel.bundle.config
    numbers = sum(value.numel() for value in panel.student.net.parameters()) / 1e6
    what = f"{ours.architecture}, {numbers:.1f} million weights, {ours.image_size} × {ours.image_size} pixels"
    seen = sum(one.seen for one in panel.bundle.classes)
    facts = f"Trained on {seen} of the {len(panel.bundle.classes)} classes it came with"
    if not panel.bundle.classes:
        facts = "Trained on images without classes"
    accuracy = (ours.results or {}).get("accuracy_bundle", {})
    measured = [f"{accuracy[key]:.0%} of {what}" for key, what in _MEASURED.items() if key in accuracy]
    if measured:
        facts += f"; right on {' and '.join(measured)}"
    return f'<h1>Try the student</h1><p class="cl-quiet">{escape(what)}. {facts}.</p>'


_MEASURED = {"id": "new images of those", "ood_zero_shot": "images of classes it never saw"}


def answer(opinions: tuple[Opinion, Opinion | None], names: Sequence[str], limit: float | None) -> str:
    """Student and teacher side by side, and above them when the image probably shows none of the names."""
    student, teacher = opinions
    none = limit is not None and student.cosine < limit
    note = ""
    if none:
        note = (
            f'<div class="cl-note"><b>Probably none of these.</b> The nearest name has a cosine of '
            f"{student.cosine:.2f}; images of classes it knows rarely fall below {limit:.2f}.</div>"
        )
    cards = [_card("Student", student)] + ([_card("Teacher", teacher)] if teacher else [])
    count = f"{len(names)} name{'s' if len(names) > 1 else ''}"
    return (
        f'<div class="cl-answer" role="status">{note}<div class="cl-cards{" cl-doubt" if none else ""}">'
        f'{"".join(cards)}</div><p class="cl-quiet">Chosen among {count}. Time is that of one image, from pixels to '
        "embedding.</p></div>"
    )


def _card(who: str, opinion: Opinion) -> str:
    bars = "".join(_bar(one) for one in opinion.predictions)
    return (
        f'<section class="cl-card" aria-label="{who}"><header><h2>{who}</h2><span>{_time(opinion.milliseconds)}</span>'
        f'</header><p class="cl-first">{escape(opinion.predictions[0].label)}</p><ol>{bars}</ol></section>'
    )


def _time(milliseconds: float) -> str:
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def _bar(one: Prediction) -> str:
    share = f"{one.probability:.0%}" if one.probability >= 0.01 or not one.probability else "under 1%"
    return (
        f'<li><span class="cl-name">{escape(one.label)}</span><span class="cl-share">{share}</span>'
        f'<span class="cl-bar"><i style="width:{100 * one.probability:.1f}%"></i></span></li>'
    )


def looked(sight: Sight, name: str) -> str:
    """The square that the student saw, warm where it speaks for the name, and how to read that."""
    heat, exact = sight.activation.heat.numpy(), sight.activation.exact
    grid = f"{heat.shape[0]} × {heat.shape[1]}"
    shown = escape(name)
    if exact:
        how = (
            f"Bright places speak for <b>{shown}</b>, dark ones against it. The network sees {grid} places; their mean "
            f"is exactly its cosine with the text, {heat.mean():.2f}."
        )
    else:
        how = (
            f"Bright squares matter most for <b>{shown}</b>: each of {grid} squares was painted over, and the cosine "
            f"fell by up to {max(0.0, heat.max()):.2f}. (This network's answer cannot be taken apart exactly.)"
        )
    return (
        f'<figure class="cl-looked"><img src="{_data(_overlay(sight.picture, heat))}" width="{_SIDE}" height="{_SIDE}" '
        f'alt="Where the student looked for {shown}"><figcaption class="cl-quiet">{how}</figcaption></figure>'
    )


def _overlay(picture: Image.Image, heat: np.ndarray) -> Image.Image:
    """The picture in the light of its heat: dark where it is low, bright and a little warm where it is high."""
    spread = float(heat.max() - heat.min())
    level = (heat - heat.min()) / spread if spread > 0 else np.zeros_like(heat)
    smooth = Image.fromarray(level.astype(np.float32)).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    light = np.asarray(smooth)[..., None]
    seen = np.asarray(picture.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), dtype=np.float32)
    lit = seen * (0.25 + 0.75 * light) + light * _WARM
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))


def _data(picture: Image.Image) -> str:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()


def message(words: str) -> str:
    """What went wrong, for the person to mend."""
    return f'<div class="cl-note" role="alert"><b>No answer.</b> {escape(words)}</div>'


def hint(panel: Panel) -> str:
    """Which names may be given, in plain words."""
    if panel.closed:
        return panel.closed
    empty = f" Left empty: the {len(panel.own)} names it came with." if panel.own else ""
    return f"Any words will do, one a line or with commas.{empty}"
