"""An image store that refuses, hangs or drops connections: recognition goes on, and nothing is lost or left over."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import obstore
import pytest

from apiserver.biometrics.face import Image
from apiserver.database.opening import open_database
from apiserver.problems import ImageStoreUnavailable
from apiserver.storage.archives import Archives
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from apiserver.storage.sweeping import sweep
from tests.image_rows import image_row
from tests.servers.s3 import Fault
from tests.waiting import until

pytestmark = pytest.mark.timing

PNG = Image("image/png", "png", width=1, height=1)
HOUR = timedelta(hours=1)
ALIVE = "SELECT count(*) FROM images WHERE expires_at IS NULL OR expires_at > now()"
AGE = "UPDATE images SET expires_at = least(expires_at, now()), written_at = now() - interval '1 hour', retry_at = NULL"

Answer = dict[str, Any]

WRITE_FAULTS = [fault for fault in Fault if fault is not Fault.STALLS_ANSWERS]


@pytest.fixture
def settings(settings, bucket_url):
    return settings.model_copy(
        update={
            "image_store_url": bucket_url,
            "image_store_timeout_seconds": 2,
            "image_store_keep_timeout_seconds": 0.5,
            "image_store_retry_seconds": 0.01,
        }
    )


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def store(bucket_url):
    return open_store(bucket_url)


@pytest.fixture
def images(store, connections):
    return ImageStore(store, connections, timeout_seconds=1)


def keys(store):
    return {found["path"] for batch in obstore.list(store) for found in batch}


async def recognize(gateway: httpx.AsyncClient, *photographs: bytes, **headers: str) -> Answer:
    response = await gateway.post("/recognize", files=[("file", each) for each in photographs], headers=headers)
    assert response.status_code == 201
    answer: Answer = response.json()
    return answer


def codes(answer: Answer) -> list[str]:
    return [warning["code"] for warning in answer["warnings"]]


async def learn(gateway: httpx.AsyncClient, photograph: bytes) -> httpx.Response:
    return await gateway.post("/learn", data={"person": "ann"}, files={"file": photograph})


async def learned(gateway: httpx.AsyncClient, photograph: bytes) -> None:
    async def answered() -> bool:
        return (await learn(gateway, photograph)).status_code == 201

    await until(answered)  # its time is short


@pytest.mark.parametrize("fault", WRITE_FAULTS)
async def test_recognition_goes_on_without_the_photograph(*, serve, settings, line, database, fault, ann, ann_again):
    gateway = await serve(settings)
    await learned(gateway, ann)
    line.break_down(fault)

    answer = await recognize(gateway, ann_again, **{"Idempotency-Key": "key"})
    assert (answer["url"], codes(answer)) == (None, ["photograph-not-kept"])
    assert [person["id"] for person in answer["persons"]] == ["ann"]
    assert await database.fetchval(ALIVE) == 1, "the learned one"
    assert await database.fetchval("SELECT count(*) FROM matched_images") == 0
    assert await database.fetchval("SELECT last_seen_at IS NOT NULL FROM persons")
    assert (await gateway.get("/health/ready")).json()["warnings"] != []

    line.mend()

    async def kept() -> Answer | None:
        repeated = await recognize(gateway, ann_again, **{"Idempotency-Key": "key"})
        return repeated if repeated["url"] else None

    await until(kept)
    again = await recognize(gateway, ann_again)
    assert codes(again) == []
    assert await database.fetchval("SELECT count(*) FROM matched_images") == 1
    assert (await gateway.get(again["url"])).content == ann_again
    assert (await gateway.get("/health/ready")).json()["warnings"] == []


async def test_while_the_store_is_known_to_be_down_nobody_tries_it(
    *, serve, settings, line, database, ann, bob, nobody
):
    gateway = await serve(settings.model_copy(update={"image_store_retry_seconds": 3600}))
    line.break_down(Fault.NEVER_ANSWERS)
    await recognize(gateway, ann)
    tried = line.connections

    answers = (await recognize(gateway, ann, bob, nobody))["files"]
    assert [answer["url"] for answer in answers] == [None] * 3
    assert {code for answer in answers for code in codes(answer)} == {"directory-unknown", "photograph-not-kept"}
    assert line.connections == tried
    assert await database.fetchval("SELECT count(*) FROM images") == 1, "of the first, to be swept"


async def test_an_earlier_photograph_outlives_a_later_failure(serve, settings, line, database, ann):
    gateway = await serve(settings)

    async def kept() -> bool:
        return (await recognize(gateway, ann))["url"] is not None

    await until(kept)
    line.break_down(Fault.REFUSES_CONNECTIONS)
    assert (await recognize(gateway, ann))["url"] is None
    line.mend()
    assert await database.fetchval(ALIVE) == 1


async def test_of_many_at_once_no_row_stays_alive(serve, settings, line, database, ann):
    gateway = await serve(settings)
    line.break_down(Fault.NEVER_ANSWERS)
    answers = await asyncio.gather(*(recognize(gateway, ann) for _ in range(8)))
    assert {answer["url"] for answer in answers} == {None}
    assert await database.fetchval(ALIVE) == 0


@pytest.mark.parametrize("fault", [Fault.NEVER_ANSWERS, Fault.FAILS, Fault.LOSES_ANSWERS])
async def test_an_enrolment_fails_as_a_whole_and_leaves_nothing(
    *, serve, settings, line, images, store, database, fault, ann
):
    gateway = await serve(settings)
    line.break_down(fault)
    response = await learn(gateway, ann)
    assert (response.status_code, response.json()["code"]) == (503, "image-store-unavailable")
    assert await database.fetchval("SELECT count(*) FROM faces") == 0

    line.mend()
    await database.execute(AGE)
    await sweep(images.delete_expired)
    assert keys(store) == set()
    await learned(gateway, ann)
    assert keys(store) == {row["image"] for row in await database.fetch("SELECT image FROM faces")}


@pytest.mark.parametrize("fault", [Fault.REFUSES_CONNECTIONS, Fault.NEVER_ANSWERS, Fault.STALLS_ANSWERS])
async def test_a_file_is_not_waited_for(serve, settings, line, fault, ann):
    gateway = await serve(settings.model_copy(update={"image_store_retry_seconds": 3600}))
    await learned(gateway, ann)
    url = (await learn(gateway, ann)).json()["url"]
    line.break_down(fault)
    for _ in range(2):
        response = await gateway.get(url)
        assert (response.status_code, response.json()["code"]) == (503, "image-store-unavailable")
    tried = line.connections
    await gateway.get(url)
    assert line.connections == tried


async def test_an_object_that_appears_after_all_is_swept(*, serve, settings, line, images, store, database, ann):
    gateway = await serve(settings)
    line.break_down(Fault.LOSES_ANSWERS)
    assert (await recognize(gateway, ann))["url"] is None
    line.mend()
    await until(lambda: keys(store))
    await database.execute(AGE)
    assert await sweep(images.delete_expired) == 1
    assert keys(store) == set()


@pytest.mark.parametrize("fault", [Fault.FORBIDS, Fault.DROPS_REQUESTS])
async def test_a_deletion_waits_for_the_store(line, images, store, database, fault):
    row = image_row("acme", b"content", PNG, HOUR)
    await images.save(row, b"content")
    line.break_down(fault)
    await database.execute(AGE)
    assert list((await images.delete_expired(1)).stuck) == [row.key]

    line.mend()
    await database.execute(AGE)
    assert await sweep(images.delete_expired) == 1
    assert keys(store) == set()


@pytest.mark.parametrize("fault", [Fault.REFUSES_CONNECTIONS, Fault.NEVER_ANSWERS])
async def test_an_archive_that_cannot_be_written_is_an_outage_and_its_row_goes_later(
    connections, store, line, database, fault
):
    archives = Archives(store, connections, timeout_seconds=1)

    async def write_some():
        async with archives.writing("acme", uuid4(), "export", HOUR) as write:
            await write(bytes(6_000_000))

    line.break_down(fault)
    with pytest.raises(ImageStoreUnavailable):
        await write_some()
    line.mend()
    await database.execute("UPDATE archives SET expires_at = now()")
    assert await sweep(archives.delete_expired) == 1
    assert keys(store) == set()
