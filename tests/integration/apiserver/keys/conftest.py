"""A gateway that requires keys, and those who call it."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg
import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from apiserver.app import create_app
from apiserver.settings.settings import Settings
from tests.integration.apiserver.conftest import patient, serving
from tests.integration.apiserver.keys.kinds import Callers


class Guarded(NamedTuple):
    """The gateway, a client of it, and those who call it."""

    app: FastAPI
    client: httpx.AsyncClient
    callers: Callers
    connection: asyncpg.Connection


@pytest.fixture(scope="module")
def guarded_settings(
    shared_database_url: str, vectorizer_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    open_ones = patient(shared_database_url, vectorizer_url, tmp_path_factory.mktemp("guarded"))
    return open_ones.model_copy(update={"require_keys": True, "trusted_proxies": "127.0.0.1"})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(guarded_settings: Settings, shared_database_url: str) -> AsyncIterator[Guarded]:
    """A gateway of all tests of a module, in whose database the directory beta is."""
    connection = await asyncpg.connect(shared_database_url)
    await connection.execute("INSERT INTO directories (directory) VALUES ('beta')")
    app = create_app(guarded_settings)
    try:
        async with serving(app) as client:
            yield Guarded(app, client, Callers(client, connection), connection)
    finally:
        await connection.close()
