"""Persons of a directory in pages. Each order has an index, so that later pages are as fast as the first one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from apiserver.database import Connection
from apiserver.list_keys import Time, after_prefix
from apiserver.people.records import COLUMNS, Person, require_directory
from apiserver.turns import taking_turns


class Sort(StrEnum):
    """Order of a list of persons; a minus means descending."""

    PERSON = "person"
    PERSON_DOWN = "-person"
    CREATED = "created_at"
    CREATED_DOWN = "-created_at"
    SEEN = "last_seen_at"
    SEEN_DOWN = "-last_seen_at"

    @property
    def column(self) -> str:
        """The column that determines the order."""
        return self.value.removeprefix("-")


Key = tuple[Time | None, str]
"""Key of the last item of a page: its time, if the list is ordered by time, and the person."""

KEY: TypeAdapter[Key] = TypeAdapter(Key)

# Persons never seen sort before all others; the expression must be that of the index.
_EXPRESSION = {
    "person": "person",
    "created_at": "created_at",
    "last_seen_at": "coalesce(last_seen_at, '-infinity'::timestamptz)",
}
_TIME = "coalesce({}::timestamptz, '-infinity'::timestamptz)"

_UNPREPARED = "SET LOCAL plan_cache_mode = force_custom_plan"
"""The planner needs the values of a metadata filter to estimate its selectivity, and so to choose the index."""


@dataclass(frozen=True, slots=True)
class PersonsFilter:
    """Order and filters of a list: prefix of the id, external id, and an object contained in the metadata."""

    sort: Sort = Sort.PERSON
    prefix: str = ""
    external_id: str | None = None
    metadata: dict[str, Any] | None = None


class _Statement(NamedTuple):
    text: str
    parameters: list[object]


async def page(
    connection: Connection, directory: str, filter_: PersonsFilter, limit: int, after: Key | None
) -> tuple[list[Person], Key | None]:
    """Return the first `limit` persons after the key `after`, and the key of the next page, if any.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    statement = _statement(directory, filter_, limit + 1, after)
    if not filter_.metadata:
        rows = await connection.fetch(statement.text, *statement.parameters)
    else:
        async with connection.transaction():
            await connection.execute(_UNPREPARED)
            rows = await connection.fetch(statement.text, *statement.parameters)
    if not rows:
        await require_directory(connection, directory)
    persons = [Person.of(row) async for row in taking_turns(rows[:limit])]
    return persons, _key(filter_.sort, persons[-1]) if len(rows) > limit else None


def _statement(directory: str, filter_: PersonsFilter, limit: int, after: Key | None) -> _Statement:
    parameters: list[object] = [directory, limit]

    def parameter(value: object) -> str:
        parameters.append(value)
        return f"${len(parameters)}"

    conditions = ["directory = $1"]
    if filter_.prefix:
        conditions.append(f"person >= {parameter(filter_.prefix)}")
        if end := after_prefix(filter_.prefix):
            conditions.append(f"person < {parameter(end)}")
    if filter_.external_id is not None:
        conditions.append(f"external_id = {parameter(filter_.external_id)}")
    if filter_.metadata:  # every object contains the empty one; the condition would hide the index of the order
        conditions.append(f"metadata @> {parameter(json.dumps(filter_.metadata))}::jsonb")
    if after is not None:
        conditions.append(_behind(filter_.sort, parameter, after))
    return _Statement(_text(filter_.sort, conditions), parameters)


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
    # The subquery applies the limit first, so that faces are counted only for the persons of the page.
    return f"""
SELECT {COLUMNS}
FROM (SELECT * FROM persons WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT $2) AS persons
ORDER BY {order}
"""


def _key(sort: Sort, person: Person) -> Key:
    times: dict[str, datetime | None] = {"created_at": person.created_at, "last_seen_at": person.last_seen_at}
    return times.get(sort.column), person.person
