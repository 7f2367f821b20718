"""Who may ask the page, and what the owner hears of those who ask wrongly.

A page on this machine's own address can be reached by any page its owner has open: a name of a stranger's that is made
to lead to 127.0.0.1 (DNS rebinding) is told by its Host, a form or script of another page by its Origin. Neither is
let in. What a client does wrong is one line on the terminal, never a traceback.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

Message = MutableMapping[str, Any]
Tell = Callable[[str], None]
"""Takes a line for the owner."""
UPLOAD_BYTES, QUESTION_BYTES = 32 * 1024 * 1024, 4 * 1024 * 1024
"""Of a request, at most: one with a file, which has a limit of its own, and any other."""
_OWN = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?")


def refusal(hosts: Sequence[str], origins: Sequence[str], guests: frozenset[str] = frozenset()) -> str | None:
    """Why a request with these headers Host and Origin is turned away, or None.

    guests: public names of the page. Any port will do, for tunnels to the page have their own, but a request that comes
    from a page must come from this one.
    """
    host = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
    if host is None or host[1] not in _OWN | guests:
        return f"the page is called {', '.join(sorted(_OWN | guests))}, not '{', '.join(hosts)}'"
    same = {f"{scheme}://{name}" for scheme in ("http", "https") for name in (host[0], *guests)}
    if origins and (len(origins) > 1 or origins[0].lower() not in same):
        return f"another page, '{', '.join(origins)}', may not ask this one"
    return None


class Gate:
    """Before an ASGI application: `refusal` and a largest size for every request, a line for what fails."""

    def __init__(
        self, app: Callable[..., Awaitable[None]], *, guests: Callable[[], frozenset[str]], tell: Tell
    ) -> None:
        """guests: asked at every request, as public names come after the start."""
        self._app, self._guests, self._tell = app, guests, tell

    async def __call__(self, scope: Message, receive: Callable[[], Any], send: Callable[[Message], Any]) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        told: dict[bytes, list[str]] = {b"host": [], b"origin": []}
        for name, value in scope["headers"]:
            told.get(name.lower(), []).append(value.decode("latin-1"))
        if why := refusal(told[b"host"], told[b"origin"], self._guests()):
            return await _say_no(scope, send, 403, why)
        begun, size, most = False, 0, UPLOAD_BYTES if scope["path"].endswith("/upload") else QUESTION_BYTES

        async def receiving() -> Message:
            nonlocal size
            message: Message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise ValueError(f"more than {most} bytes were sent")
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except Exception as error:
            self._tell(f"a request for {scope['path']} failed: {told_shortly(error)}")
            if begun:
                await send({"type": "http.response.body", "body": b""})
            else:
                await _say_no(scope, send, 400, "this request cannot be answered")


def told_shortly(error: BaseException) -> str:
    """An error of whatever kind in a line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"


async def _say_no(scope: Message, send: Callable[[Message], Any], status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": kind})
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})
