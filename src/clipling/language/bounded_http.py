"""HTTP with a server that nothing is assumed of: the whole answer has a time to arrive in, and a largest size.

The time-outs of HTTP clients are for one read, which a byte a second outlives. Comes with the client of the extra `llm`.
"""

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import Any

import httpx

_LARGEST = 4 * 1024 * 1024  # a sentence is 200 bytes; models that think aloud send more
_OF_THE_WAY = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that say how a body came, not what it is: one that was compressed unasked is not unpacked."""


@dataclass(frozen=True)
class Settings:
    """Seconds from a question to the end of its answer, and the most bytes of it."""

    seconds: float
    largest: int = _LARGEST
    _trusted: ssl.SSLContext = field(default_factory=httpx.create_ssl_context)

    def client(self) -> "BoundedClient":
        """A new client, for one event loop."""
        return BoundedClient(self, self._trusted)


class BoundedClient(httpx.AsyncClient):
    """Follows no redirect. A body that is too large ends one byte after the largest size."""

    def __init__(self, settings: Settings, trusted: ssl.SSLContext) -> None:
        plain = {"Accept-Encoding": "identity"}
        super().__init__(headers=plain, timeout=settings.seconds, follow_redirects=False, verify=trusted)
        self._settings = settings

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """As usual, but the answer is read already. Raises ReadTimeout, too, when it does not come to its end."""
        try:
            return await asyncio.wait_for(self._read(request, options | {"stream": True}), self._settings.seconds)
        except asyncio.TimeoutError:
            raise httpx.ReadTimeout("the answer did not come to its end", request=request) from None
        except httpx.InvalidURL as error:  # which httpx looks at though it does not go there
            raise httpx.RemoteProtocolError(f"redirects to no address: {error}", request=request) from None

    async def _read(self, request: httpx.Request, options: dict[str, Any]) -> httpx.Response:
        answer, body, most = await super().send(request, **options), bytearray(), self._settings.largest + 1
        try:
            async for part in answer.aiter_raw():
                body += part[: most - len(body)]
                if len(body) == most:
                    break
        finally:
            await answer.aclose()
        headers = [(name, value) for name, value in answer.headers.items() if name not in _OF_THE_WAY]
        return httpx.Response(answer.status_code, headers=headers, content=bytes(body), request=request)
