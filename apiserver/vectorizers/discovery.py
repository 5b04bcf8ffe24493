"""Opens the client of the vectorizers and keeps their list current: DNS lookups, and probes of failed replicas."""

import asyncio
import logging
import socket
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from apiserver.background import background, repeat
from apiserver.settings.endpoints import Endpoint, read_endpoints
from apiserver.settings.settings import Settings
from apiserver.vectorizers.client import VectorizerClient, open_vectorizer
from apiserver.vectorizers.exchange import Access, TracedHop
from apiserver.vectorizers.replicas import Replica, Replicas

LOOK_UP_SECONDS = 5.0
_PROBE_SECONDS = 0.1

_logger = logging.getLogger(__name__)


@asynccontextmanager
async def open_vectorizers(settings: Settings, traced_hop: TracedHop | None = None) -> AsyncIterator[VectorizerClient]:
    """Yield a client of the vectorizers in the settings, whose list is kept current; none need be available yet."""
    replicas = Replicas(settings.vectorizer_connections)
    known: dict[Endpoint, list[str]] = {endpoint: [] for endpoint in read_endpoints(settings.vectorizer_urls)}
    access = _access(settings)
    await look_up(replicas, known, access.names)
    async with (
        open_vectorizer(
            replicas,
            timeout_seconds=settings.vectorizer_timeout_seconds,
            traced_hop=traced_hop,
            access=access,
        ) as client,
        background(repeat(lambda: look_up(replicas, known, access.names), LOOK_UP_SECONDS)),
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
    except Exception:  # the other probes must continue
        _logger.exception("The probe of %s failed", replica.url)
    finally:
        asked.discard(replica)


async def look_up(replicas: Replicas, known: dict[Endpoint, list[str]], names: dict[str, str] | None = None) -> None:
    """Resolve the endpoints and update the replicas: each address is one.

    `known` stores the URLs of each endpoint, `names` the host name of each URL.
    If a name cannot be resolved, its last known addresses stay.
    """
    await asyncio.gather(*(_look_up_one(endpoint, known) for endpoint in known))
    if names is not None:
        names.update({url: endpoint.host for endpoint, urls in known.items() for url in urls})
    replicas.update(url for urls in known.values() for url in urls)


async def _look_up_one(endpoint: Endpoint, known: dict[Endpoint, list[str]]) -> None:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: an invalid host name
        _logger.warning("The host name %s could not be resolved: %s", endpoint.host, error)
    else:
        known[endpoint] = [endpoint._replace(host=str(address[0])).url for *_, address in found]


def _access(settings: Settings) -> Access:
    """Return how the vectorizers are spoken to. Ends the process with a message if a file is unusable."""
    certificate, key = settings.vectorizer_certificate_file, settings.vectorizer_key_file
    secret = settings.vectorizer_secret or SecretStr("")
    encrypted = any(endpoint.scheme == "https" for endpoint in read_endpoints(settings.vectorizer_urls))
    if not (encrypted or settings.vectorizer_ca_file or certificate):
        return Access(secret)  # to read the authorities of the system takes longer than everything else of a start
    try:
        tls = ssl.create_default_context(cafile=settings.vectorizer_ca_file)
        if certificate and key:
            tls.load_cert_chain(certificate, key, password=lambda: "")  # encrypted keys would ask at the terminal
    except OSError as error:  # ssl.SSLError too
        sys.exit(f"A file of APISERVER_VECTORIZER_*_FILE cannot be used for TLS: {error.strerror or error}.")
    return Access(secret, tls)
