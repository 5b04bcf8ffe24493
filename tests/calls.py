"""The service's calls, as the tests of the whole stack make them."""

import ssl
from typing import Any

import httpx

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that need no TLS: otherwise each reads the authorities of the system, which takes longer than a test."""


def post(client: httpx.Client, path: str, content: bytes | None, **fields: str) -> httpx.Response:
    """Send a form, with a file unless `content` is None."""
    files = {} if content is None else {"file": ("photo.jpg", content)}
    return client.post(path, data=fields, files=files)


def learn(client: httpx.Client, person: str, content: bytes, **fields: str) -> dict[str, Any]:
    """Learn a person, which must succeed, and return the answer."""
    return accepted(post(client, "/learn", content, person=person, **fields))


def recognize(client: httpx.Client, content: bytes, **fields: str) -> dict[str, Any]:
    """Recognize the people on a photograph, which must succeed, and return the answer."""
    return accepted(post(client, "/recognize", content, **fields))


def accepted(response: httpx.Response) -> dict[str, Any]:
    """Return the body of an answer that must be a success."""
    assert response.status_code == 201, response.text
    answer: dict[str, Any] = response.json()
    assert answer["status"] == "OK"
    return answer
