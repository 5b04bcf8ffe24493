"""What a log shows of a path."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from serving.logged_paths import LoggedPaths


def scope(path: str, route: str | None = None, **parameters: str) -> dict[str, Any]:
    return {"path": path, "route": route and SimpleNamespace(path=route), "path_params": parameters}


ANN = scope(
    "/directories/acme/persons/Ann A", "/directories/{directory}/persons/{person}", directory="acme", person="Ann%20A"
)


def test_a_route_with_a_hash_for_each_name():
    shown = LoggedPaths(names=False).of(ANN)
    assert re.fullmatch("/directories/~[0-9a-f]{10}/persons/~[0-9a-f]{10}", shown)


def test_a_name_has_one_hash_however_it_is_encoded_and_wherever_it_stands():
    paths = LoggedPaths(names=False)
    again = paths.of(scope("/x/Ann A", "/x/{name:path}", name="Ann A"))
    assert again.removeprefix("/x/") == paths.of(ANN).rpartition("/")[2]


def test_hashes_need_the_key():
    keyed = [LoggedPaths(names=False, key=key).of(ANN) for key in ("a" * 16, "a" * 16, "b" * 16, None, None)]
    assert keyed[0] == keyed[1]
    assert len(set(keyed)) == 4


@pytest.mark.parametrize("path", ["/Ann", "/Ann/", "/\ud800", "/%00"])
def test_a_path_without_a_route_is_a_hash(path: str):
    assert re.fullmatch("~[0-9a-f]{10}", LoggedPaths(names=False).of(scope(path)))


def test_routes_without_names_are_shown():
    assert LoggedPaths(names=False).of(scope("/learn", "/learn")) == "/learn"


def test_names_are_shown_if_they_are_asked_for():
    assert LoggedPaths(names=True).of(ANN) == "/directories/acme/persons/Ann%20A"
