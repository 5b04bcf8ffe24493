"""Servers of shards that end and start again under load, and directories that move to another one."""

import asyncio
import io
import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg
import pytest

from apiserver.access.binding import bound_to
from apiserver.database.opening import open_database
from apiserver.settings.settings import Settings
from tests.citus import WorkerServer
from tests.integration.apiserver.citus.conftest import Insistent, server_of
from tests.integration.apiserver.worker_process import working
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = [pytest.mark.timing, pytest.mark.usefixtures("citus")]

_MISCOUNTED = """
SELECT directory, person FROM persons WHERE face_count <> (
    SELECT count(*) FROM faces WHERE faces.directory = persons.directory AND faces.person = persons.person
)
"""

DIRECTORIES = [f"d{number}" for number in range(8)]


@asynccontextmanager
async def repeated(*calls: Callable[[], Awaitable[None]]) -> AsyncIterator[Counter[int]]:
    """Make each of the calls again and again for as long as the block lasts; yield how often, by their numbers."""
    rounds: Counter[int] = Counter()
    over = asyncio.Event()

    async def repeat(number: int, call: Callable[[], Awaitable[None]]) -> None:
        while not over.is_set():
            await call()
            rounds[number] += 1

    async with asyncio.TaskGroup() as tasks:
        for number, call in enumerate(calls):
            tasks.create_task(repeat(number, call))
        yield rounds
        over.set()


async def learn(call: Insistent, directory: str, person: str, photograph: bytes) -> None:
    form = {"directory": directory, "person": person}
    answer = await call("POST", "/learn", data=form, files={"file": photograph})
    assert answer.status_code in {200, 201}, answer.text


async def named(call: Insistent, directory: str, photograph: bytes) -> list[str | None]:
    answer = await call(
        "POST", "/recognize", data={"directory": directory, "keep": "false"}, files={"file": photograph}
    )
    assert answer.status_code == 201, answer.text
    return [person.get("id") for person in answer.json()["persons"]]


async def persons(call: Insistent, directory: str) -> set[str]:
    answer = await call("GET", f"/directories/{directory}/persons", params={"limit": 1000})
    assert answer.status_code == 200, answer.text
    return {person["person"] for person in answer.json()["items"]}


async def test_directories_of_a_killed_server_are_unavailable_and_the_others_served_and_nothing_is_lost(
    insistent: Insistent, database: asyncpg.Connection, worker_server: WorkerServer, ann, bob
):
    for directory in DIRECTORIES:
        await learn(insistent, directory, "ann", ann)
        await learn(insistent, directory, "p0", bob)
    there = {directory: await server_of(database, directory) == worker_server.address for directory in DIRECTORIES}
    assert set(there.values()) == {True, False}
    acknowledged: dict[str, set[str]] = {directory: {"ann", "p0"} for directory in DIRECTORIES}
    answers: Counter[tuple[str, int]] = Counter()

    def visitor(directory: str) -> Callable[[], Awaitable[None]]:
        async def visit() -> None:
            person = f"p{len(acknowledged[directory])}"
            put = await insistent.once("PUT", f"/directories/{directory}/persons/{person}", json={})
            if put.status_code in {200, 201, 412}:
                acknowledged[directory].add(person)
            form = {"directory": directory}
            calls = [
                put,
                await insistent.once("GET", f"/directories/{directory}/persons/ann"),
                await insistent.once("POST", "/learn", data={**form, "person": person}, files={"file": bob}),
                await insistent.once("POST", "/recognize", data=form, files={"file": ann}),
            ]
            answers.update((directory, answer.status_code) for answer in calls)
            assert {answer.status_code for answer in calls} <= {200, 201, 412, 503}, [answer.text for answer in calls]

        return visit

    async with repeated(*map(visitor, DIRECTORIES)) as rounds:
        await until(lambda: len(rounds) == len(DIRECTORIES))
        await asyncio.to_thread(worker_server.kill)
        down = Counter(rounds)
        await until(lambda: all(rounds[number] > down[number] + 5 for number in range(len(DIRECTORIES))))
        await asyncio.to_thread(worker_server.start)
        await until(lambda: all(answers[directory, 200] > 0 for directory in DIRECTORIES))
        recovered = Counter(answers)
        await until(lambda: all(answers[directory, 200] > recovered[directory, 200] for directory in DIRECTORIES))

    assert {directory: answers[directory, 503] > 0 for directory in DIRECTORIES} == there
    for directory in DIRECTORIES:
        assert acknowledged[directory] <= await persons(insistent, directory)
        assert await named(insistent, directory, ann) == ["ann"]
        await learn(insistent, directory, "bob", bob)


@pytest.fixture
async def isolated(database_url: str) -> AsyncIterator[Callable[[str], Awaitable[set[str]]]]:
    """Tells whose rows a bound connection sees in a statement that names no directory."""
    async with open_database(database_url, pool_size=1, timeout_seconds=60) as connections:

        async def seen(directory: str) -> set[str]:
            with bound_to(directory):
                async with connections.connection() as connection:
                    rows = await connection.fetch("SELECT directory FROM persons UNION SELECT directory FROM faces")
            return {row["directory"] for row in rows}

        yield seen


async def test_a_directory_is_moved_and_isolated_under_load(
    insistent: Insistent, database: asyncpg.Connection, isolated, ann
):
    for directory in DIRECTORIES:
        await learn(insistent, directory, "ann", ann)
    moving = DIRECTORIES[0]
    shared = "get_shard_id_for_distribution_column('directories', $1::text)"
    before = await database.fetchval(f"SELECT {shared}", moving)
    assert any([await database.fetchval(f"SELECT {shared}", directory) == before for directory in DIRECTORIES[1:]]), (
        "others are on its shard"
    )
    made: dict[str, set[str]] = {directory: {"ann"} for directory in DIRECTORIES}

    def visitor(directory: str) -> Callable[[], Awaitable[None]]:
        async def visit() -> None:
            person = f"p{len(made[directory])}"
            put = await insistent("PUT", f"/directories/{directory}/persons/{person}", json={})
            assert put.status_code in {200, 201, 412}, put.text
            made[directory].add(person)
            assert await named(insistent, directory, ann) == ["ann"]

        return visit

    async with repeated(*map(visitor, DIRECTORIES[:3])) as rounds:
        await until(lambda: len(rounds) == 3)
        home = await server_of(database, moving)
        [other] = {await server_of(database, directory) for directory in DIRECTORIES} - {home}
        host, port = other.split(":")
        await database.fetchval(
            "SELECT citus_move_shard_placement($1, nodename, nodeport, $2, $3) FROM pg_dist_shard_placement WHERE "
            "shardid = $1",
            before,
            host,
            int(port),
            timeout=PATIENCE_SECONDS,
        )
        assert await server_of(database, moving) == other
        moved = Counter(rounds)
        await until(lambda: all(rounds[number] > moved[number] for number in range(3)))
        await database.fetchval(
            "SELECT isolate_tenant_to_new_shard('directories', $1::text, 'CASCADE')", moving, timeout=PATIENCE_SECONDS
        )
        own = await database.fetchval(f"SELECT {shared}", moving)
        done = Counter(rounds)
        await until(lambda: all(rounds[number] > done[number] for number in range(3)))

    assert own != before
    for directory in DIRECTORIES:
        assert made[directory] <= await persons(insistent, directory)
        assert await named(insistent, directory, ann) == ["ann"]
        assert await isolated(directory) == {directory}
        assert own != await database.fetchval(f"SELECT {shared}", directory) or directory == moving


def zipped(photographs: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in photographs.items():
            archive.writestr(name, content)
    return buffer.getvalue()


async def finished(call: Insistent, job: str) -> dict[str, Any]:
    async def has_ended() -> bool:
        answer.update((await call("GET", f"/jobs/{job}")).json())
        return answer["state"] in {"done", "failed"}

    answer: dict[str, Any] = {}
    await until(has_ended)
    return answer


async def imported(call: Insistent, directory: str, photographs: dict[str, bytes]) -> list[str]:
    """Import people from an archive; return the outcomes."""
    files = {"file": ("people.zip", zipped(photographs))}
    started = await call("POST", f"/directories/{directory}/imports", files=files)
    assert started.status_code == 202, started.text
    job = started.json()["job"]
    assert (await finished(call, job))["state"] == "done"
    listed = await call("GET", f"/directories/{directory}/imports/{job}/outcomes")
    return [json.loads(line)["outcome"] for line in listed.text.splitlines()]


async def exported(call: Insistent, directory: str) -> set[str]:
    """Export a directory; return the persons in its bundle."""
    started = await call("POST", f"/directories/{directory}/exports", json={})
    assert started.status_code == 202, started.text
    job = started.json()["job"]
    assert (await finished(call, job))["state"] == "done"
    bundle = await call("GET", f"/directories/{directory}/exports/{job}/bundle")
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
        lines = archive.read("persons.jsonl").splitlines()
    return {json.loads(line)["person"] for line in lines}


class Album(NamedTuple):
    """Photographs of three people, two of the first."""

    ann: bytes
    ann_again: bytes
    bob: bytes
    cid: bytes


@pytest.fixture
def album(ann: bytes, ann_again: bytes, bob: bytes, cid: bytes) -> Album:
    return Album(ann, ann_again, bob, cid)


async def live(call: Insistent, directory: str, album: Album) -> None:
    """Live through the story of a directory: in the end it has Ann, and Dee, who was imported."""
    await learn(call, directory, "ann", album.ann)
    await learn(call, directory, "ann too", album.ann_again)
    await learn(call, directory, "bob", album.bob)
    assert await named(call, directory, album.bob) == ["bob"]
    merged = await call("POST", f"/directories/{directory}/persons/ann/merge", json={"from": ["ann too"]})
    assert merged.status_code in {200, 201, 404}, merged.text  # 404: what was refused had been done
    deleted = await call("DELETE", f"/directories/{directory}/persons/bob")
    assert deleted.status_code in {200, 202, 404}, deleted.text
    assert "bob" not in await named(call, directory, album.bob)
    assert set(await imported(call, directory, {"dee/1.jpg": album.cid})) <= {"created", "known"}
    assert await exported(call, directory) == {"ann", "dee"}


@pytest.fixture
async def working_here(settings: Settings) -> AsyncIterator[None]:
    async with working(settings):
        yield


@pytest.mark.usefixtures("working_here")
async def test_the_story_of_directories_ends_well_though_a_server_is_killed_in_the_middle(
    insistent: Insistent, database: asyncpg.Connection, worker_server: WorkerServer, album: Album
):
    gone = "gone"
    await learn(insistent, gone, "ann", album.ann)
    async with asyncio.TaskGroup() as tasks:
        for directory in DIRECTORIES:
            tasks.create_task(live(insistent, directory, album))
        await until(lambda: _has_begun(database))
        await asyncio.to_thread(worker_server.kill)
        seen = insistent.refused
        await until(lambda: insistent.refused > seen)
        await asyncio.to_thread(worker_server.start)
        assert (await insistent("DELETE", f"/directories/{gone}")).status_code in {200, 202}

    for directory in DIRECTORIES:
        assert await persons(insistent, directory) == {"ann", "dee"}
        assert await named(insistent, directory, album.ann) == ["ann"]
        assert await named(insistent, directory, album.cid) == ["dee"]
        assert await named(insistent, directory, album.bob) == [None]
    assert (await insistent("GET", f"/directories/{gone}")).status_code == 404
    assert await database.fetch(_MISCOUNTED) == []


async def _has_begun(database: asyncpg.Connection) -> bool:
    """Return whether somebody was merged already, so that all sorts of calls are running."""
    return bool(await database.fetchval("SELECT count(*) FROM merges"))
