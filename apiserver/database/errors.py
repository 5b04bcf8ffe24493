"""The only module that translates asyncpg's errors into problems."""

import re

import asyncpg

from apiserver.problems import DatabaseBusy, DatabaseUnavailable, ExternalIdTaken, InternalError, PersonExists, Problem

# Keys are SQLSTATEs or their two-character classes. All others are defects of this service.
PROBLEM_OF_SQLSTATE: dict[str, type[Problem]] = {
    "08": DatabaseUnavailable,  # connection exception
    "23503": DatabaseBusy,  # foreign key: the referenced row was deleted concurrently
    "25": DatabaseUnavailable,  # invalid transaction state: a read-only standby
    "28": DatabaseUnavailable,  # invalid authorization
    "3D": DatabaseUnavailable,  # no such database
    "40": DatabaseBusy,  # deadlock or serialization failure
    "42P01": DatabaseUnavailable,  # undefined table: the schema is not migrated yet
    "53": DatabaseUnavailable,  # out of disk, memory or connections
    "55": DatabaseBusy,  # lock not available
    "57": DatabaseUnavailable,  # shutting down, starting up, or an operator cancelled
    "58": DatabaseUnavailable,  # the server's operating system failed
    "XX": DatabaseUnavailable,  # the server's internal error
}
# Unique constraints that a client's request can violate. All others are defects of this service.
PROBLEM_OF_CONSTRAINT: dict[str, type[Problem]] = {
    "persons_pkey": PersonExists,
    "persons_by_external_id": ExternalIdTaken,
    "faces_pkey": DatabaseBusy,  # the same face is being added or moved; the next attempt finds it
}
_QUOTED = re.compile(r'"(\w+)"')
_NUMBER = re.compile(r"_\d+(?=_|$)")
PROBLEM_OF_ERROR: dict[type[BaseException], type[Problem]] = {
    asyncpg.DataError: InternalError,
    # What asyncpg raises if the server ends the connection between two messages of a statement.
    asyncpg.InternalClientError: DatabaseUnavailable,
    asyncpg.InterfaceError: DatabaseUnavailable,  # usually: the server closed the connection
    OSError: DatabaseUnavailable,  # includes TimeoutError
}


def problem_of(error: BaseException) -> Problem:
    """Return the problem for an error of asyncpg or of its socket."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return PROBLEM_OF_CONSTRAINT.get(_violated(error), InternalError)()
    if isinstance(error, asyncpg.ConnectionFailureError):  # the coordinator of Citus says it of another server
        return DatabaseUnavailable(
            "A server of the database does not answer; directories on others are served, a list of all is not."
        )
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate:
        by_class = PROBLEM_OF_SQLSTATE.get(error.sqlstate[:2], InternalError)
        return PROBLEM_OF_SQLSTATE.get(error.sqlstate, by_class)()
    return next((problem for kind, problem in PROBLEM_OF_ERROR.items() if isinstance(error, kind)), InternalError)()


def _violated(error: asyncpg.UniqueViolationError) -> str:
    """Return the name of the constraint without the number of a partition or shard; Citus has it in the message."""
    in_message = _QUOTED.search(str(error.args[0]))
    return _NUMBER.sub("", error.constraint_name or (in_message[1] if in_message else ""))


def is_read_only(problem: Problem) -> bool:
    """Tell whether a change was refused because the database only reads, such as a standby."""
    return getattr(problem.__cause__, "sqlstate", None) == "25006"
