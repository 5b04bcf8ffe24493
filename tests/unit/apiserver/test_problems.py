"""The tree of problems, and that nothing foreign escapes it."""

import inspect
import re
import socket
import ssl

import asyncpg
import pytest

from apiserver import problems
from apiserver.database.errors import PROBLEM_OF_ERROR, PROBLEM_OF_SQLSTATE, problem_of
from apiserver.problems import (
    DatabaseBusy,
    DatabaseUnavailable,
    InternalError,
    LimitReached,
    Outage,
    Problem,
    Refused,
    VectorizerTimeout,
    VectorizerUnavailable,
)
from apiserver.vectorizers import exchange as vectorizer_http
from apiserver.vectorizers.connections import ConnectTimeout, Cut, Malformed

LEAVES = [
    kind
    for _, kind in inspect.getmembers(problems, inspect.isclass)
    if issubclass(kind, Problem) and kind not in {Problem, Refused, LimitReached, Outage}
]

# SQLSTATE classes of statements that this service should never have sent.
OUR_MISTAKES = "02 03 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 26 27 2B 2D 2F 34 38 39 3B 3F 42 44 54 72 F0 HV P0"


def exceptions_of(module: object) -> list[type[BaseException]]:
    kinds = (kind for _, kind in inspect.getmembers(module, inspect.isclass))
    return [kind for kind in kinds if issubclass(kind, Exception) and not issubclass(kind, Warning)]


def test_the_drawn_tree_is_the_tree():
    drawn = re.findall(r"─ (\w+) +([a-z-]+) +(\d+)", problems.__doc__ or "")
    assert sorted(drawn) == sorted((kind.__name__, kind.code, str(kind.status)) for kind in LEAVES)


def test_a_code_means_one_problem():
    assert len({kind.code for kind in LEAVES}) == len(LEAVES)


@pytest.mark.parametrize("kind", LEAVES)
def test_every_problem_has_a_sentence(kind: type[Problem]):
    assert kind().sentence == str(kind()) != ""


def test_a_more_precise_sentence_replaces_the_usual_one():
    assert InternalError("No such luck.").sentence == str(InternalError("No such luck.")) == "No such luck."
    assert InternalError().sentence != "No such luck."


@pytest.mark.parametrize("kind", [k for k in exceptions_of(asyncpg.exceptions) if getattr(k, "sqlstate", None)])
def test_every_sqlstate_of_asyncpg_has_its_problem(kind):
    problem = problem_of(kind(""))
    group = kind.sqlstate[:2]
    known = {kind.sqlstate, group} & PROBLEM_OF_SQLSTATE.keys()
    assert known or group in OUR_MISTAKES.split(), f"{kind.__name__} ({kind.sqlstate}) has no problem"
    assert isinstance(problem, InternalError) is not bool(known)


@pytest.mark.parametrize("kind", [k for k in exceptions_of(asyncpg.exceptions) if not getattr(k, "sqlstate", None)])
def test_every_other_error_of_asyncpg_is_caught(kind):
    assert issubclass(kind, (asyncpg.PostgresError, *PROBLEM_OF_ERROR))


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ConnectionRefusedError(), DatabaseUnavailable),
        (FileNotFoundError(), DatabaseUnavailable),
        (TimeoutError(), DatabaseUnavailable),
        (asyncpg.InterfaceError("the connection is closed"), DatabaseUnavailable),
        (asyncpg.CannotConnectNowError(""), DatabaseUnavailable),
        (asyncpg.UndefinedTableError(""), DatabaseUnavailable),
        (asyncpg.DeadlockDetectedError(""), DatabaseBusy),
        (asyncpg.ForeignKeyViolationError(""), DatabaseBusy),
        (asyncpg.NotNullViolationError(""), InternalError),
        (asyncpg.UndefinedColumnError(""), InternalError),
        (asyncpg.DataError(""), InternalError),
        (asyncpg.InternalClientError("cannot switch to state 12"), DatabaseUnavailable),
    ],
)
def test_errors_of_the_database(error: Exception, problem: type[Problem]):
    assert type(problem_of(error)) is problem


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (Cut(), VectorizerUnavailable),
        (Malformed(), VectorizerUnavailable),
        (ConnectionRefusedError(), VectorizerUnavailable),
        (socket.gaierror(), VectorizerUnavailable),
        (ssl.SSLCertVerificationError(), VectorizerUnavailable),
        (ConnectTimeout(), VectorizerTimeout),
        (TimeoutError(), VectorizerTimeout),
    ],
)
def test_errors_of_the_vectorizer(error: Exception, problem: type[Problem]):
    assert type(vectorizer_http.translated(error)) is problem
