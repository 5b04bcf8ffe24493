"""Row-level security of distributed tables, which must be enforced on the shards.

On one server, `protect_directories` combines a policy that shows all rows to everybody with a restrictive one. Citus
makes all policies of a shard permissive, and a row is visible if one of them allows it. Therefore the role of bound
connections has only one policy here.
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
"""The policies of tables, the roles other than the owner that have rights, and those that see all rows."""

_TABLES = "SELECT logicalrelid::text FROM pg_dist_partition WHERE partmethod = 'h'"

_CAN_BIND = "SELECT coalesce(pg_has_role(current_user, to_regrole($1)::oid, 'SET'), false)"


async def protect_distributed(connection: asyncpg.Connection) -> None:
    """Make the policies of distributed tables work on the shards; does nothing if no table is distributed."""
    if await connection.fetchval(_DISTRIBUTED):
        await make_permissive(connection, [table for (table,) in await connection.fetch(_TABLES)])


async def make_permissive(connection: asyncpg.Connection, tables: list[str]) -> None:
    """Replace the policies of tables that are, or will be, distributed by policies that work on shards.

    Other accounts that have rights on a table see all of its rows.
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
