"""Proxies of the environment: none of them leads to the machine that asks."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_HERE = ("127.0.0.1", "localhost", "::1")
_FOR_OTHERS = ("http_proxy", "https_proxy", "all_proxy")


def is_here(host: str | None) -> bool:
    """Whether an address is of this machine, by its usual names."""
    return (host or "").lower() in _HERE


@contextmanager
def reached_directly(*, others_by_proxy: bool = False) -> Iterator[None]:
    """What is asked of this machine meanwhile goes by no proxy; what is asked of others neither, unless it is to."""
    before = {name: value for name, value in os.environ.items() if name.lower() in (*_FOR_OTHERS, "no_proxy")}
    spared = [name for key in ("NO_PROXY", "no_proxy") for name in before.get(key, "").split(",") if name.strip()]
    for name in before:
        if not others_by_proxy or name.lower() == "no_proxy":
            del os.environ[name]
    os.environ["no_proxy"] = ",".join(dict.fromkeys([*spared, *_HERE]))
    try:
        yield
    finally:
        del os.environ["no_proxy"]
        os.environ.update(before)
