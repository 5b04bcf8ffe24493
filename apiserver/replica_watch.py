"""Keeps the list of vectorizers true: looks their names up again, and asks those set aside how they are."""

import asyncio
import logging
import socket

from apiserver.endpoints import Endpoint
from apiserver.replicas import Replica, Replicas
from apiserver.vectorizer_client import VectorizerClient

LOOK_UP_SECONDS = 5.0
_PROBE_SECONDS = 0.1

_logger = logging.getLogger(__name__)


async def probe_forever(replicas: Replicas, client: VectorizerClient) -> None:
    """Ask replicas set aside how they are, each in its time and none waiting for another, until cancelled."""
    asked: set[Replica] = set()
    async with asyncio.TaskGroup() as probes:
        while True:
            await asyncio.sleep(_PROBE_SECONDS)
            for replica in replicas.due(asyncio.get_running_loop().time()):
                if replica not in asked:
                    probes.create_task(_probe(replica, client, asked))


async def _probe(replica: Replica, client: VectorizerClient, asked: set[Replica]) -> None:
    asked.add(replica)
    try:
        await client.probe(replica)
    except Exception:  # the others are to be asked all the same
        _logger.exception("%s could not be asked", replica.url)
    finally:
        asked.discard(replica)


async def look_up(replicas: Replicas, known: dict[Endpoint, list[str]]) -> None:
    """Make every address behind the endpoints' names a replica, and remember in `known` the URLs of each endpoint.

    While a name has no address, what was known of it stays.
    """
    await asyncio.gather(*(_look_up_one(endpoint, known) for endpoint in known))
    replicas.update(url for urls in known.values() for url in urls)


async def _look_up_one(endpoint: Endpoint, known: dict[Endpoint, list[str]]) -> None:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(*endpoint, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: no name can be like this
        _logger.warning("%s has no address: %s", endpoint.host, error)
    else:
        known[endpoint] = [Endpoint(str(address[0]), endpoint.port).url for *_, address in found]
