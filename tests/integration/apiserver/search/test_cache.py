"""Codes in memory: never a missed face, never a deleted one, whatever changes while they grow old."""

import asyncio
import contextlib
import random
from uuid import UUID, uuid4

import asyncpg
import numpy as np
import pytest
from pgvector import HalfVector

from apiserver.access.binding import bound_to
from apiserver.background import background
from apiserver.biometrics.model import Calibration, Model, Scoring, Thresholds
from apiserver.database.opening import open_database
from apiserver.database.pool import Pooler
from apiserver.directories.sizes import DirectorySize, DirectorySizes
from apiserver.search.cache import CodeCache, Outcome
from apiserver.search.changes import forget_changes
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.search.indexes import Indexed, Kind, build, drop_graph, valid_indexes
from apiserver.search.planning import SwitchPoints
from tests.citus import COORDINATOR
from tests.waiting import until

pytestmark = pytest.mark.skipif(bool(COORDINATOR), reason="on several servers, no codes are kept in memory")

DIMENSION = 64
POINTS = SwitchPoints(0, 10**9, 200, 0, 0, cache_bytes=10**6)
MODEL = Model("model", DIMENSION, Calibration(20, -8), Thresholds(0.6, 0.4))
ENROL = """
INSERT INTO faces (face, directory, person, model, embedding, crop, box, score, image_sha256)
VALUES ($1, $2, $3, 'model', $4, '', '{0,0,1,1}', 0.9, sha256($1::uuid::text::bytea))
"""


PEOPLE = 20


def unit_vectors(count, seed):
    vectors = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=8, timeout_seconds=60) as database:
        async with database.connection() as connection:
            for directory in ("acme", "other"):
                await connection.execute("INSERT INTO directories VALUES ($1)", directory)
                people = [f"person {number}" for number in range(PEOPLE)]
                await connection.execute("INSERT INTO persons SELECT $1, unnest($2::text[])", directory, people)
        yield database


@pytest.fixture
async def session(database_url):
    """Opens further sessions of PostgreSQL."""
    async with contextlib.AsyncExitStack() as stack:

        async def session():
            connection = await asyncpg.connect(database_url)
            stack.push_async_callback(connection.close)
            await connection.set_type_codec(
                "halfvec",
                schema="public",
                encoder=HalfVector.to_binary,
                decoder=HalfVector.from_binary,
                format="binary",
            )
            return connection

        yield session


class Gateway:
    """A gateway's searches and its codes in memory."""

    def __init__(self, database, points=POINTS):
        self.codes = CodeCache(database, points)
        self._identification = Identification(database, points, Efforts(0), self.codes)
        self._sizes = DirectorySizes(database)

    async def load(self, directory="acme"):
        assert await self.codes.load(Indexed(directory, "model", DIMENSION), 1)

    async def find(self, *probes, directory="acme", size=None, **terms):
        """The persons of each probe who are more similar than strangers are, best first."""
        search = Search(directory, MODEL, 3, 0.6, **terms)
        size = size or await self._sizes.counted(directory, "model")
        results = await self._identification.identify(search, [list(probe) for probe in probes], size)
        return [[each.person for each in result.candidates if each.similarity > 0.9] for result in results]


async def enrol(connection, person, vector, face=None, directory="acme"):
    face = face or uuid4()
    await connection.execute(ENROL, face, directory, person, HalfVector(vector))
    return face


class Changes:
    """Random changes of faces by sessions whose transactions end in any order, and what is committed of them."""

    def __init__(self, sessions):
        self.rng = random.Random(1)
        self.shown: dict[UUID, tuple[str, np.ndarray]] = {}
        self.removed: list[np.ndarray] = []
        self._vectors = iter(unit_vectors(1000, 1))
        self._idle = sessions
        self._open: list[tuple[asyncpg.Connection, UUID, str | None, np.ndarray]] = []

    async def step(self):
        """Begin a transaction, or end one of those that are open."""
        if self._open and (not self._idle or self.rng.random() < 0.5):
            await self._end(*self._open.pop(self.rng.randrange(len(self._open))))
        else:
            session = self._idle.pop()
            await session.execute("BEGIN")
            self._open.append((session, *await self._change(session)))

    async def _end(self, session, face, person, vector):
        self._idle.append(session)
        if self.rng.random() < 0.3:
            await session.execute("ROLLBACK")
            return
        await session.execute("COMMIT")
        if old := self.shown.pop(face, None):
            self.removed.append(old[1])
        if person:
            self.shown[face] = (person, vector)

    async def _change(self, session):
        """Change a face that nobody else changes; return it, its person unless it is deleted, and its embedding.

        Nor does anybody else change faces of its people, whose rows count them.
        """
        open_faces = {face for _, face, _, _ in self._open}
        locked = {person for _, _, person, _ in self._open} | {
            self.shown[face][0] for face in open_faces if face in self.shown
        }
        person = self.rng.choice([name for name in map("person {}".format, range(PEOPLE)) if name not in locked])
        free = [face for face, (whose, _) in self.shown.items() if face not in open_faces and whose not in locked]
        if len(free) < 10 or self.rng.random() < 0.2:
            return await self._enrol(session, person)
        change = self.rng.choice([self._delete, self._move, self._embed, self._restore])
        return await change(session, person, self.rng.choice(free))

    async def _enrol(self, session, person):
        vector = next(self._vectors)
        face = UUID(int=self.rng.randrange(8) << 96 | uuid4().int & (1 << 96) - 1)  # the log takes many for one
        return await enrol(session, person, vector, face), person, vector

    async def _delete(self, session, _, face):
        await session.execute("DELETE FROM faces WHERE directory = 'acme' AND face = $1", face)
        return face, None, self.shown[face][1]

    async def _move(self, session, person, face):
        await session.execute("UPDATE faces SET person = $2 WHERE directory = 'acme' AND face = $1", face, person)
        return face, person, self.shown[face][1]

    async def _embed(self, session, _, face):
        vector = next(self._vectors)
        half = HalfVector(vector)
        await session.execute("UPDATE faces SET embedding = $2 WHERE directory = 'acme' AND face = $1", face, half)
        return face, self.shown[face][0], vector

    async def _restore(self, session, person, face):
        _, _, vector = await self._delete(session, person, face)
        return await enrol(session, person, vector, face), person, vector


async def test_what_is_committed_is_found_and_nothing_else_however_old_the_codes_are(connections, session):
    changes = Changes([await session() for _ in range(5)])
    gateways = [Gateway(connections) for _ in range(3)]
    for number in range(250):
        await changes.step()
        for gateway in gateways[:1] if number == 40 else gateways if number == 80 else []:
            await gateway.load()
        if number > 80:
            if changes.rng.random() < 0.3:
                await changes.rng.choice(gateways).codes.refresh()
            asked = changes.rng.sample(list(changes.shown.values()), 5)
            gone = [
                vector for vector in changes.removed[-5:] if not any(vector is of for _, of in changes.shown.values())
            ]
            expected = [*([person] for person, _ in asked), *([] for _ in gone)]
            for gateway in gateways:
                assert await gateway.find(*(vector for _, vector in asked), *gone) == expected
    assert len(changes.removed) > 20
    assert {Outcome.USED: 169} == gateways[0].codes.outcomes == gateways[1].codes.outcomes == gateways[2].codes.outcomes


@pytest.mark.timing
async def test_codes_follow_while_people_come_and_go(connections):
    """Whoever was enrolled is found at once, and whoever was deleted is not, by a gateway that works as usual."""
    gateway, vectors = Gateway(connections), unit_vectors(120, 3)
    async with connections.connection() as connection:
        for number, vector in enumerate(unit_vectors(4, 4), 5):
            await enrol(connection, f"person {number}", vector)
    await gateway.load()

    async def come_and_go(person, mine):
        for vector in mine:
            async with connections.connection() as connection:
                face = await enrol(connection, person, vector)
            assert await gateway.find(vector) == [[person]]
            async with connections.connection() as connection:
                await connection.execute("DELETE FROM faces WHERE directory = 'acme' AND face = $1", face)
            assert await gateway.find(vector) == [[]]
            await gateway.codes.refresh()

    async with background(gateway.codes.run()), asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(come_and_go(f"person {number}", vectors[30 * number : 30 * number + 30]))
    assert gateway.codes.outcomes == {Outcome.USED: 240}


@pytest.mark.timing
async def test_a_search_has_the_codes_read_and_the_code_of_a_deleted_face_leaves_the_memory(connections):
    gateway, [kept, deleted] = Gateway(connections), unit_vectors(2, 5)
    async with connections.connection() as connection:
        await enrol(connection, "person 1", kept)
        face = await enrol(connection, "person 2", deleted)
    indexed = Indexed("acme", "model", DIMENSION)

    def codes():
        cached = gateway.codes.of(indexed, 2)
        return {code.tobytes() for code in cached.view.codes} if cached else set()

    async with background(gateway.codes.run()):
        assert await gateway.find(deleted) == [["person 2"]]
        await until(lambda: len(codes()) == 2)
        async with connections.connection() as connection:
            await connection.execute("DELETE FROM faces WHERE directory = 'acme' AND face = $1", face)
        await until(lambda: np.packbits(deleted > 0).tobytes() not in codes())
        assert np.packbits(kept > 0).tobytes() in codes()

        async with connections.connection() as connection:
            await connection.execute("DELETE FROM faces WHERE directory = 'acme'")
            await connection.execute("DELETE FROM persons WHERE directory = 'acme'")
            await connection.execute("DELETE FROM directories WHERE directory = 'acme'")
        await until(lambda: gateway.codes.directories == 0)


@pytest.mark.parametrize("pooler", Pooler)
async def test_only_the_directory_of_the_task_is_searched(database_url, connections, pooler):
    vectors = unit_vectors(2, 15)
    async with connections.connection() as connection:
        for vector, directory in zip(vectors, ("acme", "other"), strict=True):
            await enrol(connection, "person 1", vector, directory=directory)
    async with open_database(database_url, pool_size=4, timeout_seconds=60, pooler=pooler) as database:
        gateway = Gateway(database)
        await gateway.load()
        async with connections.connection() as connection:
            await enrol(connection, "person 2", vectors[1])
        with bound_to("acme"):
            assert await gateway.find(*vectors) == [["person 1"], ["person 2"]]
        await gateway.codes.refresh()
        with bound_to("acme"):
            assert await gateway.find(*vectors) == [["person 1"], ["person 2"]]
        assert gateway.codes.outcomes == {Outcome.USED: 2}
        with bound_to("other"):
            assert await gateway.find(*vectors, size=DirectorySize(2, 2)) == [[], []]


LOST = {
    "a crash, which empties unlogged tables": "TRUNCATE face_logs, face_changes",
    "another server": "UPDATE face_logs SET epoch = gen_random_uuid()",
    "changes that were forgotten": "UPDATE face_logs SET forgotten_before = pg_current_xact_id()",
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
async def test_codes_are_not_trusted_after(connections, database, lost):
    gateway, [before, after] = Gateway(connections), unit_vectors(2, 6)
    async with connections.connection() as connection:
        await enrol(connection, "person 1", before)
        await gateway.load()
        await enrol(connection, "person 2", after)
    await database.execute(lost)
    await database.execute("DELETE FROM face_changes")

    assert await gateway.find(before, after) == [["person 1"], ["person 2"]]
    assert (gateway.codes.outcomes, gateway.codes.directories) == ({Outcome.EXPIRED: 1}, 0)
    await gateway.load()
    assert await gateway.find(before, after) == [["person 1"], ["person 2"]]
    assert gateway.codes.outcomes[Outcome.USED] == 1


async def test_changes_are_forgotten_when_no_codes_lack_them(connections, database):
    gateway, vectors = Gateway(connections), unit_vectors(3, 7)
    async with connections.connection() as connection:
        await enrol(connection, "person 1", vectors[0])
        await enrol(connection, "person 1", vectors[0], directory="other")
    await gateway.load()
    async with connections.connection() as connection:
        await enrol(connection, "person 2", vectors[1])

    async def left():
        await forget_changes(connections)
        rows = await database.fetch("SELECT directory, count(*) FROM face_changes GROUP BY directory")
        return {row["directory"]: row["count"] for row in rows}

    assert await left() == {"acme": 2}  # nobody keeps codes of the other directory
    later = "UPDATE face_logs SET marked_at = now() - interval '1 hour'"
    await database.execute(later)
    assert await left() == {"acme": 1}  # that of before anybody kept codes
    assert await gateway.find(vectors[1]) == [["person 2"]]
    async with connections.connection() as connection:
        await enrol(connection, "person 3", vectors[2])
    await database.execute(later)
    assert await left() == {"acme": 1}
    assert await gateway.find(*vectors) == [["person 1"], ["person 2"], ["person 3"]]
    assert gateway.codes.outcomes == {Outcome.USED: 1, Outcome.EXPIRED: 1}


async def test_too_many_changes_are_left_to_a_scan_until_the_codes_have_them(connections):
    gateway, vectors = Gateway(connections), unit_vectors(1200, 8)
    await gateway.load()
    async with connections.connection() as connection, connection.transaction():
        for vector in vectors:
            await enrol(connection, "person 1", vector)
    assert await gateway.find(vectors[-1]) == [["person 1"]]
    await gateway.codes.refresh()
    assert await gateway.find(vectors[-1]) == [["person 1"]]
    assert gateway.codes.outcomes == {Outcome.BEHIND: 1, Outcome.USED: 1}


async def test_the_memory_is_bounded(connections):
    vectors = unit_vectors(40, 9)
    async with connections.connection() as connection:
        for directory in ("acme", "other"):
            for vector in vectors:
                await enrol(connection, "person 1", vector, directory=directory)
    of_one = 40 * (16 + DIMENSION // 8)
    enough = int(2.25 * of_one) + 1
    both = [Indexed(directory, "model", DIMENSION) for directory in ("acme", "other")]

    def gateway(max_bytes):
        return Gateway(connections, SwitchPoints(0, 10**9, 200, 0, 0, cache_bytes=max_bytes))

    large, small, none = gateway(enough), gateway(2 * of_one - 1), gateway(0)
    assert [await large.codes.load(each, 40) for each in both] == [True, True]
    assert [await small.codes.load(each, 40) for each in both] == [True, False]  # the first is in use
    assert [await none.codes.load(each, 40) for each in both] == [False, False]
    assert [each.codes.size_bytes for each in (large, small, none)] == [2 * of_one, of_one, 0]
    for each in (large, small, none):
        assert await each.find(vectors[0], directory="other") == [["person 1"]]

    async with connections.connection() as connection:
        for vector in unit_vectors(20, 10):
            await enrol(connection, "person 2", vector)
    await large.codes.refresh()
    assert (large.codes.directories, large.codes.size_bytes <= enough) == (1, True)


async def test_a_person_with_many_photographs_hides_nobody(connections):
    gateway, [ann] = Gateway(connections), unit_vectors(1, 11)
    crowd = 0.9 * ann + 0.43 * unit_vectors(400, 12)
    async with connections.connection() as connection, connection.transaction():
        for vector in crowd:
            await enrol(connection, "person 1", vector / np.linalg.norm(vector))
        for number, vector in enumerate(unit_vectors(8, 13), 2):
            await enrol(connection, f"person {number}", vector)
    await gateway.load()
    for scoring in Scoring:
        search = Search("acme", MODEL, 5, 0.6, scoring)
        size = await DirectorySizes(connections).counted("acme", "model")
        [found] = await gateway._identification.identify(search, [ann.tolist()], size)
        assert (found.candidates[0].person, len(found.candidates)) == ("person 1", 5)


async def test_a_directory_with_codes_in_memory_gets_no_graph(connections, database):
    points = SwitchPoints(0, 1, 200, 100, 0, cache_bytes=10**6)
    async with connections.connection() as connection:
        await enrol(connection, "person 1", unit_vectors(1, 14)[0])
    await Gateway(connections, points).find(unit_vectors(1, 14)[0])
    [arguments] = await database.fetch("SELECT args -> 'graph' AS graph FROM procrastinate_jobs")
    assert arguments["graph"] == "false"

    indexed = Indexed("acme", "model", DIMENSION)

    async def ignore(_) -> None:
        pass

    await build(connections, indexed, ignore, [Kind.CODES])
    assert await valid_indexes(connections, indexed) == {Kind.CODES}
    await build(connections, indexed, ignore)
    await drop_graph(connections, indexed)
    assert await valid_indexes(connections, indexed) == {Kind.CODES}
