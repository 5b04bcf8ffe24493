"""Row-level security of distributed tables, which must be enforced on the shards.

On one server, `protect_directories` combines a policy that shows all rows to everybody with a restrictive one. Citus
makes all policies of a shard permissive, and a row is visible if one of them allows it. Therefore the role of bound
connections has only one policy here.
"""

import asyncpg

from db.citus import ON_EACH

ROLE = "faceserver_directory"

_DISTRIBUTED = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')"

_POLICIES = """
SELECT pg_class.oid::regclass::text AS table, pg_get_expr(policy.polqual, policy.polrelid) AS rows,
    policy.polpermissive AS is_permissive,
    ARRAY (
        SELECT DISTINCT grantee::regrole::text FROM (
            SELECT relacl AS rights UNION ALL SELECT attacl FROM pg_attribute WHERE attrelid = pg_class.oid
        ) AS granted CROSS JOIN LATERAL aclexplode(rights)
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

# A dump is restored without the policies and rights of a role that its server does not know.
_HALF_PROTECTED = """
SELECT policy.polrelid::regclass::text FROM pg_policy AS policy
JOIN pg_class ON pg_class.oid = policy.polrelid AND pg_class.relnamespace = 'public'::regnamespace
JOIN pg_attribute ON attrelid = policy.polrelid AND attname = 'directory' AND NOT attisdropped
WHERE policy.polname IN ('all_rows', 'of_directory') GROUP BY policy.polrelid
HAVING NOT bool_or(policy.polname = 'of_directory')
    OR NOT coalesce(has_table_privilege(to_regrole($1)::oid, policy.polrelid, 'SELECT'), false)
"""

_HAS_ROLE = "SELECT to_regrole($1) IS NOT NULL"

_MAKE_ROLE = f"CREATE ROLE {ROLE} NOLOGIN"

_MAY_LOG_IN = "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1"

# Citus does not carry a role to its servers that another database made on the coordinator.
_MAKE_ROLE_THERE = """DO $do$ BEGIN
    IF to_regrole('{role}') IS NULL THEN
        PERFORM set_config('citus.enable_create_role_propagation', 'off', true);
        CREATE ROLE {role} {login};
    END IF;
END $do$"""

_TABLES = "SELECT logicalrelid::text FROM pg_dist_partition WHERE partmethod = 'h'"

_CAN_BIND = "SELECT coalesce(pg_has_role(current_user, to_regrole($1)::oid, 'SET'), false)"


async def servers_without_role(connection: asyncpg.Connection) -> list[str]:
    """Make the role on the servers of Citus that lack it; return a sentence for each where that is not possible.

    Does nothing where it is on no server yet: whoever makes it on the coordinator then makes it on all.
    """
    if not await connection.fetchval(_DISTRIBUTED):
        return []
    may_log_in = await connection.fetchval(_MAY_LOG_IN, ROLE)
    if may_log_in is None:
        return []
    login = "LOGIN" if may_log_in else "NOLOGIN"
    return [
        f"The server {row['server']} of Citus lacks the role {ROLE} ({row['result']}); have a superuser run SET "
        f"citus.enable_create_role_propagation = off; CREATE ROLE {ROLE} {login}; there, and run this again."
        for row in await connection.fetch(ON_EACH, _MAKE_ROLE_THERE.format(role=ROLE, login=login))
        if not row["success"]
    ]


async def is_half_protected(connection: asyncpg.Connection) -> bool:
    """Return whether tables lost the policies or the rights of the role, as in a restored dump."""
    return bool(await connection.fetch(_HALF_PROTECTED, ROLE))


async def drop_half_protection(connection: asyncpg.Connection) -> None:
    """Drop what is left of the policies of such tables, so that `protect_directories` makes them again.

    Both in one transaction. Nothing is dropped where the account may not make the role.
    """
    tables = [table for (table,) in await connection.fetch(_HALF_PROTECTED, ROLE)]
    if not tables or not await _has_or_makes_role(connection):
        return
    for table in tables:
        await connection.execute(f"DROP POLICY IF EXISTS all_rows ON {table}")
        await connection.execute(f"DROP POLICY IF EXISTS of_directory ON {table}")


async def _has_or_makes_role(connection: asyncpg.Connection) -> bool:
    if await connection.fetchval(_HAS_ROLE, ROLE):
        return True
    try:
        async with connection.transaction():
            await connection.execute(_MAKE_ROLE)
    except asyncpg.InsufficientPrivilegeError:
        return False
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        pass  # another database of the server made it just now
    return True


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
