"""The addresses of clients behind trusted proxies."""

from typing import Any

import pytest

from apiserver.http.client_addresses import ClientAddresses

PROXIES = "10.0.0.0/8,::1"


async def receive() -> Any:
    return {"type": "http.request", "body": b""}


async def send(_: Any) -> None:
    pass


async def seen(peer: str, **headers: str) -> str:
    """Return the address that the application sees."""
    found: list[str] = []

    async def app(scope: Any, _: Any, __: Any) -> None:
        found.append(scope["client"][0])

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "client": (peer, 1), "headers": lines}
    await ClientAddresses(app, trusted_proxies=PROXIES, max_requests=0)(scope, receive, send)
    return found[0]


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ({"x_forwarded_for": "192.0.2.1"}, "192.0.2.1"),
        ({"x_forwarded_for": "203.0.113.9, 192.0.2.1, 10.1.1.1"}, "192.0.2.1"),
        ({"x_forwarded_for": "192.0.2.1:4711"}, "192.0.2.1"),
        ({"x_forwarded_for": "2001:db8::1"}, "2001:db8::1"),
        ({"forwarded": 'for="[2001:db8::1]:4711";proto=http'}, "2001:db8::1"),
        ({"forwarded": "for=192.0.2.1;by=10.0.0.1, For=10.0.0.2"}, "192.0.2.1"),
        ({"forwarded": "for=192.0.2.1", "x_forwarded_for": "203.0.113.9"}, "192.0.2.1"),
        ({"forwarded": "for=unknown"}, "10.0.0.1"),
        ({"forwarded": "for=203.0.113.9, for=_hidden"}, "10.0.0.1"),
        ({"x_forwarded_for": "203.0.113.9, rubbish"}, "10.0.0.1"),
        ({"x_forwarded_for": "203.0.113.9," + "10.0.0.2," * 100 + "10.0.0.3"}, "10.0.0.2"),
        ({}, "10.0.0.1"),
    ],
)
async def test_the_last_address_that_is_no_proxy_is_the_client(header: dict[str, str], client: str):
    assert await seen("10.0.0.1", **header) == client


async def test_others_cannot_choose_their_address():
    assert await seen("192.0.2.1", x_forwarded_for="203.0.113.9", forwarded="for=203.0.113.9") == "192.0.2.1"
