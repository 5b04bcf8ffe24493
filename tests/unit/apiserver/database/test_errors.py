"""Problems of errors of the database."""

import asyncpg
import pytest

from apiserver.database.errors import problem_of
from apiserver.problems import ExternalIdTaken, InternalError, PersonExists


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
