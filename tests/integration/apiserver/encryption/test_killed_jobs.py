"""The job that encrypts is killed in the middle: everything can be read, and another run does the rest."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from apiserver.encryption.rotation import replace_key
from apiserver.encryption.sealing import is_sealed, key_id_of
from apiserver.problems import InternalError
from apiserver.settings.settings import Settings
from tests.checkout import ROOT
from tests.citus import allow_triggers
from tests.integration.apiserver.encryption.conftest import Jobs, new_key, resources_of, under
from tests.photographs import CLEAR_STRANGERS, encoded, stranger
from tests.waiting import until

pytestmark = pytest.mark.timing

PEOPLE = 6
HELD = 3
"""The number of photographs that the job has written when it is held before the next one's row."""

LOCK = 4711

_HOLD = f"""
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM images WHERE {{seen}}) >= {HELD} THEN PERFORM pg_advisory_xact_lock({LOCK}); END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold BEFORE UPDATE OF key_id ON images FOR EACH ROW EXECUTE FUNCTION hold();
"""  # noqa: S608 - constants

_IS_HELD = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted)"


def stored(settings: Settings) -> dict[str, bytes]:
    folder = Path(settings.image_store_url.removeprefix("file://"))
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


async def learned(gateway: httpx.AsyncClient, person: str, directory: str, photograph: bytes) -> str:
    """Enrol a person and return the address of the photograph."""
    form = {"person": person, "directory": directory}
    url: str = (await gateway.post("/learn", data=form, files={"file": photograph})).json()["url"]
    return url


async def enrol(gateway: httpx.AsyncClient) -> dict[str, bytes]:
    """Enrol some people; return what every address of theirs shows."""
    shown = {}
    for number in CLEAR_STRANGERS[:PEOPLE]:
        url = await learned(gateway, str(number), "acme", encoded(stranger(number)))
        faces = await gateway.get(f"/directories/acme/persons/{number}/faces")
        for path in (url, faces.json()["items"][0]["crop"]):
            shown[path] = (await gateway.get(path)).content
    return shown


@asynccontextmanager
async def held_job(settings: Settings, database: asyncpg.Connection, seen: str) -> AsyncIterator[None]:
    """Run the job in a process until it has written an object whose row is not written yet; then kill it.

    seen: the condition of the rows that the job has written.
    """
    await database.execute("UPDATE images SET written_at = now() - interval '1 hour'")
    await database.execute(_HOLD.format(seen=seen))
    await database.execute("SELECT pg_advisory_lock($1)", LOCK)
    master_key = settings.master_key
    assert master_key
    environment = {
        "APISERVER_DATABASE_URL": settings.database_url.get_secret_value(),
        "APISERVER_IMAGE_STORE_URL": settings.image_store_url,
        "APISERVER_VECTORIZER_URLS": settings.vectorizer_urls,
        "APISERVER_MASTER_KEY": master_key.get_secret_value(),
    }
    module = "tests.integration.apiserver.encryption.job_process"
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, cwd=ROOT, env=environment)
    try:
        await until(lambda: database.fetchval(_IS_HELD, LOCK))
        yield
    finally:
        process.kill()
        await process.wait()
        await database.execute("SELECT pg_advisory_unlock($1)", LOCK)
        await database.execute("DROP TRIGGER hold ON images")


async def assert_shown(gateway: httpx.AsyncClient, shown: dict[str, bytes]) -> None:
    for path, content in shown.items():
        answer = await gateway.get(path)
        assert (answer.status_code, answer.content == content) == (200, True), path


async def test_encryption_that_is_killed_goes_on(serve, encrypting, jobs: Jobs):
    settings = under(encrypting)
    shown = await enrol(await serve(settings))
    gateway = await serve(encrypting)
    async with held_job(encrypting, jobs.database, "key_id IS NOT NULL"):
        await assert_shown(gateway, shown)
    # One object is encrypted whose row does not say so.
    assert sum(map(is_sealed, stored(settings).values())) == HELD + 1
    assert await jobs.database.fetchval("SELECT count(*) FROM images WHERE key_id IS NOT NULL") == HELD
    await assert_shown(gateway, shown)

    assert await jobs.encrypt(encrypting) == PEOPLE - HELD + PEOPLE
    assert all(map(is_sealed, stored(settings).values()))
    await assert_shown(gateway, shown)
    assert await jobs.encrypt(encrypting) == 0


async def test_a_rotation_that_is_killed_goes_on_and_keeps_the_old_key_until_then(serve, encrypting, jobs: Jobs):
    gateway = await serve(encrypting)
    shown = await enrol(gateway)
    old = await jobs.database.fetchval("SELECT key_id FROM directory_keys")
    async with resources_of(encrypting) as resources:
        await replace_key(resources.database, resources.images.keys.masters, "acme")
    await jobs.database.execute(
        "UPDATE directory_keys SET retired_at = now() - interval '1 hour' WHERE retired_at IS NOT NULL"
    )
    async with held_job(encrypting, jobs.database, f"key_id <> '{old}'"):
        await assert_shown(gateway, shown)
    new = await jobs.database.fetchval("SELECT key_id FROM directory_keys WHERE retired_at IS NULL")
    used = [key_id_of(content) for content in stored(encrypting).values()]
    assert (used.count(new), used.count(old)) == (HELD + 1, PEOPLE - HELD - 1)
    await assert_shown(gateway, shown)

    await jobs.encrypt(encrypting)
    assert {key_id_of(content) for content in stored(encrypting).values()} == {new}
    assert await jobs.database.fetchval("SELECT array_agg(key_id) FROM directory_keys") == [new]
    await assert_shown(gateway, shown)


async def test_a_new_master_key_that_is_half_in_use_is_taken_into_use_by_the_next_run(serve, settings, jobs: Jobs):
    """As after a kill between two directories: each is wrapped by the one key or the other."""
    old, new = new_key(), new_key()
    gateway = await serve(under(settings, old))
    urls = [await learned(gateway, "ann", directory, encoded(stranger(0))) for directory in ("acme", "other")]
    await allow_triggers(jobs.database)
    await jobs.database.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'killed'; END $$"
    )
    await jobs.database.execute(
        """
        CREATE TRIGGER fail BEFORE UPDATE ON directory_keys FOR EACH ROW WHEN (OLD.directory = 'other')
        EXECUTE FUNCTION fail()
        """
    )
    both = under(settings, new, old)
    with pytest.raises(InternalError):
        await jobs.encrypt(both)
    assert await jobs.database.fetchval("SELECT count(DISTINCT master_id) FROM directory_keys") == 2
    for url in urls:
        assert (await (await serve(both)).get(url)).is_success

    await jobs.database.execute("DROP TRIGGER fail ON directory_keys")
    await jobs.encrypt(both)
    alone = await serve(under(settings, new))
    assert [(await alone.get(url)).status_code for url in urls] == [200, 200]
