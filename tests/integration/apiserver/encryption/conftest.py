"""A gateway that encrypts, and the job that encrypts what was stored before."""

import base64
import os
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest
from pydantic import SecretStr

from apiserver import tasks
from apiserver.jobs.runs import run_job
from apiserver.resources import Resources, open_resources
from apiserver.settings.settings import Settings


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def under(settings: Settings, *keys: str) -> Settings:
    """The settings with these master keys, the newest first."""
    return settings.model_copy(update={"master_key": SecretStr(",".join(keys)) if keys else None})


@pytest.fixture
def encrypting(settings: Settings) -> Settings:
    return under(settings, new_key())


def resources_of(settings: Settings) -> AbstractAsyncContextManager[Resources]:
    return open_resources(settings, name="worker", waited=lambda *_: None, statement_ended=None, traced_hop=None)


class Jobs:
    """Runs the job in the test's process, as if nothing were being uploaded."""

    def __init__(self, database: asyncpg.Connection) -> None:
        self.database = database

    async def encrypt(self, settings: Settings) -> int:
        """Run the job; return how much it encrypted."""
        await self.database.execute("UPDATE images SET written_at = now() - interval '1 hour'")
        async with resources_of(settings) as resources:
            return await self.run(resources)

    async def run(self, resources: Resources) -> int:
        number = await self.database.fetchval(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('upkeep', 'upkeep') RETURNING id"
        )
        await run_job(tasks.UPKEEP["encryption"].task, resources, number, {})
        done: int = await self.database.fetchval("SELECT done FROM jobs WHERE number = $1", number)
        return done


@pytest.fixture
def jobs(database: asyncpg.Connection) -> Jobs:
    return Jobs(database)
