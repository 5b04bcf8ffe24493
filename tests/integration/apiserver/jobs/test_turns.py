"""Jobs of several directories: none keeps the others waiting."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterable
from typing import Any

import asyncpg
import httpx
import pytest

from apiserver.access.grants import EVERYWHERE, Grant, set_current_grant
from apiserver.access.scopes import Scope
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.jobs.records import enqueue
from apiserver.jobs.turns import Turn
from apiserver.settings.settings import Settings
from tests.gate import gate_before
from tests.integration.apiserver.conftest import Serve, encoded, on_grey
from tests.integration.apiserver.worker_process import working
from tests.photographs import CLEAR_STRANGERS, stranger
from tests.waiting import until

_IDS = "SELECT number FROM jobs WHERE job = $1"
_FINISHED = """
SELECT directory FROM jobs JOIN procrastinate_events ON job_id = number AND type = 'succeeded'
WHERE job = ANY ($1) ORDER BY at
"""


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


async def begin(database: asyncpg.Connection, kind: str = "count") -> int | None:
    worker = await database.fetchval("SELECT * FROM procrastinate_register_worker_v1()")
    number: int | None = await database.fetchval("SELECT id FROM procrastinate_fetch_job_v2($1, $2)", [kind], worker)
    return number


async def end(database: asyncpg.Connection, number: int | None) -> None:
    await database.execute("SELECT procrastinate_finish_job_v1($1, 'succeeded', false)", number)


async def put_back(database: asyncpg.Connection, number: int | None) -> None:
    await database.execute("SELECT procrastinate_retry_job_v2($1, now(), NULL, NULL, NULL)", number)


async def numbers(database: asyncpg.Connection, directories: Iterable[str], **options: Any) -> list[int]:
    """Enqueue a job for each directory, and return their numbers."""
    jobs = [await enqueue(database, "count", directory=directory, **options) for directory in directories]
    return [await database.fetchval(_IDS, job) for job in jobs]


@pytest.mark.parametrize("exclusive", [True, False])
async def test_directories_take_turns_however_many_jobs_they_have(database, exclusive):
    jobs = await numbers(database, "aaabbc", exclusive=exclusive)
    begun: list[int | None] = []
    for _ in jobs:
        begun.append(await begin(database))
        await end(database, begun[-1])
    assert begun == [jobs[n] for n in (0, 3, 5, 1, 4, 2)]


async def test_keys_take_turns_however_many_directories_they_have(database):
    jobs: list[int] = []
    for directory, key in zip("abcdef", ("one", "one", "one", "other", "other", "third"), strict=True):
        set_current_grant(Grant(f"key:{key}", frozenset(Scope), EVERYWHERE, key))
        jobs += await numbers(database, directory)
    begun: list[int | None] = []
    for _ in jobs:
        begun.append(await begin(database))
        await end(database, begun[-1])
    assert begun == [jobs[n] for n in (0, 3, 5, 1, 4, 2)]


async def test_a_directory_that_comes_later_waits_for_one_turn_of_each_other_one(database):
    await numbers(database, "aaaa")
    for _ in range(2):
        await end(database, await begin(database))
    third = await begin(database)
    [late] = await numbers(database, "b")
    await end(database, third)
    assert await begin(database) == late


async def test_a_turn_is_over_only_if_another_directory_waits(connections, database):
    long, same = await numbers(database, "aa")
    assert await begin(database) == long
    turn = Turn(connections, long, 0)
    assert [await turn.is_over() for _ in range(3)] == [False] * 3, "only its own directory's job waits"

    [other] = await numbers(database, "b")
    assert await turn.is_over()
    await put_back(database, long)
    assert await begin(database) == other
    await end(database, other)
    assert [await begin(database), await begin(database)] == [long, None], "the same directory's job comes after it"
    await end(database, long)
    assert await begin(database) == same


async def test_a_job_that_must_wait_for_its_time_or_its_directory_does_not_interrupt_another(connections, database):
    [long] = await numbers(database, "a")
    assert await begin(database) == long
    await numbers(database, "b", not_before=await database.fetchval("SELECT now() + interval '1 hour'"))
    await enqueue(database, "index", directory="c")
    assert await begin(database, "index")
    await numbers(database, "c")
    turn = Turn(connections, long, 0)
    assert [await turn.is_over() for _ in range(3)] == [False] * 3


async def test_a_long_turn_is_not_interrupted(connections, database):
    [long, _] = await numbers(database, "ab")
    assert await begin(database) == long
    turn = Turn(connections, long, 3600)
    assert [await turn.is_over() for _ in range(3)] == [False] * 3


def photographs(number: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for n in range(number):
            again, who = divmod(n, len(CLEAR_STRANGERS))
            image = on_grey(stranger(CLEAR_STRANGERS[who]).resize((200 + again, 200)))
            archive.writestr(f"p{n:02}/1.jpg", encoded(image))
    return buffer.getvalue()


async def start_import(gateway: httpx.AsyncClient, directory: str, archive: bytes) -> str:
    answer = await gateway.post(f"/directories/{directory}/imports", files={"file": ("people.zip", archive)})
    return str(answer.json()["job"])


async def state(gateway: httpx.AsyncClient, job: str) -> str:
    return str((await gateway.get(f"/jobs/{job}")).json()["state"])


@pytest.mark.timing
async def test_long_imports_hold_up_nobody_s_exports_deletions_and_imports(
    serve: Serve, settings: Settings, database: asyncpg.Connection, ann: bytes, bob: bytes
) -> None:
    """One job of a kind runs at a time, and the photographs of imports are held until the rest is done."""
    gateway = await serve(settings)
    for person, photo in (("ann", ann), ("bob", bob)):
        await gateway.post("/learn", data={"person": person, "directory": "small"}, files={"file": photo})
    await database.execute("UPDATE images SET written_at = now() - interval '1 hour'")
    with gate_before(settings.vectorizer_urls, 0) as gate:
        changes = {"vectorizer_urls": gate.url, "worker_jobs": 1, "job_turn_seconds": 0, "import_concurrency": 1}
        async with working(settings.model_copy(update=changes)):
            large = [await start_import(gateway, directory, photographs(8)) for directory in ("large", "huge")]
            await until(lambda: gate.held)

            receipt = (await gateway.delete("/directories/small/persons/ann")).json()
            export = (await gateway.post("/directories/small/exports")).json()["job"]

            async def done() -> bool:
                finished = (await gateway.get(f"/deletions/{receipt['deletion']}")).json()["finished_at"]
                return bool(finished) and await state(gateway, export) == "done"

            await until(done)
            assert [await state(gateway, job) for job in large] == ["running", "waiting"]

            small = await start_import(gateway, "small", photographs(1))
            gate.open()
            jobs = [*large, small]
            await until(lambda: _all_done(gateway, jobs))

    assert await database.fetchval(_FINISHED, jobs) == "small", "the first one that ended"
    counts = dict(await database.fetch("SELECT directory, count(*) FROM faces GROUP BY directory"))
    assert counts == {"large": 8, "huge": 8, "small": 2}


async def _all_done(gateway: httpx.AsyncClient, jobs: list[str]) -> bool:
    return set(await asyncio.gather(*(state(gateway, job) for job in jobs))) == {"done"}
