"""Connections that are cut in the middle of a request, between any two parts: nothing is lost, doubled or left over.

Keys are required, and what is stored, in a bucket, is encrypted.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import obstore
import pytest
from obstore.store import ObjectStore
from pydantic import SecretStr

from apiserver.encryption.sealing import is_sealed
from apiserver.keys import records
from apiserver.keys.wishes import read_reach, read_scopes
from apiserver.storage.object_store import open_store
from tests.integration.apiserver.encryption.conftest import new_key
from tests.photographs import CLEAR_STRANGERS, encoded, stranger
from tests.servers.cutting import CuttingLine, cutting_line
from tests.servers.s3 import ACCESS, new_bucket, s3_server
from tests.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.timing

PARTS = ("client", "vectorizer", "database", "store")
PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Wires:
    """A gateway with a line to each of its neighbours, and one from its clients."""

    client: httpx.AsyncClient
    lines: dict[str, CuttingLine]
    store: ObjectStore


def postgres_port(dsn: str) -> int | Path:
    parts = urlsplit(dsn)
    return parts.port or Path(parse_qs(parts.query)["host"][0], ".s.PGSQL.5432")


@pytest.fixture
async def wires(serve, settings, database_url, database, monkeypatch) -> AsyncIterator[Wires]:
    reach = read_reach(("*",))
    _, key = await records.create(database, records.Wanted("test", read_scopes(("admin",), reach), reach), "test")
    async with AsyncExitStack() as stack:
        store_url = stack.enter_context(s3_server())
        neighbours = {
            "vectorizer": urlsplit(settings.vectorizer_urls).port or 0,
            "database": postgres_port(database_url),
            "store": urlsplit(store_url).port or 0,
        }
        lines = {part: await stack.enter_async_context(cutting_line(where)) for part, where in neighbours.items()}
        bucket = new_bucket(store_url)
        endpoint = {"AWS_ENDPOINT": f"http://127.0.0.1:{lines['store'].port}", "AWS_ALLOW_HTTP": "true"}
        for name, value in (ACCESS | endpoint).items():
            monkeypatch.setenv(name, value)
        parts = urlsplit(database_url)
        gateway = await serve(
            settings.model_copy(
                update={
                    "require_keys": True,
                    "master_key": SecretStr(new_key()),
                    "vectorizer_urls": f"http://127.0.0.1:{lines['vectorizer'].port}",
                    "database_url": SecretStr(
                        f"postgresql://{parts.username}@127.0.0.1:{lines['database'].port}{parts.path}"
                    ),
                    "image_store_url": f"s3://{bucket}",
                    "image_store_retry_seconds": 0.01,
                }
            )
        )
        lines["client"] = await stack.enter_async_context(cutting_line(gateway.base_url.port or 0))
        client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{lines['client'].port}",
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )
        yield Wires(await stack.enter_async_context(client), lines, open_store(f"s3://{bucket}"))


async def learned(wires: Wires, person: str, photograph: bytes) -> None:
    """Repeat an enrolment until it is answered; whatever is not an outage fails the test."""
    while True:
        try:
            answer = await wires.client.post(
                "/learn", data={"person": person, "directory": "acme"}, files={"file": photograph}
            )
        except httpx.TransportError:
            pass
        else:
            if answer.status_code == 201:
                return
            assert answer.status_code == 503, answer.text
        await asyncio.sleep(PAUSE_SECONDS)


async def deleted(wires: Wires, person: str) -> None:
    while True:
        try:
            answer = await wires.client.delete(f"/directories/acme/persons/{person}")
        except httpx.TransportError:
            pass
        else:
            if answer.is_success or answer.status_code == 404:
                return
            assert answer.status_code == 503, answer.text
        await asyncio.sleep(PAUSE_SECONDS)


def photographs() -> list[bytes]:
    return [encoded(stranger(number), comment=uuid4().bytes) for number in CLEAR_STRANGERS]


@pytest.mark.parametrize("cuts", [3, pytest.param(40, marks=[pytest.mark.long, pytest.mark.timeout(1_800)])])
async def test_what_is_cut_is_repeated_and_done_once(wires, database, caplog, cuts):
    images = sorted(photographs(), key=len, reverse=True)  # so that every cut is within each of the others
    await learned(wires, "first", images[0])  # what connections and keys cost once is not part of the measure
    before = {part: line.carried for part, line in wires.lines.items()}
    await learned(wires, "measured", images[-1])
    sizes = {part: line.carried - before[part] for part, line in wires.lines.items()}
    due, places = {"first", "measured"}, count()
    for part in PARTS:
        for number in range(cuts):
            line = wires.lines[part]
            line.cut_after(int(sizes[part] * (number + 0.5) / cuts))
            while line.is_armed:  # the measure contains what the gateway did beside
                place = next(places)
                person = f"{part}-{place}"
                await learned(wires, person, images[place * 7 % len(images)] + b"\0" * place)
                due.add(person)
        gone = person
        wires.lines[part].cut_after(200 if part != "store" else 10_000_000)
        await deleted(wires, gone)
        wires.lines[part].disarm()
        due.discard(gone)

    listed = (await wires.client.get("/directories/acme/persons", params={"limit": 500})).json()["items"]
    assert {person["person"]: person["faces"] for person in listed} == dict.fromkeys(due, 1)
    rows = {row["image"]: row["expires_at"] for row in await database.fetch("SELECT image, expires_at FROM images")}
    objects = {found["path"] async for batch in obstore.list(wires.store) for found in batch}
    enrolled = {row["image"] for row in await database.fetch("SELECT image FROM faces")}
    assert enrolled <= objects <= rows.keys()
    assert {image for image, expires_at in rows.items() if expires_at is None} == enrolled
    for name in objects:
        assert is_sealed(bytes(await (await obstore.get_async(wires.store, name)).bytes_async()))
    for image in enrolled:
        assert (await wires.client.get(f"/files/{image}")).is_success
    # The test's own object store calls requests that are cut off errors.
    ours = [record for record in caplog.records if record.name != "werkzeug"]
    assert [record.getMessage() for record in ours if record.levelname == "ERROR"] == []
