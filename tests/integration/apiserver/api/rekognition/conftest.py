"""A gateway that answers clients of Amazon Rekognition, and boto3, unmodified, as such a client."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import boto3
import httpx
import pytest
import pytest_asyncio
from botocore.config import Config
from pydantic import SecretStr

from apiserver.access.grants import OPEN
from apiserver.access.scopes import Scope
from apiserver.app import create_app
from apiserver.encryption.master_keys import read_master_keys
from apiserver.keys import pairs, records
from apiserver.keys.records import KeyRecord, Wanted
from apiserver.keys.wishes import read_reach, read_scopes
from apiserver.settings.settings import Settings
from tests.integration.apiserver.api.rekognition.shapes import check
from tests.integration.apiserver.conftest import patient, serving

MASTER_KEY = base64.b64encode(os.urandom(32)).decode()


class Pair(NamedTuple):
    """An access key with its secret, and the key that it is."""

    access: str
    secret: str
    record: KeyRecord


@dataclass
class Rekognition:
    """The gateway. folder: of the bucket `photos`, which the keys for acme may read. answered: operations so far."""

    http: httpx.AsyncClient
    settings: Settings
    database: asyncpg.Connection
    folder: Path
    answered: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return str(self.http.base_url).rstrip("/")

    async def pair(
        self,
        *scopes: str,
        directories: tuple[str, ...] = ("*",),
        granted: frozenset[Scope] | None = None,
        **more: Any,
    ) -> Pair:
        """Make an access key, as the command does. granted: instead of the scopes that names stand for."""
        reach = read_reach(directories)
        wanted = Wanted("test", granted or read_scopes(scopes or ("admin",), reach), reach, **more)
        masters = read_master_keys(command=None, file=None, keys=MASTER_KEY)
        record, secret = await pairs.create(self.database, masters, wanted, "test")
        return Pair(pairs.access_key_id(record.id), secret, record)

    async def bearer(self, **more: Any) -> dict[str, str]:
        """Return the headers of a caller with a key that is sent, who may do everything."""
        reach = read_reach(["*"])
        wanted = Wanted("test", read_scopes(["admin"], reach), reach, **more)
        _, text = await records.create(self.database, wanted, "test")
        return {"Authorization": f"Bearer {text}"}

    async def revoke(self, pair: Pair) -> None:
        """Revoke an access key."""
        await records.revoke(self.database, pair.record.id, OPEN)

    async def client(self, pair: Pair | None = None, **config: Any) -> "Client":
        """Return a client with an access key, its own if none is given."""
        return Client(self, pair or await self.pair(), config)


class Client:
    """boto3's client; its calls run in threads, and each answer is compared with botocore's model of the service."""

    def __init__(self, gateway: Rekognition, pair: Pair, config: dict[str, Any]) -> None:
        self._gateway = gateway
        options = Config(retries={"total_max_attempts": 1, "mode": "standard"}, proxies={}).merge(Config(**config))
        self.boto = boto3.client(
            "rekognition",
            endpoint_url=gateway.url,
            region_name="eu-central-1",
            aws_access_key_id=pair.access,
            aws_secret_access_key=pair.secret,
            config=options,
        )
        self.boto.meta.events.register("before-parse.rekognition", self._checked)
        self.errors = self.boto.exceptions

    def _checked(self, operation_model: Any, response_dict: dict[str, Any], **_: object) -> None:
        if response_dict["status_code"] == 200:
            check(json.loads(response_dict["body"]), operation_model.output_shape, operation_model.name)
            self._gateway.answered.add(operation_model.name)

    async def __call__(self, operation: str, **members: Any) -> dict[str, Any]:
        """Call an operation by its name in Python."""
        answer: dict[str, Any] = await asyncio.to_thread(getattr(self.boto, operation), **members)
        return answer

    async def pages(self, operation: str, size: int, **members: Any) -> list[dict[str, Any]]:
        """Return the pages of a list."""
        paginator = self.boto.get_paginator(operation)
        pages = paginator.paginate(PaginationConfig={"PageSize": size}, **members)
        return await asyncio.to_thread(list, pages)

    async def index(self, collection: str, image: bytes, **more: Any) -> list[str]:
        """Index a photograph and return the ids of its faces."""
        answer = await self("index_faces", CollectionId=collection, Image={"Bytes": image}, **more)
        return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def facade_settings(database_url: str, vectorizer_url: str, folder: Path) -> Settings:
    """Settings of a gateway that requires keys."""
    photos = folder / "photos"
    photos.mkdir()
    more = {
        "facades": "rekognition",
        "require_keys": True,
        "master_key": SecretStr(MASTER_KEY),
        "rekognition_buckets": f"acme/photos=file://{photos}",
        "trusted_proxies": "127.0.0.1",
        "hosts": "faces.example.org,elsewhere.example.org",
    }
    return patient(database_url, vectorizer_url, folder).model_copy(update=more)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rekognition(
    shared_database_url: str, vectorizer_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Rekognition]:
    """The gateway of all tests of a module."""
    folder = tmp_path_factory.mktemp("rekognition")
    connection = await asyncpg.connect(shared_database_url)
    try:
        settings = facade_settings(shared_database_url, vectorizer_url, folder)
        async with serving(create_app(settings)) as http:
            yield Rekognition(http, settings, connection, folder / "photos")
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def boto(rekognition: Rekognition) -> Client:
    """A client that may do everything."""
    return await rekognition.client()
