"""The rule that no object exists without its row."""

import asyncio
from datetime import timedelta

import pytest

from apiserver.database import open_database
from apiserver.faces import Image
from apiserver.image_store import ImageStore, open_store
from apiserver.problems import FileNotFound, ImageStoreUnavailable
from apiserver.retention import sweep

PNG = Image("image/png", "png", width=1, height=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=5) as database:
        yield database


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "images"


@pytest.fixture
def images(connections, folder):
    return ImageStore(open_store(f"file://{folder}"), connections, timeout_seconds=5)


async def expire_all(database):
    await database.execute("UPDATE images SET expires_at = now()")


async def test_what_was_saved_can_be_opened(images):
    stored = await images.save("acme", b"content", PNG, HOUR)
    opened = await images.open(stored.key)

    assert b"".join([chunk async for chunk in opened.chunks]) == b"content"
    assert (opened.media_type, opened.size_bytes) == ("image/png", 7)


async def test_a_shorter_time_does_not_shorten(images, database):
    await images.save("acme", b"content", PNG, 2 * HOUR)
    await images.save("acme", b"content", PNG, HOUR)
    assert await database.fetchval("SELECT expires_at - now() > interval '1 hour 50 minutes' FROM images")


async def test_a_longer_time_lengthens(images, database):
    await images.save("acme", b"content", PNG, HOUR)
    await images.save("acme", b"content", PNG, 2 * HOUR)
    assert await database.fetchval("SELECT expires_at - now() > interval '1 hour 50 minutes' FROM images")


async def test_sweep_removes_all_that_expired_in_several_batches(images, database, folder):
    for number in range(5):
        await images.save("acme", b"old %d" % number, PNG, HOUR)
    await expire_all(database)
    young = await images.save("acme", b"young", PNG, HOUR)

    assert await images.remove_expired(2) == 2
    assert await sweep(images) == 3
    assert [file.name for file in folder.iterdir()] == [young.key]
    assert await database.fetchval("SELECT count(*) FROM images") == 1


async def test_sweeps_at_the_same_time_remove_each_image_once(images, database):
    for number in range(20):
        await images.save("acme", b"old %d" % number, PNG, HOUR)
    await expire_all(database)

    assert sum(await asyncio.gather(*(sweep(images) for _ in range(3)))) == 20


async def test_sweep_survives_a_save_that_never_wrote_its_object(images, database, folder):
    stored = await images.save("acme", b"content", PNG, HOUR)
    (folder / stored.key).unlink()
    await expire_all(database)
    assert await sweep(images) == 1


async def test_a_save_during_the_sweep_waits_and_stores_anew(images, database, folder):
    stored = await images.save("acme", b"content", PNG, HOUR)
    await expire_all(database)

    async with database.transaction():  # the sweeper, held between the object and the row
        await database.execute("SELECT FROM images FOR UPDATE")
        (folder / stored.key).unlink()
        save = asyncio.create_task(images.save("acme", b"content", PNG, HOUR))
        await asyncio.sleep(0.2)
        assert not save.done()
        await database.execute("DELETE FROM images")

    assert (await save).key == stored.key
    assert (folder / stored.key).read_bytes() == b"content"
    assert (await images.open(stored.key)).size_bytes == 7


async def test_a_store_that_refuses_is_a_problem_and_leaves_a_row_to_sweep(images, database, folder):
    folder.rmdir()
    folder.write_text("no folder any more")

    with pytest.raises(ImageStoreUnavailable):
        await images.save("acme", b"content", PNG, HOUR)
    assert await database.fetchval("SELECT count(*) FROM images") == 1


@pytest.mark.parametrize("key", ["", "..", "../x.png", "/etc/passwd", "A0000000-0000-8000-8000-000000000000.png"])
async def test_what_is_no_key_is_not_looked_up(images, key):
    with pytest.raises(FileNotFound):
        await images.open(key)
