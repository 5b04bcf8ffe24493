"""Opens the client of the vectorizers and keeps their list current: DNS lookups, and probes of failed replicas."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from apiserver.background import background, repeat
from apiserver.endpoints import Endpoint, read_endpoints
from apiserver.settings import Settings
from apiserver.vectorizers.client import VectorizerClient, open_vectorizer
from apiserver.vectorizers.exchange import TraceConfig
from apiserver.vectorizers.replicas import Replica, Replicas

LOOK_UP_SECONDS = 5.0
_PROBE_SECONDS = 0.1

_logger = logging.getLogger(__name__)


@asynccontextmanager
async def open_vectorizers(
    settings: Settings, trace_configs: Sequence[TraceConfig] = ()
) -> AsyncIterator[VectorizerClient]:
    """Yield a client of the vectorizers in the settings, whose list is kept current; none need be available yet."""
    replicas = Replicas(settings.vectorizer_connections)
    known: dict[Endpoint, list[str]] = {endpoint: [] for endpoint in read_endpoints(settings.vectorizer_urls)}
    await look_up(replicas, known)
    async with (
        open_vectorizer(
            replicas, timeout_seconds=settings.vectorizer_timeout_seconds, trace_configs=trace_configs
        ) as client,
        background(repeat(lambda: look_up(replicas, known), LOOK_UP_SECONDS)),
        background(probe_forever(replicas, client)),
    ):
        yield client


async def probe_forever(replicas: Replicas, client: VectorizerClient) -> None:
    """Probe the replicas that are set aside, each when it is due and concurrently, until cancelled."""
    asked: set[Replica] = set()
    async with asyncio.TaskGroup() as probes:
        while True:
            await asyncio.sleep(_PROBE_SECONDS)
            for replica in replicas.due(time.monotonic()):
                if replica not in asked:
                    probes.create_task(_probe(replica, client, asked))


async def _probe(replica: Replica, client: VectorizerClient, asked: set[Replica]) -> None:
    asked.add(replica)
    try:
        await client.probe(replica)
    except Exception:  # the other probes must go on
        _logger.exception("The probe of %s failed", replica.url)
    finally:
        asked.discard(replica)


async def look_up(replicas: Replicas, known: dict[Endpoint, list[str]]) -> None:
    """Resolve the endpoints and update the replicas: each address is one. `known` stores the URLs of each endpoint.

    If a name cannot be resolved, its last known addresses stay.
    """
    await asyncio.gather(*(_look_up_one(endpoint, known) for endpoint in known))
    replicas.update(url for urls in known.values() for url in urls)


async def _look_up_one(endpoint: Endpoint, known: dict[Endpoint, list[str]]) -> None:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(*endpoint, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: an invalid host name
        _logger.warning("The host name %s could not be resolved: %s", endpoint.host, error)
    else:
        known[endpoint] = [Endpoint(str(address[0]), endpoint.port).url for *_, address in found]
