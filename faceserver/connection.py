"""Where a client connects to, and how."""

from typing import TypedDict

import httpx

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_DIRECTORY = "default"
TIMEOUT_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
_CONNECT_TIMEOUT_SECONDS = 5.0
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class HttpOptions(TypedDict):
    """What httpx's clients, of both kinds, are made with."""

    timeout: httpx.Timeout
    trust_env: bool


def base_url(url: str) -> str:
    """Return an address that the path of a call can be put behind. Raises ValueError where `url` is none."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url} is no address: {error}.") from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise ValueError(f"{url} is no address; one is {DEFAULT_URL}.")
    return url.rstrip("/")


def http_options(url: str, timeout_seconds: float) -> HttpOptions:
    """Return how to reach the service at `url`: by the proxies of the environment, but for this machine itself."""
    return {
        "timeout": httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, _CONNECT_TIMEOUT_SECONDS)),
        "trust_env": httpx.URL(url).host not in _THIS_MACHINE,
    }
