"""Persons whose names are equal regardless of case, for clients that know them so; there they are called subjects.

Names that differ in case alone are two persons to all other calls. Where both exist, the exact name counts, or else
the one made first.
"""

from apiserver.database.session import Connection
from apiserver.people import merges, records
from apiserver.people.records import Details
from apiserver.problems import PersonExists, PersonNotFound

_MAX_ALIKE = 1000

# The index has names without case and accents; those that differ in accents are left out afterwards.
_ALIKE = """
SELECT person FROM persons
WHERE directory = $1 AND left(folded_name(person), 100) = left(folded_name($2), 100)
ORDER BY created_at, person LIMIT $3
"""

# As the JSON that clients get: there may be a million.
_ALL = """
SELECT coalesce(json_agg(person ORDER BY person), '[]') FROM persons WHERE directory = $1
"""

_EXCLUDE = "SELECT pg_advisory_xact_lock(hashtextextended('subject ' || $1::text || ' ' || folded_name($2), 0))"

_NOBODY = Details(None, None, {})


async def all_as_json(connection: Connection, directory: str) -> str:
    """Return the names of all persons of a directory as a JSON list. Raises DatabaseUnavailable."""
    return str(await connection.fetchval(_ALL, directory))


async def find(connection: Connection, directory: str, name: str) -> str | None:
    """Return the person with a name, regardless of case; None if there is none.

    The connection sees all directories, because the index cannot be used below a policy. Raises DatabaseUnavailable.
    """
    alike = await _alike(connection, directory, name)
    return name if name in alike else next(iter(alike), None)


async def require(connection: Connection, directory: str, name: str) -> str:
    """Return the person with a name, regardless of case. Raises PersonNotFound or DatabaseUnavailable."""
    if (found := await find(connection, directory, name)) is None:
        raise PersonNotFound(f"Subject {name} not found")
    return found


async def add(connection: Connection, directory: str, name: str, *, make_directory: bool) -> None:
    """Make a person without faces.

    Raises PersonExists if there is one with this name regardless of case, DirectoryNotFound, or DatabaseUnavailable.
    """
    async with connection.transaction():
        await connection.execute(_EXCLUDE, directory, name)
        if await find(connection, directory, name):
            raise PersonExists
        await records.put(connection, directory, name, _NOBODY, make_directory=make_directory)


async def rename(connection: Connection, directory: str, name: str, new: str) -> None:
    """Rename a person, or merge the person into the one who has the new name.

    Raises PersonNotFound, DatabaseBusy or DatabaseUnavailable.
    """
    async with connection.transaction():
        person = await require(connection, directory, name)
        target = await find(connection, directory, new)
        if target is None or target == person:
            await records.edit(connection, directory, person, {"person": new} if new != person else {})
        else:
            await merges.merge(connection, directory, target, [person])


async def settle(connection: Connection, directory: str, name: str) -> str:
    """Merge a person who was just made into one who was made at the same time; return who it is.

    Nobody else has a name like this one, or the person would not have been made. Raises DatabaseUnavailable.
    """
    others = [each for each in await _alike(connection, directory, name) if each != name]
    if not others:
        return name
    try:
        await merges.merge(connection, directory, others[0], [name])
    except PersonNotFound:  # the other call was faster
        return await find(connection, directory, name) or name
    return others[0]


async def _alike(connection: Connection, directory: str, name: str) -> list[str]:
    """Return the names that are equal regardless of case, those made first first."""
    rows = await connection.fetch(_ALIKE, directory, name, _MAX_ALIKE)
    return [row["person"] for row in rows if row["person"].casefold() == name.casefold()]
