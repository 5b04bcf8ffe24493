"""The persons of a directory in pages, each read from the index of its order, whatever stands before it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from apiserver.database import Connection
from apiserver.key_times import Time
from apiserver.name_ranges import after_prefix
from apiserver.persons import COLUMNS, Person, require_directory


class Sort(StrEnum):
    """The order of a list of persons; with a minus the last one comes first."""

    PERSON = "person"
    PERSON_DOWN = "-person"
    CREATED = "created_at"
    CREATED_DOWN = "-created_at"
    SEEN = "last_seen_at"
    SEEN_DOWN = "-last_seen_at"

    @property
    def column(self) -> str:
        """The column it goes by."""
        return self.value.removeprefix("-")


Key = tuple[Time | None, str]
"""Where a page ends: the time it is ordered by, if it is, and the person."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)

# Those never seen were seen at the beginning of time, as in the index.
_EXPRESSION = {
    "person": "person",
    "created_at": "created_at",
    "last_seen_at": "coalesce(last_seen_at, '-infinity'::timestamptz)",
}
_TIME = "coalesce({}::timestamptz, '-infinity'::timestamptz)"

_UNPREPARED = "SET LOCAL plan_cache_mode = force_custom_plan"
"""How many persons metadata select is guessed by its values, and decides which index is the better one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to list: those whose ids begin with `prefix`, who have this `external_id`, whose metadata contain these."""

    sort: Sort = Sort.PERSON
    prefix: str = ""
    external_id: str | None = None
    metadata: dict[str, Any] | None = None


class _Statement(NamedTuple):
    text: str
    parameters: list[object]


async def page(
    connection: Connection, directory: str, wanted: Wanted, limit: int, after: Key | None
) -> tuple[list[Person], Key | None]:
    """Return the first `limit` persons behind the key `after`, and the key of the next page, if there is one.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    statement = _statement(directory, wanted, limit + 1, after)
    if wanted.metadata is None:
        rows = await connection.fetch(statement.text, *statement.parameters)
    else:
        async with connection.transaction():
            await connection.execute(_UNPREPARED)
            rows = await connection.fetch(statement.text, *statement.parameters)
    if not rows:
        await require_directory(connection, directory)
    persons = [Person.of(row) for row in rows[:limit]]
    return persons, _key(wanted.sort, persons[-1]) if len(rows) > limit else None


def _statement(directory: str, wanted: Wanted, limit: int, after: Key | None) -> _Statement:
    parameters: list[object] = [directory, limit]

    def parameter(value: object) -> str:
        parameters.append(value)
        return f"${len(parameters)}"

    conditions = ["directory = $1"]
    if wanted.prefix:
        conditions.append(f"person >= {parameter(wanted.prefix)}")
        if end := after_prefix(wanted.prefix):
            conditions.append(f"person < {parameter(end)}")
    if wanted.external_id is not None:
        conditions.append(f"external_id = {parameter(wanted.external_id)}")
    if wanted.metadata is not None:
        conditions.append(f"metadata @> {parameter(json.dumps(wanted.metadata))}::jsonb")
    if after is not None:
        conditions.append(_behind(wanted.sort, parameter, after))
    return _Statement(_text(wanted.sort, conditions), parameters)


def _behind(sort: Sort, parameter: Any, after: Key) -> str:  # noqa: ANN401 - see its caller
    time, person = after
    comparison = "<" if sort.startswith("-") else ">"
    if sort.column == "person":
        return f"person {comparison} {parameter(person)}"
    key = f"({_TIME.format(parameter(time))}, {parameter(person)})"
    return f"({_EXPRESSION[sort.column]}, person) {comparison} {key}"


def _text(sort: Sort, conditions: Sequence[str]) -> str:
    direction = "DESC" if sort.startswith("-") else "ASC"
    columns = [_EXPRESSION[sort.column]] + ["person"] * (sort.column != "person")
    order = ", ".join(f"{column} {direction}" for column in columns)
    # Faces are counted behind the limit.
    return f"""
SELECT {COLUMNS}
FROM (SELECT * FROM persons WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT $2) AS persons
ORDER BY {order}
"""


def _key(sort: Sort, person: Person) -> Key:
    times: dict[str, datetime | None] = {"created_at": person.created_at, "last_seen_at": person.last_seen_at}
    return times.get(sort.column), person.person
