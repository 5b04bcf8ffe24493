"""Galleries of synthetic people in a database, written by COPY as an import would."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import asyncpg
import numpy as np
from pgvector import HalfVector

from bench.search.people import Floats, Population

MODEL = "w600k_mbf@f0645f23b893"
BATCH = 20_000
CROP = np.random.default_rng(0).bytes(3_000)
"""Size of an aligned face as JPEG."""
BUILD_SECONDS = 4 * 3600


@dataclass(frozen=True)
class GalleryOf:
    """A directory of synthetic people, the same whenever it is made again; person n is called `person n`."""

    directory: str
    persons: int
    photographs: int
    seed: int

    @property
    def faces(self) -> int:
        return self.persons * self.photographs

    def people(self, population: Population) -> Iterator[Floats]:
        """Yield the persons, [<= BATCH, d] at a time."""
        rng = np.random.default_rng([self.seed, 0])
        for first in range(0, self.persons, BATCH):
            yield population.people(rng, min(BATCH, self.persons - first))

    def probes(self, population: Population, count: int) -> tuple[list[str], Floats]:
        """Return `count` persons of the gallery and an embedding of a new photograph of each, [count, d]."""
        rng = np.random.default_rng([self.seed, 1])
        chosen = sorted(rng.choice(self.persons, min(count, self.persons), replace=False).tolist())
        wanted, people = iter(chosen), []
        number, first = next(wanted, None), 0
        for batch in self.people(population):
            while number is not None and number < first + len(batch):
                people.append(batch[number - first])
                number = next(wanted, None)
            first += len(batch)
        return [f"person {number}" for number in chosen], population.photographs(rng, np.stack(people))

    def nearest(self, population: Population, probes: Floats) -> list[str]:
        """Return the person that an exhaustive comparison finds nearest to each of the probes, [n, d]."""
        best, numbers = np.full(len(probes), -np.inf), np.zeros(len(probes), np.int64)
        rng, first = np.random.default_rng([self.seed, 2]), 0
        for people in self.people(population):
            for _ in range(self.photographs):
                kept = population.photographs(rng, people).astype(np.float16).astype(np.float32)
                similarities = probes.astype(np.float32) @ kept.T
                nearer = similarities.max(1) > best
                best = np.where(nearer, similarities.max(1), best)
                numbers = np.where(nearer, first + similarities.argmax(1), numbers)
            first += len(people)
        return [f"person {number}" for number in numbers]


async def connect(dsn: str) -> asyncpg.Connection:
    """Return a connection that knows halfvec and waits for long statements."""
    connection = await asyncpg.connect(dsn, command_timeout=BUILD_SECONDS)
    await connection.set_type_codec(
        "halfvec", schema="public", encoder=HalfVector.to_binary, decoder=HalfVector.from_binary, format="binary"
    )
    return connection


async def is_loaded(connection: asyncpg.Connection, gallery: GalleryOf) -> bool:
    """Return whether the gallery is complete."""
    count: int = await connection.fetchval("SELECT count(*) FROM faces WHERE directory = $1", gallery.directory)
    return count == gallery.faces


async def load(connections: Sequence[asyncpg.Connection], gallery: GalleryOf, population: Population) -> float:
    """Write the gallery and return how many seconds the database took for its faces; making them is not counted.

    The connections write faces at the same time.
    """
    connection = connections[0]
    await connection.execute("INSERT INTO directories VALUES ($1) ON CONFLICT DO NOTHING", gallery.directory)
    rng, first, seconds = np.random.default_rng([gallery.seed, 2]), 0, 0.0
    for people in gallery.people(population):
        names = [f"person {first + index}" for index in range(len(people))]
        await _copy(connection, "persons", ("directory", "person"), ((gallery.directory, name) for name in names))
        for photograph in range(gallery.photographs):
            rows = _faces(gallery, names, photograph, population.photographs(rng, people))
            seconds += await _write_faces(connections, gallery.directory, rows)
        first += len(people)
    return seconds


async def _write_faces(
    connections: Sequence[asyncpg.Connection], directory: str, faces: list[tuple[object, ...]]
) -> float:
    images = ((directory, face[6], "image/jpeg", 50_000, face[7]) for face in faces)
    await _copy(connections[0], "images", ("directory", "image", "media_type", "size_bytes", "sha256"), images)
    begun = time.perf_counter()
    columns = ("directory", "person", "model", "embedding", "crop", "box", "image", "image_sha256", "score")
    shares = [faces[number :: len(connections)] for number in range(len(connections))]
    copies = [_copy(each, "faces", columns, share) for each, share in zip(connections, shares, strict=True)]
    await asyncio.gather(*copies)
    return time.perf_counter() - begun


def _faces(gallery: GalleryOf, names: list[str], photograph: int, embeddings: Floats) -> list[tuple[object, ...]]:
    return [
        (
            *(gallery.directory, name, MODEL, HalfVector(embedding), CROP, [0, 0, 100, 100]),
            *(f"{name} {photograph}.jpg", f"{name} {photograph}".encode().ljust(32)[:32], 0.9),
        )
        for name, embedding in zip(names, embeddings, strict=True)
    ]


async def _copy(
    connection: asyncpg.Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        await connection.copy_records_to_table(table, records=batch, columns=columns)
