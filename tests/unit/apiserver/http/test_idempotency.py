"""Which requests are the same one."""

import pytest
from fastapi import Request

from apiserver.http.idempotency import _digest, _parts


def form(boundary: str, person: str) -> tuple[str, bytes]:
    content = f'--{boundary}\r\nContent-Disposition: form-data; name="person"\r\n\r\n{person}\r\n--{boundary}--\r\n'
    return f"multipart/form-data; boundary={boundary}", content.encode()


def fingerprint(
    content_type: str = "application/json", body: bytes = b"{}", *, path: str = "/learn", query: str = ""
) -> bytes:
    scope = {
        "type": "http",
        "method": "POST",
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"content-type", content_type.encode())],
    }
    request = Request(scope)
    return _digest(request, _parts(request, body))


def test_a_form_made_anew_is_the_same_request():
    assert fingerprint(*form("one", "ann")) == fingerprint(*form("another", "ann"))


@pytest.mark.parametrize(
    "other",
    [
        fingerprint(*form("one", "bob")),
        fingerprint(*form("one", "ann"), path="/other"),
        fingerprint(*form("one", "ann"), query="k=1"),
        fingerprint("application/json", form("one", "ann")[1]),
    ],
)
def test_another_request(other):
    assert other != fingerprint(*form("one", "ann"))


def test_parts_do_not_run_together():
    assert fingerprint("multipart/form-data; boundary=b", b"a--bc") != fingerprint(
        "multipart/form-data; boundary=b", b"ac"
    )
