"""Archives that go by themselves."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apiserver.database.opening import open_database
from apiserver.storage.archives import Archives
from apiserver.storage.object_store import open_store
from apiserver.storage.sweeping import sweep


@pytest.fixture
async def archives(database_url, tmp_path):
    async with open_database(database_url, pool_size=2, timeout_seconds=60) as connections:
        yield Archives(open_store(f"file://{tmp_path}"), connections, timeout_seconds=60)


async def test_any_number_that_cannot_be_removed_hold_up_nothing_else_and_are_tried_again(archives, database, tmp_path):
    for _ in range(25):
        async with archives.writing("acme", uuid4(), "export", timedelta(0)) as write:
            await write(b"bundle")
    stuck = list((tmp_path / "archives").iterdir())
    for file in stuck:  # a folder with something in it is no object that can be removed
        file.unlink()
        (file / "inside").mkdir(parents=True)
    async with archives.writing("acme", uuid4(), "export", timedelta(0)) as write:
        await write(b"bundle")

    assert await sweep(archives.delete_expired) == 1
    assert await database.fetchval("SELECT count(*) FROM archives") == len(stuck)

    for file in stuck:
        (file / "inside").rmdir()
        file.rmdir()
    assert await sweep(archives.delete_expired) == 0, "they are left alone for a while"
    await database.execute("UPDATE archives SET retry_at = now()")
    assert await sweep(archives.delete_expired) == len(stuck)
