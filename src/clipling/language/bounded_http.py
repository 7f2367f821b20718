"""HTTP with a server of which nothing is assumed: a whole answer has a time to arrive in, and a largest size.

The time-outs of HTTP clients are for one read each, which a byte a second outlives. Comes with the extra `llm`.
"""

import asyncio
import sys
from typing import Any

from openai import DefaultAsyncHttpxClient

_HTTPX: Any = sys.modules[DefaultAsyncHttpxClient.__mro__[1].__module__.partition(".")[0]]
"""httpx or its successor, whichever the client stands on: it tries again after errors of that one."""
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer, at most. A sentence is 200; models that think aloud send more."""
_OF_THE_WAY = frozenset({"content-encoding", "content-length", "transfer-encoding"})
"""Headers that say how a body came, not what it is: one that was compressed unasked is not unpacked."""


class BoundedClient(DefaultAsyncHttpxClient):
    """Follows no redirect. A body that is too large ends one byte after the largest size."""

    def __init__(self, seconds: float, *, by_proxy: bool) -> None:
        """by_proxy: through that of the environment, where there is one."""
        plain = {"Accept-Encoding": "identity"}
        super().__init__(headers=plain, timeout=seconds, follow_redirects=False, trust_env=by_proxy)
        self._seconds = seconds

    async def send(self, request: Any, **options: Any) -> Any:
        """As usual, but the answer is read already. Raises ReadTimeout, too, when it does not end in time."""
        try:
            return await asyncio.wait_for(self._read(request, options | {"stream": True}), self._seconds)
        except asyncio.TimeoutError:
            raise _HTTPX.ReadTimeout("the answer did not come to its end", request=request) from None
        except _HTTPX.InvalidURL as error:  # of a redirect, which is looked at though it is not followed
            raise _HTTPX.RemoteProtocolError(f"redirects to no address: {error}", request=request) from None

    async def _read(self, request: Any, options: dict[str, Any]) -> Any:
        answer, body = await super().send(request, **options), bytearray()
        try:
            async for part in answer.aiter_raw():
                body += part[: LARGEST + 1 - len(body)]
                if len(body) > LARGEST:
                    break
        finally:
            await answer.aclose()
        headers = [(name, value) for name, value in answer.headers.items() if name not in _OF_THE_WAY]
        return _HTTPX.Response(answer.status_code, headers=headers, content=bytes(body), request=request)
