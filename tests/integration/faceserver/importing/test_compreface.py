"""Photographs are read out of a CompreFace database one by one."""

import tracemalloc

import psycopg
import pytest

from faceserver.importing.compreface import find_service, photographs
from tests.compreface import FACE, TABLES

_BYTES = 1_000_000
_COUNT = 15


@pytest.fixture
def compreface(empty_database_url: str) -> str:
    """A service `staff` with photographs of a megabyte each, and one that was emptied."""
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(TABLES)
        for number in range(_COUNT + 1):
            photo = bytes([number]) * _BYTES
            connection.execute(FACE, {"key": "key-1", "person": f"p{number:02}", "photo": photo})
        connection.execute("UPDATE img SET content = NULL WHERE get_byte(content, 0) = %s", [_COUNT])
    return empty_database_url


def test_few_are_in_memory(compreface: str):
    service = find_service(compreface, "staff")
    assert (service.persons, service.embeddings, service.images) == (_COUNT + 1, _COUNT + 1, _COUNT)
    tracemalloc.start()
    try:
        read = [(each.person, each.content[0], len(each.content)) for each in photographs(compreface, service)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == [(f"p{number:02}", number, _BYTES) for number in range(_COUNT)]
    assert peak < 5 * _BYTES
