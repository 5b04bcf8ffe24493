"""Which requests are the same one."""

import asyncio

import pytest
from fastapi import Request

from apiserver.http.idempotency import _digest, _parts
from apiserver.http.multipart import FormLimits

LIMITS = FormLimits(max_image_bytes=1000, timeout_seconds=60)


def form(boundary: str, **fields: str) -> tuple[str, bytes]:
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"multipart/form-data; boundary={boundary}", "".join([*parts, f"--{boundary}--\r\n"]).encode()


def form_with_file(name: str, content: str) -> tuple[str, bytes]:
    media_type, body = form("one", **{name: content})
    return media_type, body.replace(b'"\r\n', b'"; filename="a"\r\n')


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

    async def digest() -> bytes:
        request = Request(scope)
        return await _digest(request, await _parts(request, body, LIMITS))

    return asyncio.run(digest())


def test_a_text_that_is_sent_as_a_file_is_the_same_request():
    assert fingerprint(*form_with_file("person", "ann")) == fingerprint(*form("one", person="ann"))


def test_a_form_with_another_boundary_is_the_same_request():
    assert fingerprint(*form("one", person="ann")) == fingerprint(*form("another", person="ann"))


@pytest.mark.parametrize(
    "other",
    [
        fingerprint(*form("one", person="bob")),
        fingerprint(*form("one", person="ann", face="")),
        fingerprint(*form("one", persona="nn")),
        fingerprint(*form_with_file("file", "ann")),
        fingerprint(*form("one", person="ann"), path="/other"),
        fingerprint(*form("one", person="ann"), query="k=1"),
        fingerprint("application/json", form("one", person="ann")[1]),
    ],
)
def test_another_request(other):
    assert other != fingerprint(*form("one", person="ann"))
