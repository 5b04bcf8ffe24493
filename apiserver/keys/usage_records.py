"""What each key spent on each day: the rows and their SQL.

The statements concern all keys and no directory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from apiserver.access.limits import Quota
from apiserver.database.pool import Database, Share

_TODAY = """today AS (
    SELECT day, extract(epoch FROM day + 1 - utc)::float8 AS seconds_left
    FROM (SELECT utc::date AS day, utc FROM (SELECT now() AT TIME ZONE 'UTC' AS utc) AS clock) AS clock
)"""

# Ordered, so that two gateways that add at the same time cannot wait for each other.
_ADD = f"""
WITH {_TODAY}, added AS (
    INSERT INTO key_usage AS known (key, day, kind, amount)
    SELECT key, day, kind, amount FROM unnest($1::text[], $2::text[], $3::float8[]) AS spent (key, kind, amount), today
    ORDER BY key, kind
    ON CONFLICT (key, day, kind) DO UPDATE SET amount = known.amount + excluded.amount
    RETURNING key, kind, amount
), others AS (
    SELECT key, kind, amount FROM key_usage JOIN today USING (day)
    WHERE key = ANY ($1) AND (key, kind) NOT IN (SELECT key, kind FROM added)
)
SELECT key, kind, amount, seconds_left FROM today LEFT JOIN (TABLE added UNION ALL TABLE others) AS spent ON true
"""

_READ = f"""
WITH {_TODAY}
SELECT key, kind, amount, seconds_left FROM today LEFT JOIN key_usage ON key_usage.day = today.day AND key = $1
"""

_WAITING = """
SELECT count(*) FROM jobs JOIN procrastinate_jobs AS queue ON queue.id = number
WHERE key = $1 AND status = 'todo' AND queue_name IN ('import', 'export')
"""

_DELETE_OLD = "DELETE FROM key_usage WHERE day < (now() - $1::interval)::date"

Spent = Mapping[Quota, float]
"""Amounts of one key on one day."""


@dataclass(frozen=True, slots=True)
class Day:
    """What keys spent today, and the seconds until the day ends."""

    spent: Mapping[str, Spent]
    seconds_left: float

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, object]], keys: Iterable[str]) -> "Day":
        """Return the day in the rows of a statement. Kinds of a newer release are left out."""
        spent: dict[str, dict[Quota, float]] = {key: {} for key in keys}
        seconds_left = 0.0
        for row in rows:
            seconds_left = float(str(row["seconds_left"]))
            if row["kind"] in set(Quota):
                spent[str(row["key"])][Quota(str(row["kind"]))] = float(str(row["amount"]))
        return cls(spent, seconds_left)


async def add(database: Database, amounts: Mapping[tuple[str, Quota], float]) -> Day:
    """Add amounts to those of today, and return what these keys have spent, at all gateways together."""
    keys, kinds = [key for key, _ in amounts], [kind for _, kind in amounts]
    async with database.unbound(Share.READS) as connection:
        return Day.of(await connection.fetch(_ADD, keys, kinds, list(amounts.values())), keys)


async def read(database: Database, key: str) -> Day:
    """Return what a key has used today."""
    async with database.unbound(Share.READS) as connection:
        return Day.of(await connection.fetch(_READ, key), [key])


async def waiting_jobs(database: Database, key: str) -> int:
    """Return the number of the key's imports and exports that wait, without its deletions."""
    async with database.unbound(Share.READS) as connection:
        return int(await connection.fetchval(_WAITING, key))


async def delete_old(database: Database, age: timedelta) -> None:
    """Delete the days that are longer ago."""
    async with database.unbound() as connection:
        await connection.execute(_DELETE_OLD, age)
