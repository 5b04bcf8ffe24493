"""Upkeep of indexes: requests missing ones, and drops those that are not needed."""

from collections.abc import Iterable

from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.directories.sizes import DirectorySizes
from apiserver.search.indexes import Indexed, Kind, drop, drop_graph, enqueue_build, valid_indexes_at
from apiserver.search.placement import placement_of
from apiserver.search.planning import SwitchPoints


async def request_missing(
    connection: Connection, indexed: Indexed, faces: int, points: SwitchPoints
) -> frozenset[Kind]:
    """Return the kinds of complete indexes, and request a build of those that this number of faces needs.

    Raises DatabaseUnavailable.
    """
    placement = await placement_of(connection, indexed.directory)
    kinds = await valid_indexes_at(connection, placement, indexed)
    needed = points.on(placement).indexes(faces, indexed.dimension)
    if not needed <= kinds:
        await enqueue_build(connection, indexed, graph=Kind.GRAPH in needed)
    return kinds


async def tend(database: Database, candidates: Iterable[Indexed], points: SwitchPoints) -> None:
    """Drop the indexes of directories that have become small, and graphs that are not needed; request missing ones.

    Indexes are missing after the faces have moved to another table. A search requests them, too, but may come late.
    Raises DatabaseUnavailable.
    """
    sizes = DirectorySizes(database)
    for indexed in candidates:
        faces = (await sizes.of(indexed.directory, indexed.model)).faces
        if faces < points.index_faces // 2:
            await drop(database, indexed)
            continue
        async with database.unbound() as connection:
            placement = await placement_of(connection, indexed.directory)
            await request_missing(connection, indexed, faces, points)
        if points.on(placement).is_cached(faces, indexed.dimension):
            await drop_graph(database, indexed)
