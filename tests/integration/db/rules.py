"""What Citus refuses, or does otherwise than one server, in statements over distributed tables."""

from collections.abc import Callable, Iterator

import sqlglot
from sqlglot import exp

from db.distribution import DISTRIBUTED, LOCAL
from tests.integration.db.statements import without_operators

_IMMUTABLE = (exp.Coalesce, exp.Greatest, exp.Least, exp.Case, exp.If, exp.Cast, exp.And, exp.Or, exp.ArrayAppend)
"""What the parser takes for functions and Citus lets stand in DO UPDATE."""

_OF_LOCAL_TABLES = ("audit_", "procrastinate_", "next_turn_of_key")
"""Functions that read or write tables of the coordinator."""


def faults(statement: str) -> list[str]:
    """Return sentences about what is wrong on several servers with one or more statements; none if nothing is."""
    trees = sqlglot.parse(without_operators(statement), dialect="postgres")
    return [f"{fault}." for tree in trees if tree for rule in _RULES for fault in rule(tree)]


def _tables(tree: exp.Expression, kind: tuple[str, ...]) -> set[str]:
    defined = {part.alias for part in tree.root().find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} & set(kind) - defined


def _volatile_in_do_update(tree: exp.Expression) -> Iterator[str]:
    for insert in tree.find_all(exp.Insert):
        conflict = insert.args.get("conflict")
        if conflict and insert.this.find(exp.Table).name in DISTRIBUTED:
            called = [part for part in conflict.find_all(exp.Func) if not isinstance(part, _IMMUTABLE)]
            if called:
                yield f"DO UPDATE calls {called[0].sql('postgres')}: take the value of `excluded`"


def _both_kinds(tree: exp.Expression) -> Iterator[str]:
    distributed, local = _tables(tree, DISTRIBUTED), _tables(tree, LOCAL)
    if distributed and local:
        yield f"{', '.join(sorted(distributed))} are distributed, {', '.join(sorted(local))} are not: two statements"
    for called in tree.find_all(exp.Anonymous):
        query = called.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Insert)
        if called.name.lower().startswith(_OF_LOCAL_TABLES) and query and _own_tables(query, DISTRIBUTED):
            yield f"{called.name} uses tables of the coordinator, beside distributed ones"


def _own_tables(query: exp.Expression, kind: tuple[str, ...]) -> set[str]:
    """Return the tables of a query without those of its WITH, which Citus runs first."""
    within_with = {id(table) for cte in query.find_all(exp.CTE) for table in cte.find_all(exp.Table)}
    defined = {part.alias for part in query.root().find_all(exp.CTE)}
    tables = {table.name for table in query.find_all(exp.Table) if id(table) not in within_with}
    return tables & set(kind) - defined


def _locked_without_directory(tree: exp.Expression) -> Iterator[str]:
    for lock in tree.find_all(exp.Lock):
        query = lock.find_ancestor(exp.Select)
        if query and _own_tables(query, DISTRIBUTED) and not _names_directory(query):
            yield "FOR UPDATE or SHARE without a directory: find rows, then lock and check those of each directory"


def _names_directory(query: exp.Expression) -> bool:
    where = query.args.get("where")
    conditions = list(where.this.flatten()) if where and isinstance(where.this, exp.And) else [where and where.this]
    return any(
        isinstance(condition, exp.EQ) and isinstance(condition.this, exp.Column) and condition.this.name == "directory"
        for condition in conditions
    )


def _subquery_in_returning(tree: exp.Expression) -> Iterator[str]:
    for returning in tree.find_all(exp.Returning):
        written = returning.parent
        if returning.find(exp.Select) and written and written.this.find(exp.Table).name in DISTRIBUTED:
            yield "a subquery in RETURNING: read it in another statement"


def _advisory_lock_beside_from(tree: exp.Expression) -> Iterator[str]:
    for called in tree.find_all(exp.Anonymous):
        query = called.find_ancestor(exp.Select)
        if "advisory" in called.name.lower() and query and query.args.get("from_"):
            yield "an advisory lock beside a FROM is taken on another server than one without"


def _exists_of_nothing(tree: exp.Expression) -> Iterator[str]:
    for exists in tree.find_all(exp.Exists):
        query = exists.this
        is_empty = isinstance(query, exp.Select) and not query.selects
        if is_empty and _own_tables(query, DISTRIBUTED) and not _names_directory(query):
            yield "EXISTS (SELECT FROM …) over all servers: say SELECT 1"


_RULES: tuple[Callable[[exp.Expression], Iterator[str]], ...] = (
    _volatile_in_do_update,
    _both_kinds,
    _locked_without_directory,
    _subquery_in_returning,
    _advisory_lock_beside_from,
    _exists_of_nothing,
)
