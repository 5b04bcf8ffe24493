"""Where the vectorizers are, as the settings say it."""

import re
from typing import NamedTuple

_URL = re.compile(r"http://(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?/?")
_HTTP_PORT = 80


class Endpoint(NamedTuple):
    """A host, by name or address, and a port of it."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The endpoint as the beginning of a URL."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def read_endpoints(urls: str) -> list[Endpoint]:
    """Return what a comma-separated list of URLs names. Raises ValueError with a sentence for anything else."""
    return [_endpoint(url.strip()) for url in urls.split(",")]


def _endpoint(url: str) -> Endpoint:
    parts = _URL.fullmatch(url)
    if parts is None:
        raise ValueError(f"{url!r} is not of the form http://host:port")
    return Endpoint(parts["host"].strip("[]"), int(parts["port"] or _HTTP_PORT))
