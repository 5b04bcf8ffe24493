"""Row-level security of distributed tables, which must hold on the shards.

`protect_directories` adds a restrictive policy to one that shows all rows to everybody. Citus makes all policies of a
shard permissive, and a row is seen if one of those allows it, so here the role of bound connections has only one.
"""

import asyncpg

ROLE = "faceserver_directory"

_DISTRIBUTED = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"

_POLICIES = """
SELECT pg_class.oid::regclass::text AS table, pg_get_expr(policy.polqual, policy.polrelid) AS rows,
    policy.polpermissive AS is_permissive,
    ARRAY (
        SELECT DISTINCT grantee::regrole::text FROM aclexplode(relacl)
        WHERE grantee NOT IN (0, relowner, to_regrole($1)) ORDER BY 1
    ) AS others,
    ARRAY (
        SELECT role::regrole::text FROM pg_policy AS shown, unnest(shown.polroles) AS role
        WHERE shown.polrelid = policy.polrelid AND shown.polname = 'all_rows' ORDER BY 1
    ) AS shown_all
FROM pg_policy AS policy JOIN pg_class ON pg_class.oid = policy.polrelid
WHERE policy.polname = 'of_directory' AND pg_class.oid = ANY ($2::text[]::regclass[])
"""
"""The policies of tables, the roles other than the owner that were granted something, and those that see all rows."""

_TABLES = "SELECT logicalrelid::text FROM pg_dist_partition WHERE partmethod = 'h'"

_CAN_BIND = "SELECT coalesce(pg_has_role(current_user, to_regrole($1)::oid, 'SET'), false)"


async def protect_distributed(connection: asyncpg.Connection) -> None:
    """Let the rows that a directory sees be decided on the shards; does nothing where no table is distributed."""
    if await connection.fetchval(_DISTRIBUTED):
        await make_permissive(connection, [table for (table,) in await connection.fetch(_TABLES)])


async def make_permissive(connection: asyncpg.Connection, tables: list[str]) -> None:
    """Replace the policies of tables that are distributed, or about to be, by those that hold on shards.

    Other accounts see all rows if they had rights on the table by now.
    """
    for row in await connection.fetch(_POLICIES, ROLE, tables):
        table, others = row["table"], row["others"]
        if row["is_permissive"] and others == row["shown_all"]:
            continue
        await connection.execute(f"DROP POLICY IF EXISTS all_rows ON {table}")
        await connection.execute(f"DROP POLICY of_directory ON {table}")
        await connection.execute(f"CREATE POLICY of_directory ON {table} TO {ROLE} USING ({row['rows']})")
        if others:
            await connection.execute(f"CREATE POLICY all_rows ON {table} TO {', '.join(others)} USING (true)")


async def can_bind(connection: asyncpg.Connection) -> bool:
    """Return whether the account may use the role of bound connections."""
    return bool(await connection.fetchval(_CAN_BIND, ROLE))
