"""Which heads of requests are refused: those that are too long, ambiguous, or of another version of HTTP."""

from collections.abc import Sequence

from serving.problems import HeadersTooLarge, MalformedRequest, Problem

MAX_HEAD_BYTES = 65_536
"""Maximum size of the request line and all headers."""
MAX_HEADERS = 100

_VERSIONS = {"1.0", "1.1"}

Headers = Sequence[tuple[bytes, bytes]]


def refusal(headers: Headers, target: bytes, method: bytes, version: str, received: int) -> Problem | None:
    """Return why a head is refused, or None.

    received: how many bytes came with the head, some of which may belong to what follows it.
    """
    if len(headers) > MAX_HEADERS or (received > MAX_HEAD_BYTES and _is_long(target, headers)):
        return HeadersTooLarge()
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1 and (hosts or version == "1.1"):
        return MalformedRequest("The request must have one Host header.")
    if version not in _VERSIONS or method == b"CONNECT":
        return MalformedRequest("The service speaks HTTP/1.1, and is not a proxy.")
    if target[:1] != b"/" and target != b"*" and not _names_host(target, hosts):
        return MalformedRequest("The target of the request is not a path, or names another host.")
    return None


def _is_long(target: bytes, headers: Headers) -> bool:
    return len(target) + sum(len(name) + len(value) for name, value in headers) > MAX_HEAD_BYTES


def _names_host(target: bytes, hosts: list[bytes]) -> bool:
    """Tell whether a target that is no path names the host of the request, as a proxy would get it."""
    scheme, _, rest = target.partition(b"://")
    host = rest.partition(b"/")[0].partition(b"?")[0]
    return scheme.lower() in {b"http", b"https"} and [host.lower()] == [each.lower() for each in hosts]
