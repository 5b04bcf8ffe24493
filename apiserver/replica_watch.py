"""Keeps the list of vectorizers true: looks their names up again, and asks those set aside how they are."""

import asyncio
import logging
import socket
from collections.abc import Sequence

from apiserver.endpoints import Endpoint
from apiserver.replicas import Replicas
from apiserver.vectorizer_client import VectorizerClient

_LOOK_UP_SECONDS = 5.0
_PROBE_SECONDS = 0.1

_logger = logging.getLogger(__name__)


async def look_up_forever(replicas: Replicas, endpoints: Sequence[Endpoint]) -> None:
    """Look the vectorizers' names up again and again until cancelled."""
    while True:
        await asyncio.sleep(_LOOK_UP_SECONDS)
        await look_up(replicas, endpoints)


async def probe_forever(replicas: Replicas, client: VectorizerClient) -> None:
    """Ask replicas set aside how they are, each in its time, until cancelled."""
    while True:
        await asyncio.sleep(_PROBE_SECONDS)
        due = replicas.due(asyncio.get_running_loop().time())
        await asyncio.gather(*(client.probe(replica) for replica in due))


async def look_up(replicas: Replicas, endpoints: Sequence[Endpoint]) -> None:
    """Make every address behind the endpoints' names a replica; while a name has none, what was known stays."""
    try:
        urls = [url for endpoint in endpoints for url in await _addresses(endpoint)]
    except OSError as error:
        _logger.warning("A vectorizer's name has no address: %s", error)
    else:
        replicas.update(urls)


async def _addresses(endpoint: Endpoint) -> list[str]:
    """Return a URL for every address. Raises OSError where there is none."""
    found = await asyncio.get_running_loop().getaddrinfo(*endpoint, type=socket.SOCK_STREAM)
    return [Endpoint(str(address[0]), endpoint.port).url for *_, address in found]
