"""Setup of the vectorizer client, for gateway and worker."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from apiserver.background import background, repeat
from apiserver.endpoints import Endpoint, read_endpoints
from apiserver.settings import Settings
from apiserver.vectorizers.client import VectorizerClient, open_vectorizer
from apiserver.vectorizers.exchange import TraceConfig
from apiserver.vectorizers.replica_watch import LOOK_UP_SECONDS, look_up, probe_forever
from apiserver.vectorizers.replicas import Replicas


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
