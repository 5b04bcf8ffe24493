"""Shares of the connections, and problems of errors."""

import asyncpg
import pytest

from apiserver.database import Share, problem_of, share_limits
from apiserver.problems import ExternalIdTaken, InternalError, PersonExists


@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 64])
def test_every_share_has_a_connection_and_no_more_than_there_are(size):
    assert all(1 <= limit <= size for limit in share_limits(size).values())


@pytest.mark.parametrize("size", range(6, 65))
def test_recognition_and_long_work_each_have_a_reserve(size):
    limits = share_limits(size)
    assert size - limits[Share.READS] - limits[Share.LONG] >= size // 3
    assert size - limits[Share.READS] - limits[Share.RECOGNITION] >= 1


@pytest.mark.parametrize(
    ("constraint", "problem"),
    [
        ("persons_pkey", PersonExists),
        ("persons_pkey_102042", PersonExists),
        ("persons_by_external_id_7", ExternalIdTaken),
        ("faces_pkey_102042", InternalError),
        ("persons_pkey_of_others", InternalError),
    ],
)
def test_a_taken_name_is_a_conflict_on_a_shard_too_where_only_the_message_has_the_name(constraint, problem):
    error = asyncpg.UniqueViolationError(f'duplicate key value violates unique constraint "{constraint}"')
    assert error.constraint_name is None
    assert type(problem_of(error)) is problem
