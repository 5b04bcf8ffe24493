"""Whom probes resemble: runs the searches of a directory in the order that its size asks for.

Nobody is called unknown by the graph, which misses people: what it does not find, the scan decides.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pgvector import HalfVector

from apiserver import search_sql
from apiserver.database import Connection, Database
from apiserver.directory_sizes import DirectorySize, DirectorySizes
from apiserver.faces import Candidate, Model, Probe
from apiserver.image_store import WRITE_ROW, ImageRow, write_row
from apiserver.search_codes import code
from apiserver.search_effort import Efforts
from apiserver.search_index import Indexed, Kind, ask_for_build, condition, valid_indexes
from apiserver.search_paths import Path, Plan, Scan, SwitchPoints, plan
from apiserver.search_sql import Scoring

_MOST_PROBES = 20
"""In one statement; the planner's work grows with them."""
_WIDER = 8
_INDEXES_GOOD_SECONDS = 5.0
_MOST_KNOWN = 1_000
"""Large directories whose indexes are remembered."""
_SERIAL = "SET LOCAL max_parallel_workers_per_gather = 0"
_SCANNED = (
    f"{_SERIAL}; SET LOCAL min_parallel_index_scan_size = 0; SET LOCAL parallel_setup_cost = 0; "
    "SET LOCAL parallel_tuple_cost = 0; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
)


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked: the `persons` best of a directory under a model. From the cosine `match` on, a hit is decided."""

    directory: str
    model: Model
    persons: int
    match: float
    scoring: Scoring = Scoring.MAX


class Found(NamedTuple):
    """Whom a probe resembles, best first, and how they were found."""

    candidates: list[Candidate]
    path: Path


class _Known(NamedTuple):
    kinds: frozenset[Kind]
    good_until: float


class Identification:
    """Searches the galleries."""

    def __init__(self, database: Database, sizes: DirectorySizes, points: SwitchPoints, efforts: Efforts) -> None:
        self._database = database
        self._sizes = sizes
        self._points = points
        self._efforts = efforts
        self._indexes: OrderedDict[Indexed, _Known] = OrderedDict()

    async def identify(self, search: Search, faces: Sequence[Probe], image: ImageRow | None = None) -> list[Found]:
        """Return for each face whom it resembles; the row of the image is written as well if one is given.

        Raises DatabaseUnavailable.
        """
        size = await self._sizes.of(search.directory, search.model.id) if faces else DirectorySize(0, 0)
        effort = self._efforts.of((search.directory, search.model.id))
        async with self._database.connection() as connection:
            kinds = await self._kinds(connection, search, size)
            chosen = plan(size, kinds, self._points, effort, scoring=search.scoring, persons=search.persons)
            run = _Run(connection, search, size)
            if chosen.scan is None:
                return await run.exact(faces, image)
            if image:
                await connection.execute(WRITE_ROW, *image)
            return await run.widely(faces, chosen, chosen.scan)

    async def exactly(self, search: Search, face: Probe) -> Found:
        """Return what an exact search finds, however large the directory is. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection:
            [found] = await _Run(connection, search, DirectorySize(0, 0)).exact([face], None)
        return found

    async def _kinds(self, connection: Connection, search: Search, size: DirectorySize) -> frozenset[Kind]:
        """Return which indexes the directory has, and have them built where it should have them and has not."""
        if size.faces < self._points.index_faces // 2:  # between the two sizes it keeps those it has
            return frozenset()
        indexed = Indexed(search.directory, search.model.id, search.model.dimension)
        known, now = self._indexes.get(indexed), asyncio.get_running_loop().time()
        if known and now < known.good_until:
            return known.kinds
        kinds = await valid_indexes(connection, indexed)
        if not kinds and size.faces >= self._points.index_faces:
            await ask_for_build(connection, indexed)
        self._indexes[indexed] = _Known(kinds, now + _INDEXES_GOOD_SECONDS)
        self._indexes.move_to_end(indexed)
        while len(self._indexes) > _MOST_KNOWN:
            self._indexes.popitem(last=False)
        return kinds


class _Run:
    """One search on one connection."""

    def __init__(self, connection: Connection, search: Search, size: DirectorySize) -> None:
        self._connection = connection
        self._search = search
        self._size = size

    async def exact(self, faces: Sequence[Probe], image: ImageRow | None) -> list[Found]:
        if image and not faces:
            await self._connection.execute(WRITE_ROW, *image)
        found: list[Found] = []
        for batch in _batches(faces):
            also = write_row if image else None
            statement = search_sql.exact(len(batch), self._search.scoring, also=also)
            found += _found(await self._fetch(statement, batch, image or ()), len(batch), Path.EXACT)
            image = None
        return found

    async def widely(self, faces: Sequence[Probe], chosen: Plan, scan: Scan) -> list[Found]:
        """Walk the graph if there is one, and scan for the faces about which it does not decide."""
        found: dict[int, Found] = {}
        async with self._connection.transaction():
            if chosen.graph_candidates:
                walked = await self._walk(faces, chosen.graph_candidates)
                found = {number: one for number, one in enumerate(walked) if self._is_decided(one)}
            left = [number for number in range(len(faces)) if number not in found]
            found |= dict(zip(left, await self._scan([faces[number] for number in left], scan), strict=True))
            for times in (_WIDER, None):
                poor = [number for number in left if self._has_few(found[number])]
                again = [faces[number] for number in poor]
                harder = await self._scan(again, scan.wider(times)) if times else await self.exact(again, None)
                found |= dict(zip(poor, harder, strict=True))
        return [found[number] for number in range(len(faces))]

    def _is_decided(self, found: Found) -> bool:
        return (
            bool(found.candidates) and found.candidates[0].similarity >= self._search.match and not self._has_few(found)
        )

    def _has_few(self, found: Found) -> bool:
        """Tell whether people are left out because others have so many photographs."""
        return len(found.candidates) < min(self._search.persons, self._size.persons)

    async def _walk(self, faces: Sequence[Probe], candidates: int) -> list[Found]:
        await self._connection.execute(
            f"{_SERIAL}; SET LOCAL hnsw.ef_search = {min(candidates, 1000):d}; SET LOCAL enable_seqscan = off; "
            "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        found: list[Found] = []
        for batch in _batches(faces):
            statement = search_sql.graph(
                len(batch), dimension=self._search.model.dimension, candidates=candidates, where=self._own_rows()
            )
            found += _found(await self._fetch(statement, batch), len(batch), Path.GRAPH)
        await self._connection.execute("SET LOCAL enable_sort = on")
        return found

    async def _scan(self, faces: Sequence[Probe], scan: Scan) -> list[Found]:
        if not faces:
            return []
        where = self._own_rows() if scan.own_index else search_sql.WHERE
        await self._connection.execute(_SCANNED)
        coded = [(batch, [code(face.embedding) for face in batch]) for batch in _batches(faces)]
        near = [await self._distances(codes, scan, where) for _, codes in coded]
        if scan.workers:
            await self._connection.execute(f"SET LOCAL max_parallel_workers_per_gather = {scan.workers:d}")
        found: list[Found] = []
        for (batch, codes), distances in zip(coded, near, strict=True):
            statement = search_sql.quantized(
                len(batch), self._search.scoring, candidates=scan.candidates, where=where, parts=scan.workers + 1
            )
            found += _found(await self._fetch(statement, batch, [*codes, *distances]), len(batch), Path.QUANTIZED)
        return found

    async def _distances(self, codes: Sequence[object], scan: Scan, where: str) -> Iterable[float]:
        statement = search_sql.distances(len(codes), sample=scan.sample, rank=scan.rank, where=where)
        row: Iterable[float] = await self._connection.fetchrow(
            statement, self._search.directory, self._search.model.id, *codes
        )
        return row

    def _own_rows(self) -> str:
        return condition(self._search.directory, self._search.model.id)

    async def _fetch(
        self, statement: str, faces: Sequence[Probe], more: Iterable[object] = ()
    ) -> list[tuple[int, str, float]]:
        probes = [HalfVector(face.embedding) for face in faces]
        search = self._search
        rows: list[tuple[int, str, float]] = await self._connection.fetch(
            statement, search.directory, search.model.id, search.persons, *probes, *more
        )
        return rows


def _found(rows: Iterable[tuple[int, str, float]], probes: int, path: Path) -> list[Found]:
    found = [Found([], path) for _ in range(probes)]
    for number, person, similarity in rows:
        # Rounded to halves, an embedding's length is not quite one.
        found[number - 1].candidates.append(Candidate(person, max(-1.0, min(1.0, similarity))))
    return found


def _batches(faces: Sequence[Probe]) -> Iterable[Sequence[Probe]]:
    return (faces[first : first + _MOST_PROBES] for first in range(0, len(faces), _MOST_PROBES))
