"""The cost of searches and enrolments in loaded galleries."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import asyncpg
import numpy as np

from apiserver.biometrics.face import Face, Image
from apiserver.biometrics.model import Calibration, Model, Tail, Thresholds
from apiserver.biometrics.open_set import thresholds_at
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.directories.sizes import DirectorySize, DirectorySizes
from apiserver.enrolment.gallery import Gallery
from apiserver.search.cache import CodeCache
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.search.indexes import Indexed, Kind, Progress, build, valid_indexes
from apiserver.search.planning import Path, SwitchPoints
from apiserver.storage.images import WRITE_ROW, image_row
from bench.harness.records import Record
from bench.search.galleries import BUILD_SECONDS, MODEL, GalleryOf
from bench.search.people import Floats, Population

POINTS = SwitchPoints(exact_faces=2_000, index_faces=50_000, candidates=800, graph_candidates=200, parallel_workers=2)
NEVER = 10**12
EXACT_SEARCHES = 10
SLOW_FACES = 50_000
"""Above this size, few exact searches are made."""
WARM_UP = 3
LEARNED = 50
FPIR = 0.001
"""The defaults of the service."""
GROUP = 20
WORKERS = (0, 1, 2, 4)


@dataclass(frozen=True)
class Asked:
    """What to measure: searches of each way, the largest gallery to build indexes for, how many small directories.

    tail: of the model's impostor scores, from which the thresholds follow as they do in the service. cache_bytes: as
    `APISERVER_SEARCH_CACHE_BYTES`.
    """

    probes: int
    build_up_to: int
    small: int
    tail: Tail
    cache_bytes: int

    @property
    def points(self) -> SwitchPoints:
        return replace(POINTS, cache_bytes=self.cache_bytes)


@dataclass(frozen=True)
class Probes:
    """New photographs of enrolled people: whose they are, who is nearest in truth, and their embeddings, [n, d]."""

    people: list[str]
    nearest: list[str]
    embeddings: Floats

    def first(self, count: int) -> "Probes":
        """Return the first `count` probes."""
        return Probes(self.people[:count], self.nearest[:count], self.embeddings[:count])


async def measure(
    dsn: str, galleries: Sequence[GalleryOf], small: Sequence[GalleryOf], population: Population, asked: Asked
) -> Record:
    """Measure every gallery, then the small directories."""
    async with (
        open_database(dsn, pool_size=6, timeout_seconds=BUILD_SECONDS) as database,
        database.connection() as connection,
    ):
        measured = [await _gallery(database, connection, gallery, population, asked) for gallery in galleries]
        return {"galleries": measured, "small": await _small(database, small, population, asked)}


async def _gallery(
    database: Database, connection: asyncpg.Connection, gallery: GalleryOf, population: Population, asked: Asked
) -> Record:
    people, probes = gallery.probes(population, asked.probes)
    probed = Probes(people, gallery.nearest(population, probes), probes)
    indexed = Indexed(gallery.directory, MODEL, probes.shape[1])
    learned_before = await learn(database, gallery, population)
    needed = asked.points.indexes(gallery.faces, indexed.dimension) if gallery.persons <= asked.build_up_to else ()
    built = await _build(database, connection, indexed, needed) if needed else None
    await connection.execute("VACUUM faces")
    kinds = await valid_indexes(database, indexed)
    ways = {
        "exact": replace(POINTS, exact_faces=NEVER),
        "quantized": replace(POINTS, exact_faces=0, index_faces=NEVER),
        "without memory": POINTS,
        "as chosen": asked.points,
    }
    if Kind.CODES in kinds:
        ways |= {f"codes, {count} worker{'' if count == 1 else 's'}": _codes(count) for count in WORKERS}
    search = _asked_of(gallery, asked, probes.shape[1])
    size = await DirectorySizes(database).counted(search.directory, search.model.id)
    searches = {}
    codes, loaded = CodeCache(database, asked.points), None
    if asked.points.is_cached(size.faces, indexed.dimension):
        begun = time.perf_counter()
        await codes.load(indexed, size.faces)
        loaded = {"seconds": time.perf_counter() - begun, "megabytes": codes.size_bytes / 2**20}
    for name, points in ways.items():
        async with database.connection() as used:  # the pool lends the same one again, with its plans
            await used.execute("DISCARD PLANS")
        slow = name == "exact" and gallery.faces > SLOW_FACES
        shown = probed.first(EXACT_SEARCHES) if slow else probed
        kept = codes if points.cache_bytes else None
        identification = Identification(database, points, Efforts(lowest_recall=0), kept)
        searches[name] = await search_all(identification, search, size, shown, 1)
        if len(probes) >= GROUP and not slow and not name.startswith("codes"):
            searches[f"{name}, {GROUP} faces"] = await search_all(identification, search, size, shown.first(100), GROUP)
    return {
        "directory": gallery.directory,
        "people": gallery.persons,
        "photographs": gallery.photographs,
        "match": search.match,
        "searches": searches,
        "learn_ms": {"before": learned_before, "with indexes": await learn(database, gallery, population)},
        "indexes": built,
        "memory": loaded,
    }


def _codes(workers: int) -> SwitchPoints:
    """Return switch points by which the codes in the directory's own index are scanned."""
    return replace(POINTS, graph_candidates=0, parallel_workers=workers)


def _identification(database: Database, points: SwitchPoints) -> Identification:
    return Identification(database, points, Efforts(lowest_recall=0))


def _asked_of(gallery: GalleryOf, asked: Asked, dimension: int) -> Search:
    match = thresholds_at(asked.tail, FPIR, gallery.faces).match
    return Search(gallery.directory, synthetic_model(dimension), 5, match)


async def search_all(
    identification: Identification, search: Search, size: DirectorySize, probes: Probes, together: int
) -> Record:
    """Search for the probes, `together` at a time.

    `recall` is the share whose first candidate is that of an exhaustive comparison, `enrolled` the
    share whose own person came first, and `enrolled_exhaustively` how large that is for the exhaustive comparison.
    """
    milliseconds, paths, firsts = [], [], []
    embeddings = probes.embeddings.tolist()
    for _ in range(WARM_UP):
        await identification.identify(search, embeddings[:together], size)
    for first in range(0, len(embeddings) - together + 1, together):
        begun = time.perf_counter()
        found = await identification.identify(search, embeddings[first : first + together], size)
        milliseconds.append(1000 * (time.perf_counter() - begun))
        firsts += [one.candidates[0].person if one.candidates else "" for one in found]
        paths += [one.path for one in found]
    return {
        "p50_ms": float(np.percentile(milliseconds, 50)),
        "p99_ms": float(np.percentile(milliseconds, 99)),
        "a_second": 1000 / float(np.mean(milliseconds)),
        "recall": _agreement(firsts, probes.nearest),
        "enrolled": _agreement(firsts, probes.people),
        "enrolled_exhaustively": _agreement(probes.nearest[: len(firsts)], probes.people),
        "by": {path: paths.count(path) / len(paths) for path in sorted(set(paths))},
        "p50_ms_by": _medians(paths, milliseconds) if together == 1 else {},
    }


def _medians(paths: Sequence[Path], milliseconds: Sequence[float]) -> dict[Path, float]:
    taken = list(zip(paths, milliseconds, strict=True))
    return {path: float(np.median([each for way, each in taken if way is path])) for path in sorted(set(paths))}


def _agreement(some: Sequence[str], others: Sequence[str]) -> float:
    return sum(one == other for one, other in zip(some, others, strict=False)) / len(some)


async def _small(
    database: Database, galleries: Sequence[GalleryOf], population: Population, asked: Asked
) -> Record | None:
    if not galleries:
        return None
    identification, sizes, milliseconds = _identification(database, POINTS), DirectorySizes(database), []
    for gallery in galleries[: asked.probes]:
        _, [probe] = gallery.probes(population, 1)
        search = _asked_of(gallery, asked, len(probe))
        begun = time.perf_counter()
        size = await sizes.of(search.directory, search.model.id)
        await identification.identify(search, [probe], size)
        milliseconds.append(1000 * (time.perf_counter() - begun))
    latencies = {f"p{share}_ms": float(np.percentile(milliseconds, share)) for share in (50, 99)}
    return {"directories": len(galleries), **latencies}


async def _build(
    database: Database, connection: asyncpg.Connection, indexed: Indexed, kinds: Collection[Kind]
) -> Record:
    seconds: dict[str, float] = {}
    last, begun = "", time.perf_counter()

    async def report(progress: Progress) -> None:
        nonlocal last, begun
        if last not in ("", progress.kind):
            seconds[last], begun = time.perf_counter() - begun, time.perf_counter()
        last = progress.kind

    known = await valid_indexes(database, indexed)
    await build(database, indexed, report, kinds)
    seconds[last or "all"] = time.perf_counter() - begun
    sizes = {
        kind: await connection.fetchval("SELECT pg_relation_size($1::text::regclass) / 1048576.0", indexed.name(kind))
        for kind in Kind
        if kind in kinds
    }
    return {
        "build_seconds": None if known else seconds,
        "megabytes": {kind: float(size) for kind, size in sizes.items()},
    }


async def learn(database: Database, gallery: GalleryOf, population: Population) -> float:
    """Return the median milliseconds of the database's part of /learn, and undo what was learned."""
    rng, milliseconds = np.random.default_rng(), []
    embeddings = population.photographs(rng, population.people(rng, LEARNED))
    for number, embedding in enumerate(embeddings):
        begun = time.perf_counter()
        await enrol(database, gallery.directory, f"learned {number}", embedding)
        milliseconds.append(1000 * (time.perf_counter() - begun))
    async with database.connection() as connection:
        for table in ("faces", "persons"):
            await connection.execute(
                f"DELETE FROM {table} WHERE directory = $1 AND person LIKE 'learned %'",  # noqa: S608 - one of two
                gallery.directory,
            )
    return float(np.median(milliseconds))


async def enrol(database: Database, directory: str, person: str, embedding: Floats) -> None:
    """Do the database's part of /learn for one face."""
    content = embedding.tobytes()
    row = image_row(directory, content, Image("image/jpeg", "jpg", 10, 10), timedelta(hours=1), bytes(32))
    async with database.connection() as connection:
        await connection.execute(WRITE_ROW, *row)
    face, model = Face((0, 0, 1, 1), 0.9, embedding.tolist(), b"crop"), synthetic_model(len(embedding))
    await Gallery(database).enrol(person, face, model, row)


def synthetic_model(dimension: int) -> Model:
    """Return a model of synthetic embeddings."""
    return Model(MODEL, dimension, Calibration(20, -8), Thresholds(0.4, 0.3))
