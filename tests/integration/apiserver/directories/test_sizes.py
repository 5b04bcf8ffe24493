"""Counts of people and faces, and how long they are remembered."""

import asyncio
import re

import numpy as np
import pytest
from pgvector import HalfVector

from apiserver.database.opening import open_database
from apiserver.directories.sizes import _COUNT, DirectorySizes
from tests.integration.apiserver.locks import until_somebody_waits
from tests.waiting import PATIENCE_SECONDS, Clock

INSERT = """
WITH directories AS (INSERT INTO directories (directory) VALUES ($1) ON CONFLICT DO NOTHING),
persons AS (INSERT INTO persons (directory, person) VALUES ($1, $2) ON CONFLICT DO NOTHING),
image AS (
    INSERT INTO images (directory, image, media_type, size_bytes, sha256)
    VALUES ($1, gen_random_uuid(), 'image/png', 1, sha256(gen_random_uuid()::text::bytea)) RETURNING image, sha256
)
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image, image_sha256)
SELECT $1, $2, $3, $4, '', '{0,0,1,1}', 1, image, sha256 FROM image
"""


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sizes(connections, clock):
    return DirectorySizes(connections, clock=clock)


@pytest.fixture
def enrol(connections):
    async def enrol(directory, person, model="model"):
        async with connections.connection() as connection:
            await connection.execute(INSERT, directory, person, model, HalfVector(np.ones(4, np.float32)))

    return enrol


async def test_people_and_faces_of_one_directory_and_model(sizes, enrol):
    for directory, person, model in (
        ("acme", "ann", "model"),
        ("acme", "ann", "model"),
        ("acme", "bob", "model"),
        ("acme", "cid", "other"),
        ("elsewhere", "ann", "model"),
    ):
        await enrol(directory, person, model)

    assert await sizes.of("acme", "model") == (2, 3)
    assert await sizes.of("acme", "other") == (1, 1)
    assert await sizes.of("elsewhere", "model") == (1, 1)
    assert await sizes.of("nowhere", "model") == (0, 0)


async def test_a_size_is_remembered_for_a_while_and_then_counted_again(sizes, enrol, clock):
    await enrol("acme", "ann")
    assert (await sizes.of("acme", "model")).faces == 1
    await enrol("acme", "ann")

    clock.seconds += 0.99
    assert (await sizes.of("acme", "model")).faces == 1
    clock.seconds += 0.01  # as long as a cheap count is good for
    assert (await sizes.of("acme", "model")).faces == 2


async def test_the_size_read_longest_ago_is_forgotten_first(connections, enrol):
    sizes = DirectorySizes(connections, max_known=2, clock=Clock())
    for directory in ("a", "b", "c"):
        await enrol(directory, "ann")
    for directory in ("a", "b", "a", "c"):  # forgets b
        await sizes.of(directory, "model")
    for directory in ("a", "b"):
        await enrol(directory, "ann")

    assert (await sizes.of("a", "model")).faces == 1
    assert (await sizes.of("b", "model")).faces == 2


async def test_the_first_face_of_a_directory_is_seen_at_once(sizes, enrol):
    assert (await sizes.of("acme", "model")).faces == 0
    await enrol("acme", "ann")
    assert (await sizes.of("acme", "model")).faces == 1


@pytest.mark.timing
async def test_while_one_caller_counts_others_get_the_last_size(connections, database, sizes, enrol, clock):
    await enrol("acme", "ann")
    await sizes.of("acme", "model")
    clock.seconds += 1

    async with connections.connection() as connection, connection.transaction():
        await connection.execute("LOCK TABLE faces IN ACCESS EXCLUSIVE MODE")
        counting = asyncio.create_task(sizes.of("acme", "model"))
        await until_somebody_waits(database)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert (await sizes.of("acme", "model")).faces == 1
        assert not counting.done()
    assert (await counting).faces == 1


async def test_the_count_reads_an_index_only(connections, enrol):
    for number in range(300):
        await enrol("acme", f"person {number}")
    async with connections.connection() as connection:
        await connection.execute("VACUUM ANALYZE faces")
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch(f"EXPLAIN {_COUNT}", "acme", "model")
        await connection.execute("RESET enable_seqscan")
    lines = "\n".join(line[0] for line in plan)
    assert re.search(r"Index Only Scan using faces_\d+_directory_model_person_face_code_idx", lines)
