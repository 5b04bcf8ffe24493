"""The table and server with the faces of a directory, where its indexes are built, inspected and dropped.

On one server, a directory is in a partition of `faces`. On Citus, `faces` is one table, and each of its shards has some
of the directories, on another server. The coordinator has no information about the indexes of shards and their
progress. A shard that was moved, or isolated for a directory, is a new table with the indexes of `faces` only.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from apiserver.database.session import Connection
from apiserver.problems import DatabaseUnavailable

_PARTITION = "SELECT tableoid::regclass::text FROM faces WHERE directory = $1 LIMIT 1"
_SHARD = """
SELECT shard_name('faces', shardid)::text, nodename, nodeport FROM pg_dist_shard_placement
WHERE shardid = get_shard_id_for_distribution_column('faces', $1::text) LIMIT 1
"""
_SERVERS = """
SELECT nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary' AND shouldhaveshards ORDER BY nodeid
"""
# Uses a separate connection, outside of any transaction, as CREATE INDEX CONCURRENTLY requires.
_ON_SERVER = "SELECT success, result FROM master_run_on_worker(ARRAY[$1::text], ARRAY[$2::int], ARRAY[$3::text], false)"

_logger = logging.getLogger(__name__)


class Server(NamedTuple):
    """A server of a distributed database, by the name that the coordinator has for it."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The table with the faces of a directory, and its server.

    table: a partition or a shard; None if the directory has no faces on one server, and therefore no partition.
    server: None for the server of the connection, otherwise a server that the coordinator connects to.
    """

    table: str | None
    server: Server | None = None

    async def execute(self, connection: Connection, statement: str, seconds: float) -> None:
        """Run a statement without a result, outside of a transaction. Raises DatabaseUnavailable."""
        if self.server:
            await _on_server(connection, self.server, statement, seconds)
        else:
            await connection.execute(statement, timeout=seconds)

    async def fetch(self, connection: Connection, query: str) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a query without parameters. Raises DatabaseUnavailable."""
        if self.server:
            return await _rows(connection, self.server, query)
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(query)
        return rows


async def placement_of(connection: Connection, directory: str) -> Placement:
    """Return the current placement of the faces of a directory."""
    if not connection.is_distributed:
        return Placement(await connection.fetchval(_PARTITION, directory))
    row = await connection.fetchrow(_SHARD, directory)
    if row is None:
        raise DatabaseUnavailable("No server of the database has the shard of this directory.")
    table, host, port = row
    return Placement(table, Server(host, port))


async def servers(connection: Connection) -> list[Server | None]:
    """Return the servers that have faces; None is the server of the connection."""
    if not connection.is_distributed:
        return [None]
    return [Server(*row) for row in await connection.fetch(_SERVERS)]


async def _rows(connection: Connection, server: Server, query: str) -> list[dict[str, Any]]:
    answer = await _on_server(connection, server, f"SELECT json_agg(answer) FROM ({query}) AS answer")  # noqa: S608 - ours
    rows: list[dict[str, Any]] = json.loads(answer or "[]")
    return rows


async def _on_server(connection: Connection, server: Server, statement: str, seconds: float | None = None) -> str:
    success, result = await connection.fetchrow(_ON_SERVER, *server, statement, timeout=seconds)
    if not success:
        _logger.warning("A statement failed on the server %s:%d of the database: %s", *server, result)
        raise DatabaseUnavailable
    return str(result or "")
