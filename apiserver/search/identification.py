"""Whom probes resemble: searches a directory in the ways that suit its size.

The graph misses people, so it declares nobody unknown: the scan decides about the probes that it finds nobody for.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pgvector import HalfVector

from apiserver.biometrics.face import Candidate, Embedding, Model
from apiserver.database import Connection, Database
from apiserver.directories.sizes import DirectorySize
from apiserver.search import statements as search_sql
from apiserver.search.codes import code
from apiserver.search.effort import Efforts
from apiserver.search.indexes import Indexed, Kind, condition, enqueue_build, valid_indexes
from apiserver.search.planning import Path, Plan, Scan, SwitchPoints, plan
from apiserver.search.statements import Scoring
from apiserver.storage.images import WRITE_ROW, ImageRow, write_row

_MAX_PROBES = 20
"""In one statement; the planner's work grows with their number."""
_WIDER = 8
_INDEXES_GOOD_SECONDS = 5.0
_MAX_KNOWN = 1_000
"""Large directories whose indexes are remembered."""
_SERIAL = "SET LOCAL max_parallel_workers_per_gather = 0"
_SCANNED = (
    f"{_SERIAL}; SET LOCAL min_parallel_index_scan_size = 0; SET LOCAL parallel_setup_cost = 0; "
    "SET LOCAL parallel_tuple_cost = 0; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
)

_Row = tuple[int, str, float]
"""The number of a probe from 1, a person, and their similarity."""

_exact_statement = cache(search_sql.exact)


@dataclass(frozen=True, slots=True)
class Search:
    """A search for the `persons` best of a directory under a model.

    match: the cosine from which the graph's candidate is taken as it is.
    """

    directory: str
    model: Model
    persons: int
    match: float
    scoring: Scoring = Scoring.MAX


class SearchResult(NamedTuple):
    """The candidates of a probe, best first, and how they were found."""

    candidates: list[Candidate]
    path: Path


class _Known(NamedTuple):
    kinds: frozenset[Kind]
    good_until: float


class Identification:
    """Searches directories for the persons whom probes resemble."""

    def __init__(self, database: Database, points: SwitchPoints, efforts: Efforts) -> None:
        self._database = database
        self._points = points
        self._efforts = efforts
        self._indexes: OrderedDict[Indexed, _Known] = OrderedDict()

    async def identify(
        self, search: Search, probes: Sequence[Embedding], size: DirectorySize, row: ImageRow | None = None
    ) -> list[SearchResult]:
        """Return the result for each probe in a directory of this size; write the row of an image if there is one.

        Raises DatabaseUnavailable.
        """
        effort = self._efforts.of((search.directory, search.model.id))
        async with self._database.connection() as connection:
            kinds: frozenset[Kind] = frozenset()
            if probes and size.faces >= self._points.index_faces // 2:  # between the two sizes it keeps its indexes
                kinds = await self._kinds(connection, search, size)
            chosen = plan(size, kinds, self._points, effort, scoring=search.scoring, persons=search.persons)
            if chosen.scan is None or not probes:
                return await _exact(connection, search, probes, row)
            if row:
                await connection.execute(WRITE_ROW, *row)
            return await _Run(connection, search, size).widely(probes, chosen, chosen.scan)

    async def exactly(self, search: Search, probe: Embedding) -> SearchResult:
        """Return the result of an exact search, however large the directory is. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection:
            [result] = await _exact(connection, search, [probe])
        return result

    async def _kinds(self, connection: Connection, search: Search, size: DirectorySize) -> frozenset[Kind]:
        """Return the indexes that the directory has; if it is large and has none, have them built."""
        indexed = Indexed(search.directory, search.model.id, search.model.dimension)
        known, now = self._indexes.get(indexed), asyncio.get_running_loop().time()
        if known and now < known.good_until:
            return known.kinds
        kinds = await valid_indexes(connection, indexed)
        if not kinds and size.faces >= self._points.index_faces:
            await enqueue_build(connection, indexed)
        self._indexes[indexed] = _Known(kinds, now + _INDEXES_GOOD_SECONDS)
        self._indexes.move_to_end(indexed)
        while len(self._indexes) > _MAX_KNOWN:
            self._indexes.popitem(last=False)
        return kinds


async def _exact(
    connection: Connection, search: Search, probes: Sequence[Embedding], row: ImageRow | None = None
) -> list[SearchResult]:
    if row and not probes:
        await connection.execute(WRITE_ROW, *row)
    results: list[SearchResult] = []
    for batch in _batches(probes):
        statement = _exact_statement(len(batch), search.scoring, also=write_row if row else None)
        rows = await connection.fetch(statement, *_parameters(search, batch), *(row or ()))
        results += _results(rows, len(batch), Path.EXACT)
        row = None  # it is written with the first batch
    return results


class _Run:
    """One search on one connection by the codes, and perhaps by the graph first."""

    def __init__(self, connection: Connection, search: Search, size: DirectorySize) -> None:
        self._connection = connection
        self._search = search
        self._size = size

    async def widely(self, probes: Sequence[Embedding], chosen: Plan, scan: Scan) -> list[SearchResult]:
        """Walk the graph if there is one, and scan for the probes about which it does not decide."""
        results: dict[int, SearchResult] = {}
        async with self._connection.transaction():
            if chosen.graph_candidates:
                walked = await self._walk(probes, chosen.graph_candidates)
                results = {number: result for number, result in enumerate(walked) if self._is_decided(result)}
            left = [number for number in range(len(probes)) if number not in results]
            results |= dict(zip(left, await self._scan([probes[number] for number in left], scan), strict=True))
            for times in (_WIDER, None):
                poor = [number for number in left if self._has_few(results[number])]
                again = [probes[number] for number in poor]
                if times:
                    wider = await self._scan(again, scan.wider(times))
                else:
                    wider = await _exact(self._connection, self._search, again)
                results |= dict(zip(poor, wider, strict=True))
        return [results[number] for number in range(len(probes))]

    def _is_decided(self, result: SearchResult) -> bool:
        candidates = result.candidates
        return bool(candidates) and candidates[0].similarity >= self._search.match and not self._has_few(result)

    def _has_few(self, result: SearchResult) -> bool:
        """Tell whether people are missing because others have many photographs."""
        return len(result.candidates) < min(self._search.persons, self._size.persons)

    async def _walk(self, probes: Sequence[Embedding], candidates: int) -> list[SearchResult]:
        await self._connection.execute(
            f"{_SERIAL}; SET LOCAL hnsw.ef_search = {min(candidates, 1000):d}; SET LOCAL enable_seqscan = off; "
            "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        results: list[SearchResult] = []
        for batch in _batches(probes):
            statement = search_sql.graph(
                len(batch), dimension=self._search.model.dimension, candidates=candidates, where=self._own_rows()
            )
            rows = await self._connection.fetch(statement, *_parameters(self._search, batch))
            results += _results(rows, len(batch), Path.GRAPH)
        await self._connection.execute("SET LOCAL enable_sort = on")
        return results

    async def _scan(self, probes: Sequence[Embedding], scan: Scan) -> list[SearchResult]:
        if not probes:
            return []
        where = self._own_rows() if scan.own_index else search_sql.WHERE
        await self._connection.execute(_SCANNED)
        coded = [(batch, [code(probe) for probe in batch]) for batch in _batches(probes)]
        near = [await self._distances(codes, scan, where) for _, codes in coded]
        if scan.workers:
            await self._connection.execute(f"SET LOCAL max_parallel_workers_per_gather = {scan.workers:d}")
        results: list[SearchResult] = []
        for (batch, codes), distances in zip(coded, near, strict=True):
            statement = search_sql.quantized(
                len(batch), self._search.scoring, candidates=scan.candidates, where=where, parts=scan.workers + 1
            )
            rows = await self._connection.fetch(statement, *_parameters(self._search, batch), *codes, *distances)
            results += _results(rows, len(batch), Path.QUANTIZED)
        return results

    async def _distances(self, codes: Sequence[object], scan: Scan, where: str) -> Iterable[float]:
        statement = search_sql.distances(len(codes), sample=scan.sample, rank=scan.rank, where=where)
        row: Iterable[float] = await self._connection.fetchrow(
            statement, self._search.directory, self._search.model.id, *codes
        )
        return row

    def _own_rows(self) -> str:
        return condition(self._search.directory, self._search.model.id)


def _parameters(search: Search, probes: Sequence[Embedding]) -> list[object]:
    return [search.directory, search.model.id, search.persons, *map(HalfVector, probes)]


def _results(rows: Iterable[_Row], probes: int, path: Path) -> list[SearchResult]:
    results = [SearchResult([], path) for _ in range(probes)]
    for number, person, similarity in rows:
        # Rounded to halves, an embedding's length is not quite one.
        results[number - 1].candidates.append(Candidate(person, max(-1.0, min(1.0, similarity))))
    return results


def _batches(probes: Sequence[Embedding]) -> Iterable[Sequence[Embedding]]:
    return (probes[first : first + _MAX_PROBES] for first in range(0, len(probes), _MAX_PROBES))
