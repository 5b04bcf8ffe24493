"""Ids of photographs and receipts lead to their directory, so that one server is asked and not all."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from apiserver.biometrics.face import Image
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.deletion import records
from apiserver.deletion.erasure import Erasure
from apiserver.problems import DeletionNotFound, FileNotFound
from apiserver.storage.images import ImageRow, ImageStore, image_row
from apiserver.storage.object_store import open_store
from apiserver.tagged_ids import TaggedIds, tag_of
from tests.integration.db.statements import unbound_tables

PNG = Image("image/png", "png", width=1, height=1)
HOUR = timedelta(hours=1)
TAGS = "SELECT directory FROM directory_tags ORDER BY directory"


@pytest.fixture
def executed() -> list[str]:
    return []


@pytest.fixture
async def connections(database_url, executed):
    ended = lambda statement: executed.append(statement.query)  # noqa: E731
    async with open_database(database_url, pool_size=4, timeout_seconds=60, statement_ended=ended) as database:
        yield database


@pytest.fixture
def images(connections, tmp_path) -> ImageStore:
    return ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=60)


async def save(images: ImageStore, directory: str = "acme") -> ImageRow:
    row = image_row(directory, b"content", PNG, HOUR, await images.secret())
    return await images.save(row, b"content")


def of_all(executed: list[str]) -> set[str]:
    """Return the tables that statements read in all directories."""
    read = [statement for statement in executed if re.search("FROM (images|deletions)", statement)]
    assert read
    return {table for statement in read for table in unbound_tables(statement)}


async def delete_ann(database: asyncpg.Connection, connections: Database, images: ImageStore) -> UUID:
    await database.execute("INSERT INTO directories VALUES ('acme')")
    await database.execute("INSERT INTO persons (directory, person) VALUES ('acme', 'ann')")
    erasure = Erasure(connections, HOUR, tagged_ids=images.tagged_ids)
    return (await erasure.person("acme", "ann")).deletion


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_photograph_is_looked_for_in_its_directory(connections, images, executed, tmp_path, restarted):
    saved = await save(images)
    if restarted:
        images = ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=60)
    executed.clear()

    assert (await images.open(saved.key, admits="acme".__eq__)).directory == "acme"
    assert await images.directory_of(saved.key) == "acme"
    assert of_all(executed) == set()
    with pytest.raises(FileNotFound):
        await images.open(saved.key, admits="other".__eq__)


async def test_a_receipt_is_looked_for_in_its_directory(connections, images, database, executed):
    deletion = await delete_ann(database, connections, images)
    executed.clear()

    assert (await records.read(connections, TaggedIds(connections), deletion)).directory == "acme"
    assert of_all(executed) == set()


async def test_what_was_named_before_there_were_tags_is_found(connections, images, database, executed):
    saved, deletion = await save(images), await delete_ann(database, connections, images)
    old_key, old_deletion = "2c116cd3-eff0-8136-b4d5-5e476fa58ff7.png", uuid4()
    await database.execute("UPDATE images SET image = $1", old_key)
    await database.execute("UPDATE deletions SET deletion = $1", old_deletion)

    assert await images.directory_of(old_key) == "acme"
    assert (await records.read(connections, images.tagged_ids, old_deletion)).deletion == old_deletion
    assert of_all(executed) == {"images", "deletions"}
    assert await images.directory_of(saved.key) is None
    with pytest.raises(DeletionNotFound):
        await records.read(connections, images.tagged_ids, deletion)


async def test_tags_that_lead_nowhere_do_not_hide_anything(connections, images, database, tmp_path):
    saved, deletion = await save(images), await delete_ann(database, connections, images)
    await database.execute("DELETE FROM directory_tags")
    restarted = ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=60)

    assert await restarted.directory_of(saved.key) == "acme"
    assert (await records.read(connections, restarted.tagged_ids, deletion)).directory == "acme"


async def test_directories_with_the_same_tag_are_both_asked(connections, images, database, tmp_path):
    saved = await save(images)
    await database.execute("INSERT INTO directory_tags SELECT 'aaa', tag FROM directory_tags")
    restarted = ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=60)

    assert await restarted.directory_of(saved.key) == "acme"


async def test_a_tag_does_not_show_its_directory(images):
    secret = await images.secret()
    assert tag_of(secret, "acme") == tag_of(secret, "acme")
    assert len({tag_of(secret, "acme"), tag_of(secret, "other"), tag_of(bytes(32), "acme")}) == 3


async def test_upkeep_adds_directories_from_before_and_forgets_what_is_gone(connections, images, database):
    await save(images, "recognized only")
    await save(images, "gone")
    await delete_ann(database, connections, images)
    await database.execute("DELETE FROM images WHERE directory = 'gone'")
    await database.execute("DELETE FROM directories")
    await database.execute("INSERT INTO directories VALUES ('early')")

    await TaggedIds(connections).tend()

    assert [row["directory"] for row in await database.fetch(TAGS)] == ["acme", "early", "recognized only"]
