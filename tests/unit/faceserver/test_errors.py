"""The client's errors mirror the problems of the service."""

import pickle
from inspect import getmembers, isclass

import pytest

import apiserver.problems
from faceserver.errors import (
    Busy,
    Changed,
    Conflict,
    NoFace,
    NotFound,
    Outage,
    ProblemError,
    Refused,
    SeveralFaces,
    Unavailable,
    UnusablePhotograph,
    problem,
)

GATEWAY = [
    kind
    for _, kind in getmembers(apiserver.problems, isclass)
    if issubclass(kind, apiserver.problems.Problem) and bool(getattr(kind, "code", ""))
]


@pytest.mark.parametrize("kind", GATEWAY, ids=lambda kind: kind.code)
def test_every_problem_of_the_gateway_has_the_same_base_in_the_client(kind: type[apiserver.problems.Problem]):
    error = problem(kind.sentence, kind.code, int(kind.status), "id")

    assert isinstance(error, Refused if issubclass(kind, apiserver.problems.Refused) else Outage)
    assert (str(error), error.code, error.status, error.request_id) == (kind.sentence, kind.code, kind.status, "id")


def test_every_code_that_the_client_knows_is_one_of_the_gateway():
    known = {code for kind in (NoFace, SeveralFaces, UnusablePhotograph, Busy) for code in kind.codes}
    assert known <= {kind.code for kind in GATEWAY}


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("no-face", 400, NoFace),
        ("several-faces", 400, SeveralFaces),
        ("image-unreadable", 422, UnusablePhotograph),
        ("directory-not-found", 404, NotFound),
        ("vectorizer-busy", 503, Busy),
        ("database-unavailable", 503, Unavailable),
        ("vectorizer-timeout", 504, Unavailable),
        ("internal-error", 500, Outage),
        ("precondition-failed", 412, Changed),
        ("already-exists", 412, Conflict),
        ("of-a-newer-service", 409, Conflict),
        ("of-a-newer-service", 422, Refused),
        ("of-a-newer-service", 599, Outage),
    ],
)
def test_problems_become_the_narrowest_error(code: str, status: int, kind: type[ProblemError]):
    assert type(problem("-", code, status, None)) is kind


def test_an_error_can_be_pickled():
    error = pickle.loads(pickle.dumps(problem("No face detected.", "no-face", 400, "id")))  # noqa: S301 - our own
    assert (type(error), str(error), error.code, error.request_id) == (NoFace, "No face detected.", "no-face", "id")
