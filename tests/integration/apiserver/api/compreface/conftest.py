"""A gateway that answers clients of CompreFace and requires keys; each test has a key and a directory of its own."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio

from apiserver.access.scopes import SHORTHANDS, Scope
from apiserver.app import create_app
from apiserver.keys import records
from apiserver.keys.records import Kind
from apiserver.keys.wishes import read_reach
from apiserver.settings.settings import Settings
from tests.integration.apiserver.conftest import patient, serving

API = "/api/v1"


@dataclass(frozen=True)
class Service:
    """A directory as a client of CompreFace calls it, with the id and the text of its key."""

    client: httpx.AsyncClient
    directory: str
    key_id: str
    key: str

    async def call(self, action: str, status: int = 200, **options: Any) -> Any:
        """Return the answer to a call such as `GET recognition/subjects`, which has this status."""
        method, path = action.split(" ", 1)
        answer = await self.client.request(method, f"{API}/{path}", headers={"x-api-key": self.key}, **options)
        assert answer.status_code == status, (action, answer.status_code, answer.text)
        return answer.json() if answer.headers["content-type"] == "application/json" else answer.content

    async def code(self, action: str, status: int = 400, **options: Any) -> int:
        """Return the code of a refusal."""
        answer = await self.call(action, status, **options)
        assert set(answer) == {"message", "code"}, answer
        assert answer["message"], answer
        code: int = answer["code"]
        return code

    async def add(self, subject: str, photograph: bytes) -> str:
        """Return the id of a photograph of a subject."""
        answer = await self.call("POST recognition/faces", 201, params={"subject": subject}, files=jpeg(photograph))
        image: str = answer["image_id"]
        return image


def jpeg(photograph: bytes, name: str = "file") -> dict[str, tuple[str, bytes]]:
    return {name: ("photo.jpg", photograph)}


def base64_of(photograph: bytes) -> str:
    return base64.b64encode(photograph).decode()


@pytest.fixture(scope="module")
def facade_settings(
    shared_database_url: str, vectorizer_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    open_ones = patient(shared_database_url, vectorizer_url, tmp_path_factory.mktemp("compreface"))
    return open_ones.model_copy(update={"facades": "compreface", "require_keys": True})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys_database(shared_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(shared_database_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def facade(facade_settings: Settings, keys_database: asyncpg.Connection) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway of a module's tests. There is a key: without any, all calls are answered `no-keys`."""
    await records.create(keys_database, records.Wanted("test", SHORTHANDS["manage"], read_reach(["test"])), "test")
    async with serving(create_app(facade_settings)) as client:
        yield client


@pytest.fixture(scope="module")
def new_service(facade: httpx.AsyncClient, keys_database: asyncpg.Connection) -> Any:
    """A function that makes a key for a directory, a new one unless it is named."""

    async def make(directory: str = "", scopes: frozenset[Scope] = SHORTHANDS["manage"]) -> Service:
        directory = directory or uuid4().hex
        wanted = records.Wanted("test", scopes, read_reach([directory]), kind=Kind.UUID)
        record, text = await records.create(keys_database, wanted, "test")
        return Service(facade, directory, record.id, text)

    return make


@pytest_asyncio.fixture(loop_scope="module")
async def service(new_service: Any) -> Service:
    made: Service = await new_service()
    return made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusing(new_service: Any) -> Service:
    """The directory of requests that are refused, and so change nothing."""
    made: Service = await new_service()
    return made
