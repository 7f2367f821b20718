"""The page itself, in Gradio: what is where, and what happens when. Comes with the extra `playground`.

Every question waits in one line and is answered alone, so that memory holds one decoded image however many ask. All are
answered in one thread: memory that threads take for a while is theirs for good, and a server has many.
"""

from abc import ABCMeta
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from clipling.contracts.errors import InputError
from clipling.contracts.proxy import reached_directly
from clipling.data.decode import UnreadableImage, decode_image, image_size
from clipling.deploy.playground import markup
from clipling.deploy.playground.panel import Panel

if TYPE_CHECKING:
    import gradio

PIXELS = 50 * 1024 * 1024
"""Of an uploaded image, at most: more than telephones take; decoded it is 150 MB, and a moment twice that."""
WAITING = 100
"""Questions in the line, at most; whoever comes then is told to come again."""
_KEPT = 3600  # seconds that an uploaded image stays on the disk
Examples = Mapping[str, Sequence[Path]]
"""Under a title, image files to try."""


def require_gradio(*, others_by_proxy: bool = False) -> None:
    """Load Gradio, which opens an HTTP client as it is imported; through a proxy only where others are to be reached.

    Raises InputError, naming the extra or the reason, unless the page can be shown.
    """
    if find_spec("gradio") is None:
        raise InputError("gradio: not installed; `pip install 'clipling[playground]'` brings what the page needs")
    with reached_directly(others_by_proxy=others_by_proxy):
        try:
            import gradio  # noqa: F401
        except ImportError as error:
            raise InputError(f"gradio: cannot be loaded: {error}") from error


def build_page(panel: Panel, examples: Examples) -> "gradio.Blocks":
    """The page on that panel, to be launched by `serve`."""
    import gradio as gr

    page: gr.Blocks
    with gr.Blocks(title="Try the student", analytics_enabled=False, delete_cache=(_KEPT, _KEPT)) as page:
        gr.HTML(markup.heading(panel), padding=False)
        with gr.Row(equal_height=False):
            parts = _parts(panel)
        with gr.Row():
            for title, files in examples.items():
                with gr.Column(min_width=320):
                    gr.Examples([[str(file)] for file in files], [parts.picture], label=title, api_visibility="private")
        _connect(parts, panel)
    page.queue(max_size=WAITING)
    return page


@dataclass(frozen=True)
class _Parts:
    """What of the page is filled in, pressed or read."""

    picture: Any
    names: Any
    own: Any
    button: Any
    answer: Any
    radio: Any
    sight: Any


def _parts(panel: Panel) -> _Parts:
    """On the left what is asked, on the right what is answered."""
    import gradio as gr

    with gr.Column(scale=5, min_width=320):
        picture = _picture_class()(
            label="Image", sources=["upload", "webcam", "clipboard"], height=300, buttons=[], elem_id="picture"
        )
        names = gr.Textbox(
            label="Names to choose among", info=markup.hint(panel), lines=3, max_lines=8, elem_id="names"
        )
        with gr.Row():
            own = gr.Button("Fill in its own names", size="md", min_width=120, visible=bool(panel.own))
            button = gr.Button("Ask", variant="primary", size="md", min_width=120, elem_id="ask")
    with gr.Column(scale=6, min_width=320):
        answer = gr.HTML(markup.EMPTY, elem_id="answer", padding=False)
        radio = gr.Radio(label="Where the student looked for", choices=[], visible=False, elem_id="look-for")
        sight = gr.HTML(elem_id="looked", padding=False)
    return _Parts(picture, names, own, button, answer, radio, sight)


def _connect(parts: _Parts, panel: Panel) -> None:
    """What happens when: the models are asked one question at a time."""
    import gradio as gr

    questions = _Questions(panel)
    gr.on(
        [parts.picture.change, parts.names.submit, parts.button.click],
        questions.ask,
        [parts.picture, parts.names],
        [parts.answer, parts.radio, parts.sight],
        concurrency_id="models",
        concurrency_limit=1,
        trigger_mode="always_last",
        show_progress="minimal",
        api_name="ask",
    )
    parts.radio.input(
        questions.look,
        [parts.picture, parts.radio],
        [parts.sight],
        concurrency_id="models",
        show_progress="minimal",
        api_name="look",
    )
    parts.own.click(lambda: "\n".join(panel.own), outputs=[parts.names], api_visibility="private", queue=False)


@dataclass(frozen=True)
class _Questions:
    """What a visitor asks; a mistake is answered by a message in the place of the answer."""

    panel: Panel
    _thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "questions"))

    def ask(self, file: str | None, written: str) -> tuple[str, Any, str]:
        """The answer, the names to look for, and where the student looked for the first of them."""
        return self._thread.submit(self._ask, file, written).result()

    def look(self, file: str | None, name: str | None) -> str:
        """Where the student looked for this name."""
        return self._thread.submit(self._look, file, name).result()

    def _ask(self, file: str | None, written: str) -> tuple[str, Any, str]:
        import gradio as gr

        if file is None:
            return markup.EMPTY, gr.Radio(visible=False), ""
        try:
            picture, names = self._opened(file), self.panel.names_in(written)
            said = self.panel.opinions(picture, names)
            labels = list(dict.fromkeys(one.label for side in said if side for one in side.predictions[:5]))
            first = labels[0]
            sight = markup.looked(self.panel.sight(picture, first), first)
        except InputError as error:
            return markup.message(str(error)), gr.Radio(visible=False), ""
        radio = gr.Radio(choices=labels, value=first, visible=True)
        return markup.answer(said, names, self.panel.limit), radio, sight

    def _look(self, file: str | None, name: str | None) -> str:
        if file is None or name is None:
            return ""
        try:
            [name] = self.panel.names_in(name)
            return markup.looked(self.panel.sight(self._opened(file), name), name)
        except InputError as error:
            return markup.message(str(error))

    def _opened(self, file: str) -> Image.Image:
        """The image, a JPEG no larger than student and teacher need."""
        try:
            height, width = image_size(Path(file))
            if height * width > PIXELS:
                most = f"at most {PIXELS / 1e6:.0f} million are taken"
                raise InputError(f"This image has {width} x {height} pixels: {most}. Try a smaller one.")
            return decode_image(Path(file), at_least=self.panel.side)
        except UnreadableImage as error:
            raise InputError(f"This image cannot be read: {error.reason}. Try another one.") from None


def _picture_class() -> Any:
    """An image as the file that came, not as Gradio reads it: `_opened` has a message for a broken one.

    Made without `class`, upon which Gradio would write a stub file beside this one.
    """
    import gradio as gr

    def preprocess(_: Any, payload: Any) -> str | None:
        return payload.path if payload else None

    return ABCMeta.__new__(type(gr.Image), "Picture", (gr.Image,), {"preprocess": preprocess, "is_template": True})
