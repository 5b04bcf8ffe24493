"""Row-level security of distributed tables, which must hold on the shards.

`protect_directories` adds a restrictive policy to one that shows all rows to everybody. Citus makes all policies of a
shard permissive, and a row is seen if one of those allows it, so here the role of bound connections has only one.
"""

import asyncpg

ROLE = "faceserver_directory"

_DISTRIBUTED = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"

_UNPROTECTED = """
SELECT pg_class.oid::regclass::text AS table, pg_get_expr(polqual, polrelid) AS rows,
    (
        SELECT string_agg(DISTINCT grantee::regrole::text, ', ') FROM aclexplode(relacl)
        WHERE grantee NOT IN (0, relowner, to_regrole($1))
    ) AS others
FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
WHERE polname = 'of_directory' AND NOT polpermissive
    AND pg_class.oid = ANY ($2::text[]::regclass[])
"""
"""The distributed tables with a restrictive policy, and the roles other than the owner that were granted something."""

_TABLES = "SELECT logicalrelid::text FROM pg_dist_partition WHERE partmethod = 'h'"

_CAN_BIND = "SELECT coalesce(pg_has_role(current_user, to_regrole($1)::oid, 'SET'), false)"


async def protect_distributed(connection: asyncpg.Connection) -> None:
    """Let the rows that a directory sees be decided on the shards; does nothing where no table is distributed."""
    if await connection.fetchval(_DISTRIBUTED):
        await make_permissive(connection, [table for (table,) in await connection.fetch(_TABLES)])


async def make_permissive(connection: asyncpg.Connection, tables: list[str]) -> None:
    """Replace the policies of tables that are distributed, or about to be, by those that hold on shards."""
    for row in await connection.fetch(_UNPROTECTED, ROLE, tables):
        table, rows, others = row["table"], row["rows"], row["others"]
        await connection.execute(f"DROP POLICY IF EXISTS all_rows ON {table}")
        await connection.execute(f"DROP POLICY of_directory ON {table}")
        await connection.execute(f"CREATE POLICY of_directory ON {table} TO {ROLE} USING ({rows})")
        if others:
            await connection.execute(f"CREATE POLICY all_rows ON {table} TO {others} USING (true)")


async def can_bind(connection: asyncpg.Connection) -> bool:
    """Return whether the account may use the role of bound connections."""
    return bool(await connection.fetchval(_CAN_BIND, ROLE))
