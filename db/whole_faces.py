"""Makes one table of the partitions of `faces`: each of them would have all the shards."""

import asyncpg

from db.server import UnusableDatabase

_IS_PARTITIONED = "SELECT relkind = 'p' FROM pg_class WHERE oid = 'faces'::regclass"

_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = 'faces'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""

# Keys of the table come before the foreign keys to it.
_CONSTRAINTS = """
SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint
WHERE 'faces'::regclass IN (conrelid, confrelid) AND contype IN ('p', 'u', 'f') AND conparentid = 0
ORDER BY contype = 'f', conname
"""

_INDEXES = """
SELECT replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index
WHERE indrelid = 'faces'::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

# Without the indexes, whose names would be taken.
_MAKE_WHOLE = """
CREATE TABLE faces_whole (LIKE faces INCLUDING ALL EXCLUDING INDEXES)
WITH (autovacuum_vacuum_insert_scale_factor = 0.02)
"""

_OWNER = "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'faces'::regclass"

# On the table, and on some of its columns.
_RIGHTS = """
SELECT string_agg(right_of.privilege_type || kept.columns, ', ' ORDER BY right_of.privilege_type) AS rights,
    CASE WHEN right_of.grantee = 0 THEN 'PUBLIC' ELSE right_of.grantee::regrole::text END AS account,
    right_of.is_grantable
FROM pg_class AS owned CROSS JOIN LATERAL (
    SELECT '' AS columns, owned.relacl AS rights
    UNION ALL SELECT format(' (%I)', attname), attacl FROM pg_attribute WHERE attrelid = owned.oid AND NOT attisdropped
) AS kept CROSS JOIN LATERAL aclexplode(kept.rights) AS right_of
WHERE owned.oid = 'faces'::regclass AND right_of.grantee <> owned.relowner
GROUP BY right_of.grantee, right_of.is_grantable
"""

_VIEWS = """
SELECT DISTINCT ev_class::regclass::text FROM pg_depend JOIN pg_rewrite ON pg_rewrite.oid = objid
WHERE classid = 'pg_rewrite'::regclass AND refclassid = 'pg_class'::regclass AND refobjid = 'faces'::regclass
ORDER BY 1
"""


async def is_partitioned(connection: asyncpg.Connection) -> bool:
    """Return whether `faces` has partitions."""
    return bool(await connection.fetchval(_IS_PARTITIONED))


async def make_whole(connection: asyncpg.Connection) -> int:
    """Make one table of the partitions, with the same owner, rights, keys and indexes; return the number of rows.

    Its policies have to be made again. Raises UnusableDatabase if views would be lost.
    """
    await connection.execute("LOCK TABLE faces IN ACCESS EXCLUSIVE MODE")
    if views := [view for (view,) in await connection.fetch(_VIEWS)]:
        raise UnusableDatabase(
            f"The table faces is made anew, and views would be lost; drop {', '.join(views)}, and make them again "
            "afterwards."
        )
    columns = await connection.fetchval(_COLUMNS)
    owner, rights = await connection.fetchval(_OWNER), await connection.fetch(_RIGHTS)
    constraints, indexes = await connection.fetch(_CONSTRAINTS), await connection.fetch(_INDEXES)
    await connection.execute(_MAKE_WHOLE)
    copy = f"INSERT INTO faces_whole ({columns}) SELECT {columns} FROM faces"  # noqa: S608 - names of its columns
    copied = await connection.execute(copy)
    await connection.execute("DROP TABLE faces CASCADE")
    await connection.execute("ALTER TABLE faces_whole RENAME TO faces")
    for key in constraints:
        await connection.execute(f"ALTER TABLE {key['table']} ADD CONSTRAINT {key['name']} {key['definition']}")
    for (index,) in indexes:
        await connection.execute(index)
    for right in rights:
        grantable = " WITH GRANT OPTION" if right["is_grantable"] else ""
        await connection.execute(f"GRANT {right['rights']} ON faces TO {right['account']}{grantable}")
    await connection.execute(f"ALTER TABLE faces OWNER TO {owner}")
    return int(copied.rpartition(" ")[2])
