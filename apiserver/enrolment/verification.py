"""The similarity of a face to one enrolled person, 1:1."""

from pgvector import HalfVector

from apiserver.database import Database
from apiserver.problems import PersonNotFound

# <#> is the negative inner product.
_SIMILARITY = """
SELECT (
    SELECT max(-(embedding <#> $4::halfvec)) FROM faces WHERE directory = $1 AND person = $2 AND model = $3
) AS similarity
FROM persons WHERE directory = $1 AND person = $2
"""


async def best_similarity(
    database: Database, directory: str, person: str, model: str, embedding: list[float]
) -> float | None:
    """Return the cosine with the person's most similar face, None if no face is of this model.

    Raises PersonNotFound or DatabaseUnavailable.
    """
    async with database.connection() as connection:
        row = await connection.fetchrow(_SIMILARITY, directory, person, model, HalfVector(embedding))
    if row is None:
        raise PersonNotFound
    # Rounded to halves, an embedding's length is not quite one.
    return None if row["similarity"] is None else max(-1.0, min(1.0, row["similarity"]))
