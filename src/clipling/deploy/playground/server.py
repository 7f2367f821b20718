"""The page at an address of this machine: what is let in, how long it stands, and what its owner hears."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from clipling.contracts.errors import InputError
from clipling.contracts.proxy import reached_directly
from clipling.deploy.playground.gate import Gate, Tell, told_shortly

if TYPE_CHECKING:
    import gradio

IMAGE_BYTES = 20 * 1024 * 1024
"""Of an uploaded file, at most."""
_QUIET, _QUIET_DARK = "#58616f", "#a9b1be"  # Gradio's own are too pale to read
_CSS = Path(__file__).with_name("page.css")


def serve(page: "gradio.Blocks", *, port: int, share: bool, tell: Tell) -> str:
    """Show the page on this machine alone, at the port, until it is closed; the address, a public one for `share`.

    tell: takes a line for the owner about what a client did wrong. Raises InputError when the port is taken.
    """
    import gradio as gr
    from starlette.middleware import Middleware

    def guests() -> frozenset[str]:
        return frozenset({urlsplit(page.share_url).netloc} if page.share_url else ())

    theme = gr.themes.Default(primary_hue="blue", font=["system-ui", "sans-serif"], font_mono=["monospace"]).set(
        body_text_color_subdued=_QUIET,
        body_text_color_subdued_dark=_QUIET_DARK,
        block_info_text_color=_QUIET,
        block_info_text_color_dark=_QUIET_DARK,
    )
    _answer_in_a_line(page, tell)
    os.environ["GRADIO_RUN_HISTORY"] = "False"  # not every Gradio 6 has the keyword
    try:
        with reached_directly(others_by_proxy=share):  # Gradio asks its own server whether it is there
            _, local, public = page.launch(
                server_name="127.0.0.1",
                server_port=port,
                share=share,
                prevent_thread_lock=True,
                quiet=True,
                max_file_size=IMAGE_BYTES,
                theme=theme,
                css_paths=_CSS,
                footer_links=[],
                ssr_mode=False,
                enable_monitoring=False,
                app_kwargs={"middleware": [Middleware(Gate, guests=guests, tell=tell)]},
            )
    except OSError as error:
        raise InputError(f"port {port}: cannot be used ({error}); give another one by --port") from error
    return str(public or local)


def wait_for_end(page: "gradio.Blocks") -> None:
    """Wait as long as the page is served. Raises InputError when its server ends by itself."""
    server = page.server
    while server is not None and server.thread.is_alive():
        server.thread.join(1)  # in pieces, so that Ctrl-C is heard
    raise InputError("the page is no longer served: its server has ended; start it again")


def _answer_in_a_line(page: "gradio.Blocks", tell: Tell) -> None:
    """Let the page tell its owner in a line what it cannot answer, for which Gradio prints a traceback."""
    import gradio as gr

    answer = page.process_api

    async def process_api(*arguments: Any, **named: Any) -> dict[str, Any]:
        try:
            return await answer(*arguments, **named)
        except Exception as error:
            tell(f"a question could not be answered: {told_shortly(error)}")
            raise gr.Error("This question cannot be answered.", print_exception=False) from None

    page.process_api = process_api  # type: ignore[method-assign]
