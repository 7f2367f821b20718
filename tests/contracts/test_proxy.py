"""Which proxies are in force while this machine is asked."""

import os

import pytest

from clipling.contracts.proxy import is_here, reached_directly

PROXIES = {
    "HTTP_PROXY": "http://a:1",
    "https_proxy": "http://b:2",
    "ALL_PROXY": "socks5://c:3",
    "NO_PROXY": "d.org, e.org",
}


@pytest.mark.parametrize("others", [True, False])
def test_meanwhile_no_proxy_leads_here_and_afterwards_all_is_as_it_was(
    others: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from urllib.request import getproxies_environment, proxy_bypass_environment

    for name in ("no_proxy", "http_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in PROXIES.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    with reached_directly(others_by_proxy=others):
        found = getproxies_environment()
        assert {key: found.get(key) for key in ("http", "https", "all")} == {
            "http": "http://a:1" if others else None,
            "https": "http://b:2" if others else None,
            "all": "socks5://c:3" if others else None,
        }
        assert all(proxy_bypass_environment(host) for host in ("localhost:80", "127.0.0.1", "d.org", "e.org:443"))
        assert not proxy_bypass_environment("f.org")
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost.org", False),
        (None, False),
    ],
)
def test_names_of_this_machine(host: str | None, here: bool) -> None:
    assert is_here(host) == here
