"""The rule that no object exists without its row."""

import asyncio
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from obstore.store import S3Store

from apiserver.biometrics.face import Image
from apiserver.database.opening import open_database
from apiserver.problems import FileNotFound, ImageStoreUnavailable
from apiserver.storage.images import WRITE_ROW, ImageRow, ImageStore
from apiserver.storage.object_store import open_store
from apiserver.storage.sweeping import sweep
from tests.image_rows import image_row
from tests.integration.apiserver.locks import until_somebody_waits
from tests.servers.listening import listening
from tests.waiting import PATIENCE_SECONDS

PNG = Image("image/png", "png", width=1, height=1)
HOUR = timedelta(hours=1)


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "images"


@pytest.fixture
def images(connections, folder):
    return ImageStore(open_store(f"file://{folder}"), connections, timeout_seconds=60)


async def save(images: ImageStore, content: bytes, keep: timedelta = HOUR) -> ImageRow:
    row = image_row("acme", content, PNG, keep)
    await images.save(row, content)
    return row


async def expire_all(database):
    await database.execute("UPDATE images SET expires_at = created_at, written_at = now() - interval '1 hour'")


async def test_what_was_saved_can_be_opened(images):
    stored = await save(images, b"content")
    opened = await images.open(stored.key, admits="acme".__eq__)

    assert b"".join([chunk async for chunk in opened.chunks]) == b"content"
    assert (opened.media_type, opened.size_bytes) == ("image/png", 7)


async def test_a_shorter_time_does_not_shorten(images, database):
    await save(images, b"content", 2 * HOUR)
    await save(images, b"content")
    assert await database.fetchval("SELECT expires_at - now() > interval '1 hour 50 minutes' FROM images")


async def test_a_longer_time_lengthens(images, database):
    await save(images, b"content")
    await save(images, b"content", 2 * HOUR)
    assert await database.fetchval("SELECT expires_at - now() > interval '1 hour 50 minutes' FROM images")


async def test_sweep_removes_all_that_expired_in_several_batches(images, database, folder):
    for number in range(5):
        await save(images, b"old %d" % number)
    await expire_all(database)
    young = await save(images, b"young")

    assert await images.delete_expired(2) == (2, {})
    assert await sweep(images.delete_expired) == 3
    assert [file.name for file in folder.iterdir()] == [young.key]
    assert await database.fetchval("SELECT count(*) FROM images") == 1


@pytest.mark.timing
async def test_sweeps_at_the_same_time_remove_each_image_once(images, database):
    for number in range(20):
        await save(images, b"old %d" % number)
    await expire_all(database)

    assert sum(await asyncio.gather(*(sweep(images.delete_expired) for _ in range(3)))) == 20


async def test_those_that_a_deletion_holds_do_not_keep_others_from_being_removed(
    images, database, database_url, folder
):
    rows = [await save(images, b"old %d" % number) for number in range(5)]
    await expire_all(database)
    deleting = await asyncpg.connect(database_url)
    try:
        async with deleting.transaction():
            held = [row.key for row in rows[:4]]
            await deleting.execute("SELECT FROM images WHERE directory = 'acme' AND image = ANY ($1) FOR UPDATE", held)
            assert await sweep(lambda _: images.delete_expired(2)) == 1
            assert await images.delete_expired(2, "acme") == (0, {})
    finally:
        await deleting.close()
    assert {file.name for file in folder.iterdir()} == set(held)
    assert await sweep(lambda _: images.delete_expired(2, "acme")) == 4


@pytest.mark.timing
async def test_what_is_saved_again_before_it_is_locked_stays(images, database, folder):
    for directory in ("acme", "other"):
        await images.save(image_row(directory, b"old", PNG, HOUR), b"old")
    await expire_all(database)
    async with database.transaction():
        await database.execute("LOCK TABLE images IN EXCLUSIVE MODE")  # it can be read meanwhile
        sweeping = asyncio.create_task(images.delete_expired(2))
        await until_somebody_waits(database)
        await database.execute("UPDATE images SET expires_at = NULL WHERE directory = 'other'")
    assert (await sweeping).deleted == 1
    [kept] = await database.fetch("SELECT directory, image FROM images")
    assert (kept["directory"], [file.name for file in folder.iterdir()]) == ("other", [kept["image"]])


async def test_sweep_survives_a_save_that_never_wrote_its_object(images, database, folder):
    stored = await save(images, b"content")
    (folder / stored.key).unlink()
    await expire_all(database)
    assert await sweep(images.delete_expired) == 1


async def test_an_object_on_its_way_is_waited_for_however_short_its_time_was(images, database, folder):
    row = await save(images, b"content", timedelta(0))
    (folder / row.key).unlink()
    assert await sweep(images.delete_expired) == 0, "it may still come"
    await images.put(row, b"content")

    await expire_all(database)
    assert await sweep(images.delete_expired) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.timing
async def test_who_stores_an_image_that_cannot_be_removed_waits_no_longer_than_a_statement(database_url, database):
    asked = asyncio.Event()

    async def silent(reader, _):
        asked.set()
        await reader.read()

    async with (
        listening(silent) as port,
        open_database(database_url, pool_size=2, timeout_seconds=8) as connections,
    ):
        store = S3Store(
            "bucket",
            endpoint=f"http://127.0.0.1:{port}",
            access_key_id="-",
            secret_access_key="-",  # noqa: S106
            client_options={"allow_http": True},
        )
        images = ImageStore(store, connections, timeout_seconds=30)
        row = image_row("acme", b"content", PNG, HOUR)
        async with connections.connection() as connection:
            await connection.execute(WRITE_ROW, *row)
        await expire_all(database)
        removing = asyncio.create_task(images.delete_expired(1))
        await asyncio.wait_for(asked.wait(), PATIENCE_SECONDS)
        async with connections.connection() as connection:
            await connection.execute(WRITE_ROW, *row)
        assert list((await removing).stuck) == [row.key]


async def spoil(images: ImageStore, folder: Path, number: int) -> list[ImageRow]:
    """Save images whose objects cannot be deleted: a folder with something in it is none that can be."""
    rows = [await save(images, b"stuck %d" % index) for index in range(number)]
    for row in rows:
        (folder / row.key).unlink()
        (folder / row.key / "inside").mkdir(parents=True)
    return rows


async def test_what_cannot_be_deleted_holds_up_nothing_else_and_is_tried_again(images, database, folder, caplog):
    stuck = await spoil(images, folder, 3)
    for number in range(4):
        await save(images, b"old %d" % number)
    await expire_all(database)

    batch = await images.delete_expired(2)
    assert (batch.deleted, len(batch.stuck)) == (0, 2)
    assert await sweep(images.delete_expired) == 4
    assert {row["image"] for row in await database.fetch("SELECT image FROM images")} == {row.key for row in stuck}
    assert f"{stuck[2].key} could not be deleted" in caplog.text

    for row in stuck:
        (folder / row.key / "inside").rmdir()
        (folder / row.key).rmdir()
    assert await sweep(images.delete_expired) == 0, "they are left alone for a while"
    await database.execute("UPDATE images SET retry_at = now()")
    assert await sweep(images.delete_expired) == 3


async def test_a_thousand_that_cannot_be_deleted_hold_up_nothing_else(images, database, folder):
    await spoil(images, folder, 1000)
    await save(images, b"old")
    await expire_all(database)  # those that stick expired first

    assert await sweep(images.delete_expired) == 1
    assert await database.fetchval("SELECT count(*) FROM images") == 1000


async def test_what_was_not_tried_yet_comes_before_what_sticks(images, database, folder):
    await spoil(images, folder, 3)
    await expire_all(database)
    assert await sweep(images.delete_expired) == 0
    await database.execute("UPDATE images SET retry_at = now()")
    await save(images, b"old")
    await expire_all(database)

    assert await images.delete_expired(1) == (1, {})


async def test_what_sticks_and_is_saved_again_is_not_removed(images, database, folder):
    [row] = await spoil(images, folder, 1)
    await expire_all(database)
    assert await sweep(images.delete_expired) == 0
    (folder / row.key / "inside").rmdir()
    (folder / row.key).rmdir()
    await images.save(row, b"stuck 0")
    await database.execute("UPDATE images SET retry_at = now()")

    assert await sweep(images.delete_expired) == 0
    assert (await images.open(row.key, admits="acme".__eq__)).size_bytes == 7


async def test_a_folder_may_have_any_name(connections, tmp_path):
    folder = tmp_path / "my faces, 100% Grüße"
    stored = await save(ImageStore(open_store(folder.as_uri()), connections, timeout_seconds=60), b"content")
    assert (folder / stored.key).read_bytes() == b"content"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.timing
async def test_a_save_during_the_sweep_waits_and_stores_anew(images, database, folder):
    stored = await save(images, b"content")
    await expire_all(database)

    async with database.transaction():  # the sweeper, held between the object and the row
        await database.execute("SELECT FROM images WHERE directory = 'acme' FOR UPDATE")
        (folder / stored.key).unlink()
        saving = asyncio.create_task(save(images, b"content"))
        await until_somebody_waits(database)
        assert not saving.done()
        await database.execute("DELETE FROM images")

    assert (await saving).key == stored.key
    assert (folder / stored.key).read_bytes() == b"content"
    assert (await images.open(stored.key, admits="acme".__eq__)).size_bytes == 7


async def test_a_store_that_refuses_is_a_problem_and_leaves_a_row_to_sweep(images, database, folder):
    folder.rmdir()
    folder.write_text("no folder any more")

    with pytest.raises(ImageStoreUnavailable):
        await save(images, b"content")
    assert await database.fetchval("SELECT count(*) FROM images") == 1


@pytest.mark.parametrize("key", ["", "..", "../x.png", "/etc/passwd", "A0000000-0000-8000-8000-000000000000.png"])
async def test_what_is_no_key_is_not_looked_up(images, key):
    with pytest.raises(FileNotFound):
        await images.open(key, admits="acme".__eq__)
