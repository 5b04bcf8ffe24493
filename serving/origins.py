"""Origins of web pages: scheme, host and port, as browsers send them."""

import re

_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::(?P<port>[0-9]{1,5}))?"
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def read_origins(origins: str) -> frozenset[str]:
    """Parse a comma-separated list of origins. Raises ValueError with a readable message."""
    return frozenset(_origin(origin.strip()) for origin in origins.split(",") if origin.strip())


def host_of(origin: str) -> str:
    """Return the host of an origin that `read_origins` returned, without its port."""
    parts = _ORIGIN.fullmatch(origin)
    assert parts  # noqa: S101 - it was read by the same expression
    return parts["host"]


def authority(scheme: str, host: str) -> str:
    """Return a host with its port, if any, as it occurs in origins: in lower case, without the scheme's own port."""
    return host.lower().removesuffix(f":{_DEFAULT_PORTS.get(scheme, '')}")


def _origin(origin: str) -> str:
    parts = _ORIGIN.fullmatch(origin.lower().removesuffix("/"))
    if parts is None:
        raise ValueError(f"{origin!r} must be an origin such as https://app.example.org or http://localhost:3000")
    host = f"{parts['host']}:{parts['port']}" if parts["port"] else parts["host"]
    return f"{parts['scheme']}://{authority(parts['scheme'], host)}"
