"""Import jobs, run step by step in the test's process."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import asyncpg
import pytest

from apiserver.database.opening import open_database
from apiserver.imports.running import import_people
from apiserver.jobs.runs import run_job
from apiserver.keys.usage import Usage
from apiserver.resources import Resources
from apiserver.settings.settings import Settings
from apiserver.storage.archives import Archives
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from apiserver.vectorizers.discovery import open_vectorizers

Work = Callable[..., Awaitable[None]]


@pytest.fixture
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    url, store = settings.database_url.get_secret_value(), open_store(settings.image_store_url)
    async with open_database(url, pool_size=8, timeout_seconds=60) as connections, open_vectorizers(settings) as client:
        images, kept = ImageStore(store, connections, 60), Archives(store, connections, 60)
        yield Resources(settings, connections, images, kept, client, Usage(connections, {}))


@pytest.fixture
def work(resources: Resources, database: asyncpg.Connection) -> Work:
    async def work(job: str, **arguments: str) -> None:
        """Do what a worker does of an import."""
        row = await database.fetchrow(
            "SELECT id, args FROM jobs JOIN procrastinate_jobs ON id = number WHERE job = $1", UUID(job)
        )
        await run_job(import_people, resources, row["id"], json.loads(row["args"]) | arguments)

    return work
