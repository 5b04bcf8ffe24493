"""Names of persons and directories that are made: each must look different from every other one.

Those made before this rule keep their names, so that nobody is lost; a person with such a name can be renamed.
"""

from apiserver.database.pool import Database
from apiserver.problems import InvalidName
from serving.name_faults import fault_of

_EXISTS = """
SELECT EXISTS (SELECT FROM directories WHERE directory = $1) AS directory,
    EXISTS (SELECT FROM persons WHERE directory = $1 AND person = $2) AS person
"""


def check_name(kind: str, name: str) -> None:
    """Raise InvalidName if a new directory or person, as `kind` says, must not have this name."""
    if fault := fault_of(name):
        raise InvalidName(f"The name of a {kind} {fault}.")


async def check_names(database: Database, directory: str, person: str | None = None) -> None:
    """Raise InvalidName if the directory or the person does not exist and must not be made. Or DatabaseUnavailable."""
    if not fault_of(directory) and not (person and fault_of(person)):
        return
    async with database.connection() as connection:
        existing = await connection.fetchrow(_EXISTS, directory, person)
    if not existing["directory"]:
        check_name("directory", directory)
    if person and not existing["person"]:
        check_name("person", person)
