"""Long lists in JSON bodies."""

import json

import pytest

from apiserver.http.json.lists import split_list
from apiserver.problems import InvalidJson

ENTRIES = [{"person": 'a"}],{[\\', "key": f"imports/{number}"} for number in range(3)]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("order", [1, -1])
def test_a_list_is_split_wherever_it_stands(indent: int | None, order: int):
    fields = {"face": "largest", "manifest": ENTRIES, "quality": "warn"}
    body = json.dumps(dict([*fields.items()][::order]), indent=indent).encode()
    rest, items = split_list(body, "manifest")
    assert [json.loads(item) for item in items] == ENTRIES
    assert json.loads(rest) == fields | {"manifest": ENTRIES[:1]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"manifest": []}',
        b'{"manifest": [1]}',
        b'{"manifest": ["a"]}',
        b'{"manifest": [{}, 1]}',
        b'{"manifest": [{},]}',
        b'{"manifest": [{"a": {}}]}',
        b'{"manifest": [{"a": []}]}',
        b'{"manifest": [{"a": "b]}',
        b'{"manifest": [{"a": "b\\"}]}',
        b'{"manifest": [' + b"[" * 1_000_000,
        b'{"manifest": [{' + b"\\" * 1_000_000,
        b'{"manifest": [{' + b'"' * 1_000_001,
        b'{"manifest": [{' + b'"k":1,' * 1_000_000 + b'"k":1}]}',
        b'{"manifest": [{}], ' + b" " * 1_000_000 + b"}",
    ],
)
def test_other_bodies_are_refused(body: bytes):
    with pytest.raises(InvalidJson):
        split_list(body, "manifest")
