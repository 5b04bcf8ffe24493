"""Gateways go on while a later version migrates the database under them."""

import asyncpg
import httpx
import pytest

from apiserver.keys import records
from apiserver.keys.wishes import read_reach, read_scopes
from db.migrate import UnknownSchema, migrate
from tests.integration.apiserver.encryption.conftest import new_key, under

pytestmark = pytest.mark.timing

_TABLES = """
SELECT format('%I', relname) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
AND relname NOT LIKE 'procrastinate%' AND relname <> 'schema_migrations'
"""


async def statuses(gateway: httpx.AsyncClient, directory: str, ann: bytes, bob: bytes) -> list[int]:
    """Use a directory from its first enrolment to its deletion."""
    people = f"/directories/{directory}/persons"
    answers = [
        await gateway.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann}),
        await gateway.post("/learn", data={"person": "bob", "directory": directory}, files={"file": bob}),
        await gateway.post("/recognize", data={"directory": directory}, files={"file": ann}),
        await gateway.get(people),
        await gateway.patch(f"{people}/ann", json={"display_name": "Ann"}),
        await gateway.post(f"{people}/ann/merge", json={"from": ["bob"]}),
        await gateway.get(f"{people}/ann/export"),
        await gateway.post(f"/directories/{directory}/exports", json={}),
        await gateway.delete(f"{people}/ann"),
        await gateway.delete(f"/directories/{directory}"),
    ]
    return [answer.status_code for answer in answers]


async def test_a_gateway_goes_on_over_the_schema_of_a_later_version(
    *, serve, settings, database: asyncpg.Connection, database_url, ann, bob
):
    reach = read_reach(("*",))
    _, key = await records.create(database, records.Wanted("test", read_scopes(("admin",), reach), reach), "test")
    gateway = await serve(under(settings, new_key()).model_copy(update={"require_keys": True}))
    gateway.headers["Authorization"] = f"Bearer {key}"
    before = await statuses(gateway, "before", ann, bob)
    assert all(200 <= status < 300 for status in before)

    tables = [row[0] for row in await database.fetch(_TABLES)]
    assert {"faces", "persons", "images", "keys", "directory_keys"} <= {*tables}
    for table in tables:  # its connections have prepared statements for these tables
        await database.execute(f"ALTER TABLE {table} ADD COLUMN of_a_later_version integer DEFAULT 1")
    await database.execute("INSERT INTO schema_migrations (version) VALUES ('29990101000000')")

    assert await statuses(gateway, "after", ann, bob) == before
    assert (await gateway.get("/health/ready")).status_code == 200
    with pytest.raises(UnknownSchema, match="was made by a newer version"):
        await migrate(database_url)
