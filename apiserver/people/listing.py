"""Persons of a directory in pages.

Each order has an index, so that later pages of an unfiltered list are as fast as the first one.
What has no index, such as a part of a name, is looked for in all rows of the directory, once for each page.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import Field, TypeAdapter

from apiserver.database.session import Connection
from apiserver.list_keys import Time, after_prefix
from apiserver.people.records import COLUMNS, Person, require_directory
from apiserver.turns import taking_turns


class Sort(StrEnum):
    """Order of a list of persons; a minus means descending."""

    PERSON = "person"
    PERSON_DOWN = "-person"
    NAME = "name"
    NAME_DOWN = "-name"
    CREATED = "created_at"
    CREATED_DOWN = "-created_at"
    SEEN = "last_seen_at"
    SEEN_DOWN = "-last_seen_at"
    FACES = "faces"
    FACES_DOWN = "-faces"

    @property
    def column(self) -> str:
        """The column that determines the order."""
        return self.value.removeprefix("-")


_Value = Time | int | str | None

Key = tuple[_Value, str]
"""Key of the last item of a page: its value, if the list is not ordered by the person, and the person."""

_MAX_COUNT = 2**63 - 1


class _Order(NamedTuple):
    """How a list is ordered.

    column: as PostgreSQL sorts by it. parameter: what compares with it. kind: its value in a cursor. key: the column of
    a row with this value, None if the list is ordered by the person.
    """

    column: str
    parameter: str
    kind: Any
    key: str | None


# Persons never seen sort before all others; the expressions must be those of the indexes.
_ORDERS: Mapping[str, _Order] = {
    "person": _Order("person", "{}", None, None),
    "name": _Order("sort_name", "{}", str, "sort_name"),
    "created_at": _Order("created_at", "{}::timestamptz", Time, "created_at"),
    "last_seen_at": _Order(
        "coalesce(last_seen_at, '-infinity'::timestamptz)",
        "coalesce({}::timestamptz, '-infinity'::timestamptz)",
        Time | None,
        "last_seen_at",
    ),
    "faces": _Order("face_count", "{}::bigint", Annotated[int, Field(ge=0, le=_MAX_COUNT)], "face_count"),
}

KEYS: Mapping[str, TypeAdapter[Key]] = {
    column: TypeAdapter(tuple[order.kind, str])  # type: ignore[name-defined]
    for column, order in _ORDERS.items()
}
"""The keys in cursors, by the column of the order."""

_WARNED = """EXISTS (
    SELECT FROM face_warnings
    WHERE face_warnings.directory = $1 AND face_warnings.person = persons.person AND dismissed_at IS NULL
)"""

MAX_WORDS = 16
"""Words of a search; each is looked for in every name."""

_NEAR = 2_000
"""Persons that are looked at one after the other, before all are read: with a common name, they fill a page."""

_UNPREPARED = "SET LOCAL plan_cache_mode = force_custom_plan"
"""The planner needs the values of a metadata filter to estimate its selectivity, and so to choose the index."""


@dataclass(frozen=True, slots=True)
class PersonsFilter:
    """Order and filters of a list.

    search: words that the id, the name or the external id contain, whatever their case and accents. prefix: of the id.
    metadata: an object contained in that of the person. named: with a display name, or without. warned: with doubts
    about a face, or without. created_since, seen_since: the earliest time.
    """

    sort: Sort = Sort.PERSON
    search: str = ""
    prefix: str = ""
    external_id: str | None = None
    metadata: dict[str, Any] | None = None
    named: bool | None = None
    warned: bool | None = None
    created_since: datetime | None = None
    seen_since: datetime | None = None

    @property
    def words(self) -> list[str]:
        """The words to search, each once."""
        return list(dict.fromkeys(self.search.split()))

    @property
    def needs_all_rows(self) -> bool:
        """Whether the list is found by reading all rows of the directory, or all that a further index has."""
        unindexed = (self.named, self.warned, self.created_since, self.seen_since)
        return bool(self.words) or any(each is not None for each in unindexed)

    @property
    def has_index(self) -> bool:
        """Whether an index, though not that of the order, has the persons; usually they are few."""
        return self.named is False or bool(self.warned)


class _Statement(NamedTuple):
    text: str
    parameters: list[object]


async def page(
    connection: Connection, directory: str, filter_: PersonsFilter, limit: int, after: Key | None
) -> tuple[list[Person], Key | None]:
    """Return the first `limit` persons after the key `after`, and the key of the next page, if any.

    Raises DirectoryNotFound or DatabaseUnavailable.
    """
    rows = await _rows(connection, directory, filter_, limit + 1, after)
    if not rows:
        await require_directory(connection, directory)
    persons = [Person.of(row) async for row in taking_turns(rows[:limit])]
    if len(rows) <= limit:
        return persons, None
    key = _ORDERS[filter_.sort.column].key
    return persons, (rows[limit - 1][key] if key else None, persons[-1].person)


async def _rows(
    connection: Connection, directory: str, filter_: PersonsFilter, limit: int, after: Key | None
) -> Sequence[Any]:
    if filter_.needs_all_rows:
        near = _statement(directory, filter_, limit, after, near=True)
        rows: Sequence[Any] = await connection.fetch(near.text, *near.parameters)
        if len(rows) == limit:
            return rows
    statement = _statement(directory, filter_, limit, after)
    if not filter_.metadata:
        return list(await connection.fetch(statement.text, *statement.parameters))
    async with connection.transaction():
        await connection.execute(_UNPREPARED)
        return list(await connection.fetch(statement.text, *statement.parameters))


def _statement(
    directory: str, filter_: PersonsFilter, limit: int, after: Key | None, *, near: bool = False
) -> _Statement:
    """Return the statement of a page. near: only of the persons among the next `_NEAR` of the directory."""
    parameters: list[object] = [directory, limit]

    def parameter(value: object) -> str:
        parameters.append(value)
        return f"${len(parameters)}"

    sort = filter_.sort
    of_directory, conditions = ["directory = $1"], list(_conditions(filter_, parameter))
    if filter_.has_index and not near:
        behind = [] if after is None else [_behind(sort, parameter, after, "key")]
        return _Statement(_found_first(sort, of_directory + conditions, behind), parameters)
    behind = [] if after is None else [_behind(sort, parameter, after, _ORDERS[sort.column].column)]
    if near:
        text = _near(sort, of_directory + behind, conditions)
    else:
        text = (_found_first if filter_.needs_all_rows else _text)(sort, of_directory + behind + conditions)
    return _Statement(text, parameters)


def _conditions(filter_: PersonsFilter, parameter: Callable[[object], str]) -> Iterator[str]:
    if filter_.prefix:
        yield f"person >= {parameter(filter_.prefix)}"
        if end := after_prefix(filter_.prefix):
            yield f"person < {parameter(end)}"
    yield from (_contains(word, parameter) for word in filter_.words)
    if filter_.metadata:  # every object contains the empty one; the condition would hide the index of the order
        yield f"metadata @> {parameter(json.dumps(filter_.metadata))}::jsonb"
    compared = {
        "external_id =": filter_.external_id,
        "created_at >=": filter_.created_since,
        "last_seen_at >=": filter_.seen_since,
    }
    yield from (f"{column} {parameter(value)}" for column, value in compared.items() if value is not None)
    # Not compared with parameters: the planner would neither join nor use an index.
    if filter_.named is not None:
        yield "display_name IS NOT NULL" if filter_.named else "display_name IS NULL"
    if filter_.warned is not None:
        yield _WARNED if filter_.warned else f"NOT {_WARNED}"


def _contains(word: str, parameter: Callable[[object], str]) -> str:
    """Return the condition that a name contains a word; the names have both spellings, and so does the word."""
    given = parameter(word)
    spellings = [given] if word.isascii() else [given, f"spelled_out({given})"]
    # In a subquery, a word is folded once and not for each row.
    found = [f"strpos(search_text, (SELECT folded_name({spelling}))) > 0" for spelling in spellings]
    return f"({' OR '.join(found)})"


def _behind(sort: Sort, parameter: Callable[[object], str], after: Key, column: str) -> str:
    """Return the condition that a person comes after a key. column: what the list is ordered by."""
    value, person = after
    comparison = "<" if sort.startswith("-") else ">"
    if sort.column == "person":
        return f"person {comparison} {parameter(person)}"
    key = f"({_ORDERS[sort.column].parameter.format(parameter(value))}, {parameter(person)})"
    return f"({column}, person) {comparison} {key}"


def _text(sort: Sort, conditions: Sequence[str]) -> str:
    order = _order(sort)
    # The subquery applies the limit first, so that faces are counted only for the persons of the page.
    return f"""
SELECT {COLUMNS}, sort_name, face_count
FROM (SELECT * FROM persons WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT $2) AS persons
ORDER BY {order}
"""


def _near(sort: Sort, behind: Sequence[str], conditions: Sequence[str]) -> str:
    """Return the statement that looks at the next persons in the order of the list only: for what many persons have."""
    order = _order(sort)
    return f"""
SELECT {COLUMNS}, sort_name, face_count FROM (
    SELECT * FROM (
        SELECT * FROM persons WHERE {" AND ".join(behind)} ORDER BY {order} LIMIT {_NEAR}
    ) AS persons WHERE {" AND ".join(conditions)} ORDER BY {order} LIMIT $2
) AS persons
ORDER BY {order}
"""


def _found_first(sort: Sort, conditions: Sequence[str], behind: Sequence[str] = ()) -> str:
    """Return the statement that finds all persons first, and then reads those of the page, which satisfy `behind`.

    Otherwise the planner reads rows in the order of the list until the page is full, which takes several times as long
    if few or no persons are found.
    """
    order = _ORDERS[sort.column].column
    direction = _direction(sort)
    return f"""
WITH found AS MATERIALIZED (
    SELECT person, {order} AS key FROM persons WHERE {" AND ".join(conditions)}
), page AS MATERIALIZED (
    SELECT person, key FROM found WHERE {" AND ".join(behind) or "true"}
    ORDER BY key {direction}, person {direction} LIMIT $2
)
SELECT {COLUMNS}, sort_name, face_count FROM persons JOIN page USING (person) WHERE directory = $1
ORDER BY key {direction}, person {direction}
"""


def _order(sort: Sort) -> str:
    columns = [_ORDERS[sort.column].column] + ["person"] * (sort.column != "person")
    return ", ".join(f"{column} {_direction(sort)}" for column in columns)


def _direction(sort: Sort) -> str:
    return "DESC" if sort.startswith("-") else "ASC"
