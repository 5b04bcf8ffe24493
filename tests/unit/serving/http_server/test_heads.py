"""Heads of requests that are refused, and those that are not."""

import pytest

from serving.http_server.heads import MAX_HEAD_BYTES, MAX_HEADERS, refusal
from serving.problems import HeadersTooLarge, MalformedRequest

HOST = [(b"host", b"faces.example")]


@pytest.mark.parametrize(
    "target", [b"/", b"*", b"//faces.example/", b"http://faces.example/persons", b"HTTPS://FACES.example?a=b"]
)
def test_paths_and_targets_that_name_the_host_are_taken(target):
    assert refusal(HOST, target, b"GET", "1.1", 100) is None


@pytest.mark.parametrize(
    "target", [b"http://other.example/", b"ftp://faces.example/", b"faces.example:443", b"persons"]
)
def test_other_targets_are_malformed(target):
    assert isinstance(refusal(HOST, target, b"GET", "1.1", 100), MalformedRequest)


def test_one_host_is_required_except_by_version_1_0():
    assert isinstance(refusal([], b"/", b"GET", "1.1", 100), MalformedRequest)
    assert isinstance(refusal(HOST * 2, b"/", b"GET", "1.0", 100), MalformedRequest)
    assert refusal([], b"/", b"GET", "1.0", 100) is None


@pytest.mark.parametrize(("method", "version"), [(b"CONNECT", "1.1"), (b"GET", "2.0"), (b"GET", "0.9")])
def test_other_versions_and_proxies_are_malformed(method, version):
    assert isinstance(refusal(HOST, b"/", method, version, 100), MalformedRequest)


def test_the_headers_count_and_not_the_body_that_came_with_them():
    assert isinstance(refusal(HOST + [(b"a", b"")] * MAX_HEADERS, b"/", b"GET", "1.1", 1_000), HeadersTooLarge)
    received = 2 * MAX_HEAD_BYTES
    assert isinstance(refusal([*HOST, (b"a", b"x" * MAX_HEAD_BYTES)], b"/", b"GET", "1.1", received), HeadersTooLarge)
    assert refusal(HOST, b"/", b"GET", "1.1", received) is None
