"""Problems of errors of the database."""

import asyncpg
import pytest

from apiserver.database.errors import problem_of
from apiserver.problems import DatabaseBusy, ExternalIdTaken, InternalError, PersonExists


@pytest.mark.parametrize(
    ("constraint", "problem"),
    [
        ("persons_pkey", PersonExists),
        ("persons_pkey_102042", PersonExists),
        ("persons_by_external_id_7", ExternalIdTaken),
        ("faces_pkey_102042", DatabaseBusy),
        ("faces_12_pkey", DatabaseBusy),
        ("images_pkey_102042", InternalError),
        ("persons_pkey_of_others", InternalError),
    ],
)
def test_a_constraint_is_found_by_the_name_of_its_partition_or_shard_which_the_message_may_have(constraint, problem):
    error = asyncpg.UniqueViolationError(f'duplicate key value violates unique constraint "{constraint}"')
    assert error.constraint_name is None
    assert type(problem_of(error)) is problem
