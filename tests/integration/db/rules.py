"""What Citus refuses, or does otherwise than one server, in statements over distributed tables and in migrations.

Rules were met on a coordinator with two workers; what they answered is in the comments. Those about volatile functions,
changed directories and unique indexes are what the source of Citus says.
"""

import re
from collections.abc import Callable, Iterator

import sqlglot
from sqlglot import exp

from db.distribution import DISTRIBUTED, LOCAL
from tests.integration.db.statements import unbound_tables, without_operators

EVERYWHERE = {
    "deletion.records._READ_UNTAGGED": "an earlier address of a deletion names no directory",
    "directories.records._COUNT": "how many directories a key covers",
    "people.retention.ages": "upkeep looks for the directories that forget whom nobody has seen",
    "tagged_ids._EXISTING": "upkeep notes the tags of all directories",
    "directories.listing._NAMES": "a page of directories",
    "directories.listing._MATCHING": "the same, of names that match a pattern",
    "directories.listing._COUNT": "and how much each of them holds",
    "people.counts._DIRECTORIES": "upkeep counts the faces of all directories",
    "storage.images._FIND_UNTAGGED": "an earlier address of a file does not lead to its directory",
    "storage.images._FIND_DIRECTORY_UNTAGGED": "the same, to check its link first",
    "storage.images._EXPIRED": "the sweeper goes by the time at which images expire",
    "storage.images._STUCK": "the same, for those that could not be deleted",
    "storage.archives._EXPIRED": "the sweeper goes by the time at which archives expire",
    "storage.archives._OF_IMPORTS": "the sweeper looks for archives whose imports failed",
    "imports.records._OLD": "upkeep looks for imports whose jobs were deleted",
    "enrolment.measuring._DIRECTORIES": "upkeep looks for faces that were enrolled before recognizability was measured",
    "storage.cleaning._NEXT": "upkeep looks for photographs that were stored with their metadata",
    "storage.encrypting._UNENCRYPTED": "upkeep looks for photographs that are stored in the clear",
    "storage.archives._UNENCRYPTED": "the same, for archives",
    "encryption.stored_crops._DIRECTORIES": "the same, for directories with crops in the clear",
    "encryption.unencrypted._COUNT": "a metric of how much is in the clear",
    "encryption.rotation._OF_OTHER_MASTERS": "upkeep wraps the keys of all directories again",
    "encryption.rotation._RETIRED": "upkeep looks for keys that were replaced",
    "encryption.rotation._LIST": "an operator lists all keys",
    "search.changes._FORGET": "upkeep forgets changes of all directories that are known everywhere",
    "search.indexes._REQUESTED": "upkeep looks for indexes that are no longer needed",
}
"""Statements about all directories, which every server answers, with the reason."""

# What the parser takes for functions, and Citus lets stand everywhere.
_IMMUTABLE = (exp.Coalesce, exp.Greatest, exp.Least, exp.Case, exp.If, exp.Cast, exp.And, exp.Or, exp.Array)

_VOLATILE = {"random", "rand", "gen_random_uuid", "clock_timestamp", "nextval", "timeofday", "set_config", "pg_notify"}

# Functions that read or write tables of the coordinator.
_OF_LOCAL_TABLES = ("audit_", "procrastinate_", "next_turn_of_key")

_Rule = Callable[[exp.Expr], Iterator[str]]


def faults(statement: str, place: str = "") -> list[str]:
    """Return sentences about what is wrong on several servers with a statement; none if nothing is."""
    tree = sqlglot.parse_one(without_operators(statement), dialect="postgres")
    found = [fault for rule in _RULES for fault in rule(tree)]
    if place not in EVERYWHERE:
        found += [f"{table} without a directory" for table in sorted(unbound_tables(statement))]
    return found


def _tables(query: exp.Expr, kind: tuple[str, ...], *, own: bool = False) -> set[str]:
    """Return the tables of a kind in a query; own: without those of its WITH, which Citus may run first."""
    defined = {part.alias for part in query.root().find_all(exp.CTE)}
    inner = {id(table) for part in query.find_all(exp.CTE) for table in part.find_all(exp.Table)} if own else set()
    return {table.name for table in query.find_all(exp.Table) if id(table) not in inner} & set(kind) - defined


def _written(statement: exp.Expr) -> str:
    """Return the name of the table that an INSERT, UPDATE or DELETE writes."""
    table = statement.this.find(exp.Table)
    return str(table.name) if table else ""


def _volatile(part: exp.Expr) -> Iterator[exp.Expr]:
    for called in part.find_all(exp.Func):
        name = called.name if isinstance(called, exp.Anonymous) else called.sql_name()
        if name.lower() in _VOLATILE or isinstance(called, exp.Rand | exp.Uuid):
            yield called


def _functions(part: exp.Expr) -> list[exp.Expr]:
    return [called for called in part.find_all(exp.Func) if not isinstance(called, _IMMUTABLE)]


# "functions used in the DO UPDATE SET clause of INSERTs on distributed tables must be marked IMMUTABLE"
def _function_in_do_update(tree: exp.Expr) -> Iterator[str]:
    for insert in tree.find_all(exp.Insert):
        conflict = insert.args.get("conflict")
        if conflict and _written(insert) in DISTRIBUTED:
            for called in _functions(conflict):
                yield f"{called.sql('postgres')} in DO UPDATE: take the value of `excluded`"


# "non-IMMUTABLE functions are not allowed in CASE or COALESCE statements"
def _function_in_case(tree: exp.Expr) -> Iterator[str]:
    for statement in tree.find_all(exp.Insert, exp.Update, exp.Delete):
        if _written(statement) in DISTRIBUTED:
            for chosen in statement.find_all(exp.Case, exp.Coalesce):
                called = chosen.find(exp.CurrentTimestamp) or next(_volatile(chosen), None)
                if called and not chosen.find_ancestor(exp.Select):
                    name = "now()" if isinstance(called, exp.CurrentTimestamp) else called.sql("postgres")
                    yield f"{name} within CASE or coalesce"


# "functions used in UPDATE queries on distributed tables must not be VOLATILE", and in the WHERE of other modifications
def _volatile_function(tree: exp.Expr) -> Iterator[str]:
    for statement in tree.find_all(exp.Update, exp.Delete):
        if _written(statement) in DISTRIBUTED:
            for called in _volatile(statement):
                if called.find_ancestor(exp.Update, exp.Delete, exp.Select) is statement:
                    yield f"{called.sql('postgres')} in an UPDATE or DELETE: pass the value as a parameter"


# "modifying the partition value of rows is not allowed"
def _changed_directory(tree: exp.Expr) -> Iterator[str]:
    for update in tree.find_all(exp.Update):
        if _written(update) in DISTRIBUTED:
            for change in update.expressions:
                if isinstance(change, exp.EQ) and _names(change.this, "directory"):
                    yield "SET directory: delete the row, and insert another one"


# "relation … does not exist", and "non-IMMUTABLE functions are not allowed in the RETURNING clause"
def _query_or_function_in_returning(tree: exp.Expr) -> Iterator[str]:
    for returning in tree.find_all(exp.Returning):
        if returning.parent and _written(returning.parent) in DISTRIBUTED:
            if returning.find(exp.Select):
                yield "a query in RETURNING: read it in another statement"
            for called in _functions(returning):
                yield f"{called.sql('postgres')} in RETURNING"


# "direct joins between distributed and local tables are not supported"
def _both_kinds_of_tables(tree: exp.Expr) -> Iterator[str]:
    distributed, local = _tables(tree, DISTRIBUTED), _tables(tree, LOCAL)
    if distributed and local:
        yield f"{', '.join(sorted(distributed))} are distributed and {', '.join(sorted(local))} are not: two statements"
    for called in tree.find_all(exp.Anonymous):
        query = called.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Insert)
        if called.name.lower().startswith(_OF_LOCAL_TABLES) and query and _tables(query, DISTRIBUTED, own=True):
            yield f"{called.name} uses tables of the coordinator, beside distributed ones"


# "could not run distributed query with FOR UPDATE/SHARE commands"
def _locked_without_directory(tree: exp.Expr) -> Iterator[str]:
    for query in tree.find_all(exp.Select):
        if query.args.get("locks") and _tables(query, DISTRIBUTED, own=True) and not _names_directory(query):
            yield "FOR UPDATE or SHARE without a directory: find rows, then lock and check those of each directory"


# Citus runs it where the table is, and one without a FROM on the coordinator: they never meet. No error. One in a WITH,
# or in a query of its own, goes with the statement.
def _advisory_lock_beside_from(tree: exp.Expr) -> Iterator[str]:
    for called in tree.find_all(exp.Anonymous):
        if "advisory" in called.name.lower() and _tables(tree, DISTRIBUTED):
            yield "an advisory lock beside a FROM is taken on another server than one without"


# "a column definition list is required for functions returning "record""
def _exists_of_no_columns(tree: exp.Expr) -> Iterator[str]:
    for exists in tree.find_all(exp.Exists):
        query = exists.this
        empty = isinstance(query, exp.Select) and not query.selects and _tables(query, DISTRIBUTED, own=True)
        if empty and not _names_directory(query):
            yield "EXISTS (SELECT FROM …) on all servers: say SELECT 1"


# Nothing of the statement is run, and nothing is said.
def _condition_of_parameters(tree: exp.Expr) -> Iterator[str]:
    for where in tree.find_all(exp.Where) if _tables(tree, DISTRIBUTED) and tree.find(exp.CTE) else ():
        for condition in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
            is_constant = isinstance(condition, exp.Boolean) and not condition.this
            if is_constant or (condition.find(exp.Parameter) and not condition.find(exp.Column, exp.Select)):
                yield f"{condition.sql('postgres')} has no column: where it is false, Citus runs no part at all"


# "could not determine data type of parameter $1", "missing FROM-clause entry for table", and "COPY FROM not supported
# with row-level security": rows that do not come from a shard with their directory are carried by the coordinator.
def _insert_of_a_query(tree: exp.Expr) -> Iterator[str]:
    if (
        not isinstance(tree, exp.Insert)
        or _written(tree) not in DISTRIBUTED
        or not isinstance(tree.expression, exp.Query)
    ):
        return
    conflict, returned = tree.args.get("conflict"), tree.args.get("returning")
    if conflict and conflict.find(exp.Parameter):
        yield "a parameter in DO UPDATE of an INSERT with a query: take a value of `excluded`"
    if returned and returned.find(exp.Column) and not tree.this.find(exp.Table).alias:
        yield "RETURNING of an INSERT with a query finds its columns by an alias of the table only"
    directory = tree.expression.selects[0]
    if not (conflict or returned) and not (isinstance(directory, exp.Column) and directory.name == "directory"):
        yield "an INSERT with a query becomes a COPY: return something, or take the directory from a column"


# Citus runs such a statement part by part, and sends what an INSERT reads of other parts to all servers: "connection to
# the remote node … failed" while any of them is down, whoever has the directory.
def _insert_and_with(tree: exp.Expr) -> Iterator[str]:
    parts = {part.alias for part in tree.find_all(exp.CTE)}
    for insert in tree.find_all(exp.Insert):
        if _written(insert) not in DISTRIBUTED:
            continue
        if insert.find_ancestor(exp.CTE):
            yield "an INSERT in a WITH is sent to all servers: another statement"
        elif {table.name for table in insert.find_all(exp.Table)} & parts:
            yield "an INSERT of the rows of a WITH is sent to all servers: another statement"


def _names(column: exp.Expr, name: str) -> bool:
    return isinstance(column, exp.Column) and column.name == name


def _names_directory(query: exp.Expr) -> bool:
    where = query.args.get("where")
    conditions = [] if where is None else where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    return any(
        isinstance(condition, exp.EQ)
        and not isinstance(condition.expression, exp.Any)
        and isinstance(condition.this, exp.Column)
        and condition.this.name == "directory"
        for condition in conditions
    )


_RULES: tuple[_Rule, ...] = (
    _function_in_do_update,
    _function_in_case,
    _volatile_function,
    _changed_directory,
    _query_or_function_in_returning,
    _both_kinds_of_tables,
    _locked_without_directory,
    _advisory_lock_beside_from,
    _exists_of_no_columns,
    _condition_of_parameters,
    _insert_of_a_query,
    _insert_and_with,
)


_CHANGED = re.compile(
    r"\bALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?:public\.)?\"?(\w+)\"?\s(.*)", re.DOTALL | re.IGNORECASE
)
_TRIGGER = re.compile(
    r"\bCREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER (\w+)\s.*?\sON (?:public\.)?\"?(\w+)", re.DOTALL | re.IGNORECASE
)
_UNIQUE = re.compile(
    r"\bCREATE UNIQUE INDEX .*?\sON (?:ONLY )?(?:public\.)?\"?(\w+)\"?\s*(?:USING \w+\s*)?\((\w+)",
    re.DOTALL | re.IGNORECASE,
)
_ADDED_COLUMN = r"\bADD (?:COLUMN )?(?!CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN)\w+ "
_REFUSED_CHANGES = {
    rf"{_ADDED_COLUMN}.*,\s*ADD (CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN)\b": "ADD CONSTRAINT with ADD COLUMN in one",
    rf"{_ADDED_COLUMN}(?:[^,(]|\([^()]*\))*\b(CHECK|REFERENCES|UNIQUE|PRIMARY KEY)\b": "ADD COLUMN with a constraint",
    r"\bSET STORAGE\b": "SET STORAGE",
}
_RUN_BODY = re.compile(r"\bDO\s+\$(\w*)\$(.*?)\$\1\$", re.DOTALL)
_BODY = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)
_COMMENT = re.compile(r"--[^\n]*")

TRIGGERS_OF_ONE_SERVER = {
    "audit_keys_end": "the previous release relies on it; this one ends the keys itself",
    "faces_changed": "the log of changes is for codes in memory, which are off on several servers",
}
"""Triggers that only plain PostgreSQL has."""


def faults_of_migration(text: str) -> list[str]:
    """Return what of a migration Citus refuses: "cannot execute ADD CONSTRAINT command with other subcommands"."""
    found = []
    for statement in _BODY.sub("", _RUN_BODY.sub(r"\2", _COMMENT.sub("", text))).split(";"):
        changed, trigger = _CHANGED.search(statement), _TRIGGER.search(statement)
        unique = _UNIQUE.search(statement)
        if unique and unique[1].lower() in DISTRIBUTED and unique[2].lower() != "directory":
            found.append("a unique index without the directory")
        if changed and changed[1].lower() in DISTRIBUTED:
            found += [
                fault
                for refused, fault in _REFUSED_CHANGES.items()
                if re.search(refused, changed[2], re.DOTALL | re.IGNORECASE)
            ]
        if trigger and trigger[2].lower() in DISTRIBUTED and trigger[1] not in TRIGGERS_OF_ONE_SERVER:
            found.append(f"the trigger {trigger[1]}")
    return found
