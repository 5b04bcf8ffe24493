"""The address of the service, and the options of the connections to it."""

import ssl
import warnings
from pathlib import Path
from typing import TypedDict

import httpx

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_DIRECTORY = "default"
TIMEOUT_SECONDS = 60.0
PATIENCE_SECONDS = 10.0
MAX_CONNECTIONS = 16
"""Enough to keep a machine busy; a service with many vectorizers can take more."""
_CONNECT_TIMEOUT_SECONDS = 5.0
_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class HttpOptions(TypedDict):
    """Options of httpx's clients, synchronous and asynchronous."""

    timeout: httpx.Timeout
    limits: httpx.Limits
    trust_env: bool
    verify: ssl.SSLContext | bool


def base_url(url: str) -> str:
    """Return `url` without a slash at its end. Raises ValueError if it is not an HTTP URL."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(f"{url} is not a valid URL: {error}.") from error
    if address.scheme not in {"http", "https"} or not address.host:
        raise ValueError(f"{url} is not a valid URL; an example is {DEFAULT_URL}.")
    return url.rstrip("/")


def checked_key(key: str | None, url: str) -> str | None:
    """Return a key, and warn if it would be sent unencrypted to another machine. Raises ValueError."""
    if key is None:
        return None
    if not (key.isascii() and key.isprintable()) or " " in key or not key:
        raise ValueError("The key has characters that no key has.")
    address = httpx.URL(url)
    if address.scheme == "http" and address.host not in _THIS_MACHINE:
        warnings.warn(f"The key is sent unencrypted to {address.host}; use https.", stacklevel=3)
    return key


def http_options(
    url: str, timeout_seconds: float, max_connections: int, ca_file: Path | str | None = None
) -> HttpOptions:
    """Return the options for `url`: the proxies of the environment are used, except for this machine.

    ca_file: see `Client`. Raises ValueError if it is not a file of certificates.
    """
    connect_seconds = min(timeout_seconds, _CONNECT_TIMEOUT_SECONDS)
    return {
        "timeout": httpx.Timeout(timeout_seconds, connect=connect_seconds, pool=None),  # calls queue before the pool
        "limits": httpx.Limits(max_connections=max_connections, max_keepalive_connections=max_connections),
        "trust_env": httpx.URL(url).host not in _THIS_MACHINE,
        "verify": True if ca_file is None else _trusting(ca_file),
    }


def _trusting(ca_file: Path | str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError too
        raise ValueError(f"{ca_file} is not a readable file of certificates (PEM).") from error
