"""The same over a folder and over S3."""

import io
from datetime import timedelta
from uuid import uuid4

import obstore
import pytest

from apiserver.biometrics.face import Image
from apiserver.database.opening import open_database
from apiserver.problems import ArchiveUnreadable, FileNotFound, ImageTooLarge, ObjectNotFound
from apiserver.storage.archives import Archives
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from apiserver.storage.sweeping import sweep
from tests.image_rows import image_row

PNG = Image("image/png", "png", width=1, height=1)
HOUR = timedelta(hours=1)
LARGE = bytes(range(256)) * 50_000
"""Longer than the parts in which an archive is uploaded."""


@pytest.fixture(params=["file", "s3"])
def store(request, tmp_path):
    return open_store(f"file://{tmp_path}" if request.param == "file" else request.getfixturevalue("bucket_url"))


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def images(store, connections):
    return ImageStore(store, connections, timeout_seconds=60)


@pytest.fixture
def archives(store, connections):
    return Archives(store, connections, timeout_seconds=60)


def keys(store):
    return [found["path"] for batch in obstore.list(store) for found in batch]


async def content(chunks):
    return b"".join([chunk async for chunk in chunks])


async def test_an_image_from_its_row_to_its_end(images, store, database):
    row = image_row("acme", LARGE, PNG, HOUR)
    await images.save(row, LARGE)
    assert keys(store) == [row.key]
    opened = await images.open(row.key, admits="acme".__eq__)
    assert (opened.size_bytes, await content(opened.chunks)) == (len(LARGE), LARGE)

    await database.execute("UPDATE images SET expires_at = created_at, written_at = now() - interval '1 hour'")
    with pytest.raises(FileNotFound):
        await images.open(row.key, admits="acme".__eq__)
    assert await sweep(images.delete_expired) == 1
    assert keys(store) == []


async def test_many_images_at_once(images, store):
    rows = {image_row("acme", b"%d" % number, PNG, HOUR): b"%d" % number for number in range(20)}
    await images.save_all(rows)
    assert sorted(keys(store)) == sorted(row.key for row in rows)


async def test_a_row_whose_object_is_gone_is_no_file_and_can_be_swept(images, store, database):
    row = image_row("acme", b"content", PNG, HOUR)
    await images.save(row, b"content")
    obstore.delete(store, row.key)
    with pytest.raises(FileNotFound):
        await images.open(row.key, admits="acme".__eq__)
    await database.execute("UPDATE images SET expires_at = created_at, written_at = now() - interval '1 hour'")
    assert await sweep(images.delete_expired) == 1


async def test_an_archive_is_written_in_parts_and_read_in_ranges(archives, store):
    job = uuid4()
    async with archives.writing("acme", job, "export", HOUR) as write:
        for first in range(0, len(LARGE), 1_000_000):
            await write(LARGE[first : first + 1_000_000])
    opened = await archives.open("acme", job)
    assert (opened.size_bytes, await content(opened.chunks)) == (len(LARGE), LARGE)

    with await archives.reader("acme", job, max_read_bytes=1_000_000) as file:
        assert file.seek(0, io.SEEK_END) == len(LARGE)
        file.seek(-1_500_000, io.SEEK_END)
        assert file.read(1_000_000) == LARGE[-1_500_000:-500_000]

    await archives.delete("acme", job)
    assert keys(store) == []
    with pytest.raises(ArchiveUnreadable):
        await archives.reader("acme", job, max_read_bytes=1)


async def test_of_an_archive_that_is_not_completed_nothing_is_left(archives, store, database):
    async def write_some():
        async with archives.writing("acme", uuid4(), "import", HOUR) as write:
            await write(LARGE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_some()
    assert keys(store) == []
    assert await database.fetchval("SELECT count(*) FROM archives") == 0


async def test_what_a_client_put_there(archives, store):
    await obstore.put_async(store, "imports/ann.jpg", b"content")
    assert await archives.read_object("imports/ann.jpg", max_bytes=7) == b"content"
    with pytest.raises(ImageTooLarge):
        await archives.read_object("imports/ann.jpg", max_bytes=6)
    with pytest.raises(ObjectNotFound):
        await archives.read_object("imports/bob.jpg", max_bytes=7)
