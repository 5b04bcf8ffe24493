"""Neighbours that are down, hang or talk nonsense; and that all is well again when they are."""

import asyncio
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from apiserver.directories.lock import exclude_enrolments
from apiserver.settings.settings import Settings
from db.migrate import migrate
from tests.ports import free_port
from tests.servers.listening import listening

pytestmark = pytest.mark.timing


async def learn(gateway: httpx.AsyncClient, photograph: bytes) -> httpx.Response:
    return await gateway.post("/learn", data={"person": "ann"}, files={"file": photograph})


def assert_outage(response: httpx.Response, code: str, status: int = 503) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert int(response.headers["Retry-After"]) >= 1
    assert response.json()["persons"] is None


@asynccontextmanager
async def answering(answer: bytes | None):
    """A server that answers every request with the same bytes, or never; yields its address and what it was sent."""
    received = bytearray()

    async def serve(reader, writer):
        received.extend(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
            await writer.drain()

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}", received


def with_vectorizer(settings: Settings, url: str) -> Settings:
    return settings.model_copy(update={"vectorizer_urls": url})


def with_database(settings: Settings, url: str) -> Settings:
    """The database at `url`, waited for during each outage."""
    return settings.model_copy(update={"database_url": SecretStr(url), "database_timeout_seconds": 3})


def impatient(settings: Settings, seconds: float) -> Settings:
    return settings.model_copy(update={"database_timeout_seconds": seconds, "vectorizer_timeout_seconds": seconds})


async def test_vectorizer_down_and_nothing_stored(serve, settings, database, tmp_path, ann):
    gateway = await serve(with_vectorizer(settings, f"http://127.0.0.1:{free_port()}"))

    assert_outage(await learn(gateway, ann), "vectorizer-unavailable")
    assert await database.fetchval("SELECT count(*) FROM images") == 0
    assert list((tmp_path / "images").iterdir()) == []


async def test_vectorizer_that_hangs(serve, settings, ann):
    async with answering(None) as (url, _):
        gateway = await serve(impatient(with_vectorizer(settings, url), 0.5))
        assert_outage(await learn(gateway, ann), "vectorizer-timeout", status=504)


def http(status: str, body: bytes, content_type: str = "application/msgpack") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"220 mail.example.org ESMTP\r\n", "vectorizer-unavailable"),
        (b"", "vectorizer-unavailable"),
        (http("200 OK", b""), "vectorizer-unavailable"),
        (http("200 OK", b"\xc1"), "vectorizer-unavailable"),
        (http("200 OK", b"\x80"), "vectorizer-unavailable"),
        (http("200 OK", b"\x01"), "vectorizer-unavailable"),
        (http("200 OK", b"<html>"), "vectorizer-unavailable"),
        (http("200 OK", b"\x80")[:-1], "vectorizer-unavailable"),
        (http("500 Oops", b"oops"), "vectorizer-unavailable"),
        (http("404 Not Found", b'{"code": "never-heard-of"}'), "vectorizer-unavailable"),
        (http("503 Busy", b"[]"), "vectorizer-unavailable"),
        (http("503 Busy", b'{"code": "busy", "detail": "Full."}'), "vectorizer-busy"),
        (http("503 Wait", b'{"code": "not-ready"}'), "vectorizer-unavailable"),
    ],
)
async def test_vectorizer_that_answers_something_else(serve, settings, ann, answer, code):
    async with answering(answer) as (url, _):
        gateway = await serve(with_vectorizer(settings, url))
        assert_outage(await learn(gateway, ann), code)
        assert (await gateway.get("/models")).status_code == 503


async def test_the_request_id_travels_on(serve, settings, ann):
    async with answering(http("503 Busy", b'{"code": "busy"}')) as (url, received):
        gateway = await serve(with_vectorizer(settings, url))
        await gateway.post("/recognize", files={"file": ann}, headers={"X-Request-ID": "my-own.id:7"})
    assert b"x-request-id: my-own.id:7\r\n" in bytes(received).lower()


async def test_database_down_and_back(serve, settings, cable, ann, tmp_path):
    gateway = await serve(with_database(settings, cable.url))
    assert (await learn(gateway, ann)).status_code == 201

    await cable.cut()
    assert_outage(await learn(gateway, ann), "database-unavailable")
    assert_outage(await gateway.post("/recognize", files={"file": ann}), "database-unavailable")
    assert (await gateway.get("/health/ready")).status_code == 503
    assert (await gateway.get("/health/live")).status_code == 200

    await cable.mend()
    assert (await learn(gateway, ann)).json()["created"] is False
    assert (await gateway.get("/health/ready")).status_code == 200
    assert len(list((tmp_path / "images").iterdir())) == 1


async def test_the_gateway_starts_before_the_database(serve, settings, cable, ann):
    await cable.cut()
    gateway = await serve(with_database(settings, cable.url))
    assert_outage(await learn(gateway, ann), "database-unavailable")

    await cable.mend()
    assert (await learn(gateway, ann)).status_code == 201


async def test_database_that_hangs(serve, settings, ann):
    async with answering(None) as (url, _):
        hanging = with_database(settings, url.replace("http://", "postgresql://ann@") + "/faces")
        gateway = await serve(hanging.model_copy(update={"database_timeout_seconds": 0.5}))
        assert_outage(await learn(gateway, ann), "database-unavailable")


async def test_a_statement_that_hangs(serve, settings, database, ann):
    gateway = await serve(settings.model_copy(update={"database_timeout_seconds": 3}))
    async with database.transaction():
        await database.execute("LOCK TABLE images")
        assert_outage(await learn(gateway, ann), "database-unavailable")
    assert (await learn(gateway, ann)).status_code == 201


@pytest.fixture
async def closed_directory(database):
    """The directory `moving`, which is kept closed until the transaction that is lent ends."""
    await database.execute("INSERT INTO directories (directory) VALUES ('moving')")
    transaction = database.transaction()
    await transaction.start()
    await exclude_enrolments(database, "moving")
    return transaction


async def test_who_waits_for_a_directory_keeps_nobody_from_the_others(serve, settings, closed_directory, database, ann):
    gateway = await serve(settings.model_copy(update={"database_pool_size": 2, "database_timeout_seconds": 3}))
    await learn(gateway, ann)
    fields = {"person": "ann", "directory": "moving"}
    waiting = [asyncio.create_task(gateway.post("/learn", data=fields, files={"file": ann})) for _ in range(6)]
    for _ in range(5):
        assert (await gateway.post("/recognize", files={"file": ann})).status_code == 201
    for response in await asyncio.gather(*waiting):
        assert_outage(response, "directory-busy")

    await closed_directory.rollback()
    assert await database.fetchval("SELECT count(*) FROM persons WHERE directory = 'moving'") == 0
    assert (await gateway.post("/learn", data=fields, files={"file": ann})).json()["created"]


async def test_who_names_somebody_being_moved_keeps_nobody_from_the_others(serve, settings, database, ann):
    gateway = await serve(settings.model_copy(update={"database_pool_size": 2, "database_timeout_seconds": 3}))
    fields = {"person": "ann", "directory": "moving"}
    for directory in ("moving", "default"):
        await gateway.post("/learn", data=fields | {"directory": directory}, files={"file": ann})
    async with database.transaction():
        await database.execute("SELECT FROM persons WHERE directory = 'moving' FOR UPDATE")
        naming = [
            asyncio.create_task(gateway.post("/recognize", data={"directory": "moving"}, files={"file": ann}))
            for _ in range(12)
        ]
        await asyncio.sleep(1)  # the first have reached the database by then; if not, the test is easier
        for _ in range(5):
            assert (await gateway.post("/recognize", files={"file": ann})).status_code == 201
        for response in await asyncio.gather(*naming):
            assert_outage(response, "directory-busy")


async def test_an_enrolment_is_admitted_as_soon_as_possible(serve, settings, closed_directory, ann):
    gateway = await serve(settings)
    fields = {"person": "ann", "directory": "moving"}
    waiting = asyncio.create_task(gateway.post("/learn", data=fields, files={"file": ann}))
    assert not (await asyncio.wait([waiting], timeout=1))[0]

    await closed_directory.rollback()

    assert (await waiting).status_code == 201


async def test_a_database_that_is_migrated_later(serve, settings, empty_database_url, ann):
    gateway = await serve(with_database(settings, empty_database_url))
    assert_outage(await learn(gateway, ann), "database-unavailable")
    assert "migrated" in (await gateway.get("/health/ready")).json()["detail"]

    await migrate(empty_database_url)
    assert (await learn(gateway, ann)).status_code == 201
    assert (await gateway.get("/health/ready")).status_code == 200


async def test_a_real_server_that_restarts(serve, settings, own_postgres, ann):
    await migrate(own_postgres.get_uri())
    gateway = await serve(with_database(settings, own_postgres.get_uri()))
    assert (await learn(gateway, ann)).status_code == 201

    await asyncio.to_thread(own_postgres.stop)
    assert_outage(await learn(gateway, ann), "database-unavailable")

    await asyncio.to_thread(own_postgres.ensure_postgres_running)
    assert (await learn(gateway, ann)).json()["created"] is False


async def test_image_store_down_and_the_person_not_enrolled(serve, settings, database, tmp_path, ann):
    gateway = await serve(settings)
    (tmp_path / "images").rmdir()
    (tmp_path / "images").write_text("no folder any more")

    assert_outage(await learn(gateway, ann), "image-store-unavailable")
    assert await database.fetchval("SELECT count(*) FROM persons") == 0
