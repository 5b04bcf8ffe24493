"""Searches a directory for the persons who resemble probes, by the path that suits its size.

The graph misses persons, so it alone declares no probe unknown: a scan decides about those that it finds no match for.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import NamedTuple

from cachetools import TTLCache
from pgvector import HalfVector

from apiserver.biometrics.face import Candidate, Embedding
from apiserver.biometrics.model import Model, Scoring
from apiserver.consent import unnamed
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.directories.sizes import DirectorySize
from apiserver.search import statements
from apiserver.search.batches import MAX_PROBES, together, turns
from apiserver.search.cache import CachedCodes, CodeCache, Outcome
from apiserver.search.changes import Version
from apiserver.search.effort import Efforts
from apiserver.search.indexes import Indexed, Kind, condition
from apiserver.search.planning import Path, Plan, Scan, SwitchPoints, plan
from apiserver.search.upkeep import request_missing
from apiserver.storage.images import WRITE_ROW, ImageRow

_MIN_EXACT = 10_000
_MIN_PROPOSED = 400
"""Embeddings to compare from which a second statement, which costs half a millisecond, saves more than it costs."""
_WIDER = 8
"""Factor of the candidates of a second scan, if the first one finds too few persons."""
_MAX_CHANGED = 1_000
"""Above this number of faces that changed since codes were read, they would cost more than a scan of all codes."""
_INDEXES_GOOD_SECONDS = 5.0
_MAX_KNOWN = 1_000
"""Large directories whose indexes are remembered."""
_SERIAL = "SET LOCAL max_parallel_workers_per_gather = 0"
_SCANNED = (
    f"{_SERIAL}; SET LOCAL min_parallel_index_scan_size = 0; SET LOCAL parallel_setup_cost = 0; "
    "SET LOCAL parallel_tuple_cost = 0; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
)

_FACES_A_PERSON = 4
"""Rows to read for each person that is sought, since several may be of one."""
_exact_statement = lru_cache(statements.exact)
_nearest_statement = lru_cache(statements.nearest)
_proposed_statement = lru_cache(partial(statements.proposed, max_changed=_MAX_CHANGED))


@dataclass(frozen=True, slots=True)
class Search:
    """A search for the `persons` best of a directory under a model.

    match: the cosine from which the graph's best candidate is taken without a scan. consent_required: persons without
    a valid consent are not found; those who are restricted never are.
    """

    directory: str
    model: Model
    persons: int
    match: float
    scoring: Scoring = Scoring.MAX
    consent_required: bool = False

    @property
    def indexed(self) -> Indexed:
        """The faces that are searched."""
        return Indexed(self.directory, self.model.id, self.model.dimension)

    @property
    def own_rows(self) -> str:
        """The condition of these faces.

        With names instead of parameters, PostgreSQL sees one partition and its partial indexes, and the plan that it
        keeps is as good as the one that it would make for each search. A connection keeps few statements, so only large
        directories have statements of their own.
        """
        return condition(self.directory, self.model.id)

    @property
    def unnamed(self) -> str:
        """The statement for the persons who are not found."""
        return unnamed(consent_required=self.consent_required)


class SearchResult(NamedTuple):
    """The candidates of a probe, best first, and how they were found."""

    candidates: list[Candidate]
    path: Path


_EXACT_PLAN = Plan(0, None)
_Find = Callable[[Sequence[Embedding]], Awaitable[list[SearchResult]]]


class Identification:
    """Searches directories for the persons who resemble probes."""

    def __init__(
        self, database: Database, points: SwitchPoints, efforts: Efforts, codes: CodeCache | None = None
    ) -> None:
        self._database = database
        self._points = points
        self._efforts = efforts
        self._codes = codes
        self._indexes: TTLCache[Indexed, frozenset[Kind]] = TTLCache(_MAX_KNOWN, _INDEXES_GOOD_SECONDS)

    async def identify(
        self, search: Search, probes: Sequence[Embedding], size: DirectorySize, row: ImageRow | None = None
    ) -> list[SearchResult]:
        """Return the result for each probe in a directory of this size; write the row of an image if there is one.

        Raises DatabaseUnavailable.
        """
        decided, row = await self._by_cached_codes(search, probes, size, row)
        left = [number for number in range(len(probes)) if number not in decided]
        if left or not probes:
            others = await self._by_rows(search, [probes[number] for number in left], size, row)
            decided |= zip(left, others, strict=True)
        return [decided[number] for number in range(len(probes))]

    def is_exact(self, size: DirectorySize) -> bool:
        """Return whether a directory of this size is searched exactly."""
        return size.faces <= self._points.exact_faces

    async def exactly(self, search: Search, probe: Embedding) -> SearchResult:
        """Return the result of an exact search, however large the directory is. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection:
            [result] = await _exact(connection, search, [probe])
        return result

    async def _by_cached_codes(
        self, search: Search, probes: Sequence[Embedding], size: DirectorySize, row: ImageRow | None
    ) -> tuple[dict[int, SearchResult], ImageRow | None]:
        """Return the results of the probes that codes in memory can decide about, and the row unless it was written."""
        decided: dict[int, SearchResult] = {}
        scan = self._plan(search, size, ()).scan
        cached = self._codes.of(search.indexed, size.faces) if probes and scan and self._codes else None
        if not cached or not scan or not self._codes:
            return decided, row
        for attempt in (scan, scan.wider(_WIDER)):
            left = [number for number in range(len(probes)) if number not in decided]
            for parts in turns(left, attempt.fine, _MIN_PROPOSED):
                batches = [[probes[number] for number in numbers] for numbers in parts]
                find = partial(self._judged, cached, search, attempt)
                found = await together(find, batches, row)
                row = None
                outcome = next((each.outcome for each in found if each.outcome is not Outcome.USED), Outcome.USED)
                self._codes.note(search.indexed, outcome)
                if outcome is not Outcome.USED:
                    return decided, row
                results = zip(chain(*parts), chain(*(each.results for each in found)), strict=True)
                decided |= {number: result for number, result in results if _is_complete(result, search, size)}
        return decided, row

    async def _judged(
        self, cached: CachedCodes, search: Search, scan: Scan, probes: Sequence[Embedding], row: ImageRow | None
    ) -> "_Proposed":
        """Have the codes propose faces, and PostgreSQL compare these."""
        proposed = await cached.nearest(probes, coarse=scan.coarse, fine=scan.fine)
        async with self._writing(row) as connection:
            return await _proposed(connection, search, probes, proposed)

    async def _by_comparing_all(
        self, search: Search, probes: Sequence[Embedding], size: DirectorySize, row: ImageRow | None
    ) -> list[SearchResult]:
        async def find(batch: Sequence[Embedding], row: ImageRow | None) -> list[SearchResult]:
            async with self._writing(row) as connection:
                return await _exact(connection, search, batch)

        results: list[SearchResult] = []
        for batches in turns(probes, size.faces, _MIN_EXACT):
            results += chain(*await together(find, batches, row))
            row = None
        return results

    @asynccontextmanager
    async def _writing(self, row: ImageRow | None) -> AsyncIterator[Connection]:
        """Yield a connection that plans once, after it has written the row of an image if there is one."""
        async with self._database.connection(plans_once=True) as connection:
            if row:
                await connection.execute(WRITE_ROW, *row)
            yield connection

    async def _by_rows(
        self, search: Search, probes: Sequence[Embedding], size: DirectorySize, row: ImageRow | None
    ) -> list[SearchResult]:
        if probes and self.is_exact(size):
            return await self._by_comparing_all(search, probes, size, row)
        results: list[SearchResult] = []
        chosen = self._plan(search, size, await self._kinds(search, size)) if probes else _EXACT_PLAN
        async with self._database.connection(plans_once=self.is_exact(size)) as connection:
            if row:
                await connection.execute(WRITE_ROW, *row)
            for first in range(0, len(probes), MAX_PROBES):
                batch = probes[first : first + MAX_PROBES]
                if chosen.scan:
                    results += await _Approximation(connection, search, size).results(batch, chosen, chosen.scan)
                else:
                    results += await _exact(connection, search, batch)
        return results

    def _plan(self, search: Search, size: DirectorySize, kinds: Collection[Kind]) -> Plan:
        if self.is_exact(size):
            return _EXACT_PLAN
        effort = self._efforts.of((search.directory, search.model.id))
        return plan(size, kinds, self._points, effort, scoring=search.scoring, persons=search.persons)

    async def _kinds(self, search: Search, size: DirectorySize) -> frozenset[Kind]:
        """Return the kinds of the directory's indexes; request their build if it lacks some."""
        if size.faces < self._points.index_faces // 2:  # between the two sizes it keeps its indexes
            return frozenset()
        with suppress(KeyError):
            return self._indexes[search.indexed]
        async with self._database.unbound() as connection:  # where the faces are is nobody's secret
            kinds = await request_missing(connection, search.indexed, size.faces, self._points)
        self._indexes[search.indexed] = kinds
        return kinds


class _Approximation:
    """A search by the codes, and perhaps by the graph first, on one connection."""

    def __init__(self, connection: Connection, search: Search, size: DirectorySize) -> None:
        self._connection = connection
        self._search = search
        self._size = size

    async def results(self, probes: Sequence[Embedding], chosen: Plan, scan: Scan) -> list[SearchResult]:
        """Search for each probe until a result is final: with more and more candidates, at last exactly."""
        attempts: list[tuple[_Find, Callable[[SearchResult], bool]]] = [
            (partial(self._scan, scan), self._is_complete),
            (partial(self._scan, scan.wider(_WIDER)), self._is_complete),
            (partial(_exact, self._connection, self._search), self._is_complete),
        ]
        if chosen.graph_candidates:
            attempts.insert(0, (partial(self._walk, chosen.graph_candidates), self._is_decided))
        results: dict[int, SearchResult] = {}
        left = list(range(len(probes)))
        async with self._connection.transaction():
            for find, is_final in attempts:
                if left:
                    results |= zip(left, await find([probes[probe] for probe in left]), strict=True)
                    left = [probe for probe in left if not is_final(results[probe])]
        return [results[probe] for probe in range(len(probes))]

    def _is_decided(self, result: SearchResult) -> bool:
        best = next(iter(result.candidates), None)
        return best is not None and best.similarity >= self._search.match and self._is_complete(result)

    def _is_complete(self, result: SearchResult) -> bool:
        return _is_complete(result, self._search, self._size)

    async def _walk(self, candidates: int, probes: Sequence[Embedding]) -> list[SearchResult]:
        await self._connection.execute(
            f"{_SERIAL}; SET LOCAL hnsw.ef_search = {min(candidates, 1000):d}; SET LOCAL enable_seqscan = off; "
            "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        statement = statements.graph(
            len(probes),
            self._search.unnamed,
            dimension=self._search.model.dimension,
            candidates=candidates,
            where=self._search.own_rows,
        )
        rows = await self._connection.fetch(statement, *_parameters(self._search, probes, self._search.persons))
        await self._connection.execute("SET LOCAL enable_sort = on")
        return _results(rows, len(probes), self._search.persons, Path.GRAPH)

    async def _scan(self, scan: Scan, probes: Sequence[Embedding]) -> list[SearchResult]:
        where = self._search.own_rows if scan.own_index else statements.WHERE
        await self._connection.execute(_SCANNED)
        codes = [statements.code(probe) for probe in probes]
        statement = statements.distances(
            len(probes), self._search.unnamed, sample=scan.sample, rank=scan.rank, where=where
        )
        distances = await self._connection.fetchrow(statement, self._search.directory, self._search.model.id, *codes)
        if scan.workers:
            await self._connection.execute(f"SET LOCAL max_parallel_workers_per_gather = {scan.workers:d}")
        statement = statements.quantized(
            len(probes),
            self._search.scoring,
            self._search.unnamed,
            candidates=scan.candidates,
            where=where,
            parts=scan.workers + 1,
        )
        rows = await self._connection.fetch(
            statement, *_parameters(self._search, probes, self._search.persons), *codes, *distances
        )
        return _results(rows, len(probes), self._search.persons, Path.QUANTIZED)


class _Proposed(NamedTuple):
    outcome: Outcome
    results: list[SearchResult]


async def _proposed(
    connection: Connection,
    search: Search,
    probes: Sequence[Embedding],
    proposed: tuple[Version, Sequence[Sequence[str]]],
) -> _Proposed:
    version, faces = proposed
    statement = _proposed_statement(len(probes), search.scoring, search.unnamed, search.own_rows)
    sought = search.persons if search.scoring is Scoring.MEAN else _FACES_A_PERSON * search.persons
    arrays = map(statements.array, faces)
    parameters = (*_parameters(search, probes, sought), *arrays, version.snapshot, version.mark)
    rows = await connection.fetch(statement, *parameters)
    changed = [number for probe, _, number in rows if probe == 0]
    if not changed:
        return _Proposed(Outcome.EXPIRED, [])
    if changed[0] > _MAX_CHANGED:
        return _Proposed(Outcome.BEHIND, [])
    found = (row for row in rows if row[0])
    return _Proposed(Outcome.USED, _results(found, len(probes), search.persons, Path.QUANTIZED))


def _is_complete(result: SearchResult, search: Search, size: DirectorySize) -> bool:
    """Return whether no persons are missing, as they may be if others have many photographs."""
    return len(result.candidates) >= min(search.persons, size.persons)


async def _exact(connection: Connection, search: Search, probes: Sequence[Embedding]) -> list[SearchResult]:
    if search.scoring is Scoring.MEAN:
        return await _grouped(connection, search, probes)
    sought = _FACES_A_PERSON * search.persons
    statement = _nearest_statement(len(probes), search.unnamed)
    rows = await connection.fetch(statement, *_parameters(search, probes, sought))
    results = _results(rows, len(probes), search.persons, Path.EXACT)
    faces = Counter(number for number, _, _ in rows)
    for number, result in enumerate(results, 1):
        if len(result.candidates) < search.persons and faces[number] == sought:  # there may be others
            return await _grouped(connection, search, probes)
    return results


async def _grouped(connection: Connection, search: Search, probes: Sequence[Embedding]) -> list[SearchResult]:
    statement = _exact_statement(len(probes), search.scoring, search.unnamed)
    rows = await connection.fetch(statement, *_parameters(search, probes, search.persons))
    return _results(rows, len(probes), search.persons, Path.EXACT)


def _parameters(search: Search, probes: Sequence[Embedding], rows: int) -> list[object]:
    """Return the parameters with which every statement begins."""
    return [search.directory, search.model.id, rows, *map(HalfVector, probes)]


def _results(rows: Iterable[tuple[int, str, float]], probes: int, persons: int, path: Path) -> list[SearchResult]:
    """Return the `persons` best of each probe.

    rows: those of a statement, of persons or of their faces: number of the probe, person, similarity.
    """
    best: list[dict[str, Candidate]] = [{} for _ in range(probes)]
    for number, person, similarity in rows:
        of_probe = best[number - 1]
        if len(of_probe) < persons and person not in of_probe:
            # Rounded to halves, an embedding's length is not quite one.
            of_probe[person] = Candidate(person, max(-1.0, min(1.0, similarity)))
    return [SearchResult(list(each.values()), path) for each in best]
