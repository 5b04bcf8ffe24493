"""Zip files that are sent while they are made."""

import io
import tracemalloc
from zipfile import ZipFile

from apiserver.bundles.zip_writing import Member, whole, zipped


async def members(*files):
    for name, content in files:
        yield Member(name, whole(content))


async def test_what_goes_in_comes_out():
    files = {"person.json": b"{}", "images/ä.jpg": bytes(range(256)) * 1000, "empty": b""}

    archive = ZipFile(io.BytesIO(b"".join([chunk async for chunk in zipped(members(*files.items()))])))

    assert archive.testzip() is None
    assert {name: archive.read(name) for name in archive.namelist()} == files


async def test_a_zip_file_without_members_is_one():
    assert ZipFile(io.BytesIO(b"".join([chunk async for chunk in zipped(members())]))).namelist() == []


async def test_nothing_of_it_stays():
    async def megabytes(count):
        for _ in range(count):
            yield bytes(1_000_000)

    async def one():
        yield Member("large", megabytes(50))

    tracemalloc.start()
    try:
        sent = 0
        async for chunk in zipped(one()):
            sent += len(chunk)
        assert sent > 50_000_000
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
