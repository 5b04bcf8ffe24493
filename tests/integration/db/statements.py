"""The SQL statements in the gateway's source, and whether each names its directory."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp

from apiserver.biometrics.model import Scoring
from apiserver.consent import unnamed
from apiserver.deletion import erasure
from apiserver.directories import distributions
from apiserver.keys import usage_records
from apiserver.people import activity, unlike
from apiserver.people import listing as person_lists
from apiserver.search import changes
from apiserver.search import statements as search_sql
from apiserver.search.indexes import Indexed
from db.distribution import DISTRIBUTED
from tests.checkout import ROOT

SOURCE = ROOT / "apiserver"

SQL = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\s")
_DISTANCE = re.compile(r"<#>|<~>|<=>|<->")
"""pgvector's operators, which the parser does not know."""


@dataclass(frozen=True)
class Statement:
    """SQL and its place: the constant that holds it, or the function that contains or composes it."""

    module: str
    name: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.module}.{self.name}"


UNNAMED = unnamed(consent_required=True)

_WRITTEN: Mapping[str, list[str]] = {
    "search.statements.exact": [
        search_sql.exact(2, Scoring.MAX, UNNAMED),
        search_sql.exact(1, Scoring.MEAN, UNNAMED),
        search_sql.exact(1, Scoring.MAX, UNNAMED, where="directory = 'a' AND model = 'b'"),
    ],
    "search.statements.quantized": [
        search_sql.quantized(2, scoring, UNNAMED, candidates=50, parts=parts) for scoring in Scoring for parts in (1, 2)
    ],
    "search.statements.nearest": [
        search_sql.nearest(probes, UNNAMED, "directory = 'a' AND model = 'b'") for probes in (1, 2)
    ],
    "search.statements.proposed": [
        search_sql.proposed(2, scoring, UNNAMED, "directory = 'a' AND model = 'b'", max_changed=10)
        for scoring in Scoring
    ],
    "search.statements._first": [],  # part of the two above
    "search.changes._CHANGED_FACES": [
        changes._changed_faces(Indexed("a", "b", 64), changes.Version("", (1, 2, ()))),
    ],
    "search.changes._ALL": [changes._ALL.format(where="directory = 'a' AND model = 'b'")],
    "search.changes._NEXT": [changes._NEXT],
    "search.statements.distances": [search_sql.distances(2, UNNAMED, sample=1000, rank=16)],
    "search.statements.graph": [
        search_sql.graph(2, UNNAMED, dimension=128, candidates=200, where="directory = 'a' AND model = 'b'")
    ],
    "search.statements._ranked": [],  # part of the two above
    "keys.usage_records._ADD": [usage_records._ADD],
    "keys.usage_records._READ": [usage_records._READ],
    "deletion.erasure._ADD_RECEIPT": [erasure._ADD_RECEIPT],
    "people.unlike._COMPARE": [unlike._OF_DIRECTORY, unlike._OF_PERSON],
    "people.listing._text": [
        person_lists._statement("acme", person_lists.PersonsFilter(metadata={"a": 1}), 10, None).text,
    ],
    "people.listing._near": [
        person_lists._statement(
            "acme", person_lists.PersonsFilter(search="ann", warned=False), 10, (None, "b"), near=True
        ).text,
    ],
    "people.listing._found_first": [
        person_lists._statement(
            "acme", person_lists.PersonsFilter(sort=person_lists.Sort.FACES, search="änn", warned=True), 10, None
        ).text,
    ],
    "directories.distributions._COUNT": [distributions._COUNT],
    "people.activity._statement": [activity._statement(list(activity.EventKind))],
    **{f"people.activity.{name}": [] for name in ("_PHOTOGRAPHS", "_ADDED", "_MERGED", "_DELETED")},
    "people.listing._WARNED": [],  # part of the ones above
}
"""Statements composed by functions; all others are read from the source."""


def statements() -> list[Statement]:
    """Return all statements that read or write rows."""
    written = [
        Statement(*place.rsplit(".", 1), text=text)  # type: ignore[misc]
        for place, texts in _WRITTEN.items()
        for text in texts
    ]
    found = (statement for path in sorted(SOURCE.rglob("*.py")) for statement in _in_module(path))
    return written + [statement for statement in found if statement.place not in _WRITTEN]


def _module(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts)


def texts_in(path: Path) -> Iterator[str]:
    """Yield the statements in a file; what they are composed of is omitted."""
    return _texts(ast.parse(path.read_text()))


def _in_module(path: Path) -> Iterator[Statement]:
    for part in ast.parse(path.read_text()).body:
        for name, node in _named(part):
            yield from (Statement(_module(path), name, text) for text in _texts(node))


def _named(part: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    match part:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.ClassDef(body=body):
            for inner in body:
                yield from _named(inner)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, part


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield the strings that are SQL; expressions inside a composed string are omitted."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values)  # type: ignore[misc]
        if SQL.match(text):
            yield text
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def without_operators(statement: str) -> str:
    """Return a statement that the parser can read."""
    return _DISTANCE.sub("-", statement)


def unbound_tables(statement: str) -> set[str]:
    """Return the distributed tables that a statement reads or writes without naming a directory."""
    tree = sqlglot.parse_one(without_operators(statement), dialect="postgres")
    defined = {part.alias for part in tree.find_all(exp.CTE)}
    tables = [table for table in tree.find_all(exp.Table) if table.name in set(DISTRIBUTED) - defined]
    return {table.name for table in tables if not _is_bound(table)}


def _is_bound(table: exp.Table) -> bool:
    query = table.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Insert)
    if isinstance(query, exp.Insert):
        return _inserts_into_one(query)
    where = query.args.get("where") if query else None
    return where is not None and any(_is_of(table, condition) for condition in _joined_by_and(where.this))


def _joined_by_and(condition: exp.Expr) -> Iterable[exp.Expr]:
    return condition.flatten() if isinstance(condition, exp.And) else [condition]


def _is_of(table: exp.Table, condition: exp.Expr) -> bool:
    """Return whether a condition equates the table's directory with a value, or with that of a bound outer query."""
    if not isinstance(condition, exp.EQ):
        return False
    column, value = condition.this, condition.expression
    if not (_is_directory(column) and column.table in {"", table.alias_or_name}):
        return False
    return _is_given(value) or (_is_directory(value) and _comes_from_one(_outer_source(table, value.table)))


def _outer_source(table: exp.Table, name: str) -> exp.Expr | None:
    """Return the source called `name` in the queries around that of the table."""
    query = table.find_ancestor(exp.Select)
    while query and (query := query.find_ancestor(exp.Select)):
        source: exp.Expr = query.args["from_"].this
        if source.alias_or_name == name:
            return source
    return None


def _comes_from_one(source: exp.Expr | None) -> bool:
    """Return whether all rows of a table or derived table have the same directory."""
    if isinstance(source, exp.Subquery):
        return _comes_from_one(source.this.args["from_"].this)
    return isinstance(source, exp.Table) and _is_bound(source)


def _inserts_into_one(query: exp.Insert) -> bool:
    columns = [column.name for column in query.this.expressions]
    if "directory" not in columns:
        return False
    place = columns.index("directory")
    if isinstance(query.expression, exp.Values):
        return all(_is_given(row.expressions[place]) for row in query.expression.expressions)
    directory = query.expression.selects[place]
    return _is_given(directory) or (_is_directory(directory) and _comes_from_one(query.expression.args["from_"].this))


def _is_directory(value: exp.Expr) -> bool:
    return isinstance(value, exp.Column) and value.name == "directory"


def _is_given(value: exp.Expr) -> bool:
    return isinstance(value, exp.Parameter | exp.Literal)
