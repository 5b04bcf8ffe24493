"""Addresses of the vectorizers, as given in the settings."""

import re
from typing import NamedTuple

_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?/?")
_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """A host name or address, a port, and how it is spoken to."""

    host: str
    port: int
    scheme: str = "http"

    @property
    def url(self) -> str:
        """The URL of the endpoint, without a path."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def read_endpoints(urls: str) -> list[Endpoint]:
    """Parse a comma-separated list of URLs. Raises ValueError with a readable message."""
    return [_endpoint(url.strip()) for url in urls.split(",")]


def _endpoint(url: str) -> Endpoint:
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ValueError(f"{url!r} must have the form http://host:port or https://host:port")
    return Endpoint(parts["host"].strip("[]"), int(parts["port"] or _PORTS[parts["scheme"]]), parts["scheme"])
