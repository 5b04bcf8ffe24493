"""How much is stored in the clear, for the progress of the job that encrypts it and for a metric."""

from collections import Counter

from apiserver.database.pool import Database

_MAX_SECONDS = 60
"""For counting the crops of a large installation, which are read from an index of those in the clear alone."""

_COUNT = """
SELECT
    (SELECT count(*) FROM images WHERE key_id IS NULL AND (expires_at IS NULL OR expires_at > now())) AS photographs,
    (SELECT count(*) FROM faces WHERE crop_key IS NULL)
    + (SELECT count(*) FROM collapsed_faces WHERE crop_key IS NULL) AS crops,
    (SELECT count(*) FROM archives WHERE key_id IS NULL AND expires_at > now()) AS archives
"""


async def unencrypted(database: Database) -> Counter[str]:
    """Return how many photographs, crops and archives are in the clear. Raises DatabaseUnavailable."""
    async with database.connection() as connection:
        return Counter(dict(await connection.fetchrow(_COUNT, timeout=_MAX_SECONDS)))
