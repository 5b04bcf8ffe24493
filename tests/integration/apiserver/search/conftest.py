"""A pool of connections, and people with embeddings of the tests' own making."""

from uuid import uuid4

import pytest
from pgvector import HalfVector

from apiserver.database.opening import open_database

INSERT = """
WITH image AS (
    INSERT INTO images (directory, image, media_type, size_bytes, sha256)
    SELECT $1, $6 || number, 'image/png', 1, sha256(($6 || number)::bytea)
    FROM generate_series(1, cardinality($4::halfvec[])) AS number
)
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image, image_sha256)
SELECT $1, person, $2, embedding, '', '{0,0,1,1}', score, $6 || number, sha256(($6 || number)::bytea)
FROM unnest($3::text[], $4::halfvec[], $5::float8[]) WITH ORDINALITY AS face (person, embedding, score, number)
"""


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def enrol(connections):
    """Enrols people, each with an embedding, in one go."""

    async def enrol(people, embeddings, directory="acme", of="model", scores=None):
        halves = [HalfVector(embedding) for embedding in embeddings]
        async with connections.connection() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO directories (directory) VALUES ($1) ON CONFLICT DO NOTHING", directory
            )
            await connection.execute(
                "INSERT INTO persons (directory, person) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING",
                directory,
                list(people),
            )
            weights, batch = scores or [0.9] * len(halves), f"{uuid4()} "
            await connection.execute(INSERT, directory, of, list(people), halves, weights, batch)

    return enrol
