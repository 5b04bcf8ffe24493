"""The database, the object store and the vectorizers, as the gateway and the worker open them.

A separate module because both processes use it, and jobs receive it: `state` holds what only the gateway has.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from apiserver.access.limits import Quota
from apiserver.access.metering import spend
from apiserver.background import background, repeat
from apiserver.database.opening import StatementEnded, open_database
from apiserver.database.pool import Database, Waited
from apiserver.encryption.keys import DirectoryKeys
from apiserver.encryption.master_keys import MasterKeys, read_master_keys, require_apart
from apiserver.keys.usage import Usage, default_limits
from apiserver.settings.settings import Settings
from apiserver.storage.archives import Archives
from apiserver.storage.free_space import REFRESH_SECONDS, FreeSpace
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import local_folder, open_store
from apiserver.vectorizers.client import VectorizerClient
from apiserver.vectorizers.discovery import open_vectorizers
from apiserver.vectorizers.exchange import TracedHop


@dataclass(frozen=True, slots=True)
class Resources:
    """What the gateway and the tasks of a worker use."""

    settings: Settings
    database: Database
    images: ImageStore
    archives: Archives
    vectorizer: VectorizerClient
    usage: Usage
    space: FreeSpace = field(default_factory=lambda: FreeSpace(None, None))


def master_keys(settings: Settings) -> MasterKeys:
    """Return the master keys that `settings` name. Raises ValueError with a sentence."""
    folder, keys = local_folder(settings.image_store_url), settings.master_key
    if settings.master_key_file and folder:
        require_apart(settings.master_key_file, folder)
    return read_master_keys(
        command=settings.master_key_command,
        file=settings.master_key_file,
        keys=keys.get_secret_value() if keys else None,
    )


def require_master_keys(settings: Settings) -> None:
    """End the process with a message if the master keys cannot be read."""
    try:
        master_keys(settings)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(2)


@asynccontextmanager
async def open_resources(
    settings: Settings,
    *,
    name: str,
    waited: Waited,
    statement_ended: StatementEnded | None,
    traced_hop: TracedHop | None,
) -> AsyncIterator[Resources]:
    """Yield the resources that `settings` name; none of them needs to be reachable yet.

    name: what the database calls the process. waited: is called with the waits for connections. Raises ValueError if
    the master keys cannot be read.
    """
    masters = master_keys(settings)
    async with (
        open_database(
            settings.database_url.get_secret_value(),
            pool_size=settings.database_pool_size,
            timeout_seconds=settings.database_timeout_seconds,
            name=name,
            waited=waited,
            statement_ended=_metered(statement_ended),
            pooler=settings.database_pooler,
        ) as database,
        open_vectorizers(settings, traced_hop) as vectorizer,
    ):
        keys = DirectoryKeys(database, masters)
        store, timeout_seconds = open_store(settings.image_store_url), settings.image_store_timeout_seconds
        space = FreeSpace(local_folder(settings.image_store_url), settings.image_store_min_free_bytes)
        retry_seconds = settings.image_store_retry_seconds
        usage = Usage(database, default_limits(settings))
        async with background(repeat(space.refresh, REFRESH_SECONDS, at_once=True)), usage.running():
            yield Resources(
                settings,
                database,
                ImageStore(store, database, timeout_seconds, space=space, read_retry_seconds=retry_seconds, keys=keys),
                Archives(store, database, timeout_seconds, space=space, keys=keys),
                vectorizer,
                usage,
                space,
            )


def _metered(then: StatementEnded | None) -> StatementEnded:
    """Return a query logger that counts, and calls `then`; asyncpg calls it in the context of the statement."""

    def ended(statement: Any) -> None:  # noqa: ANN401 - asyncpg's records have no type
        spend(Quota.DATABASE_SECONDS, statement.elapsed)
        if then:
            then(statement)

    return ended
