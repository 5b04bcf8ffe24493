"""Requests without the secret of the vectorizer are refused before their bodies are read."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.types import Message, Receive, Scope, Send

from vectorizer.secret import SecretChecked

SECRET = "correct-horse-battery"  # noqa: S105 - of the tests


async def passed(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(path: str, *authorizations: str) -> Message:
    """Return the start of the answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"authorization", value.encode()) for value in authorizations]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "headers": headers, "state": {}}
    asyncio.run(SecretChecked(passed, secret=SecretStr(SECRET))(scope, receive, send))
    return sent[0]


@pytest.mark.parametrize("path", ["/faces", "/vectorize", "/models", "/openapi.json", "/health/ready/"])
@pytest.mark.parametrize(
    "authorizations",
    [[], ["Bearer"], ["Bearer x"], [SECRET], [f"Basic {SECRET}"], [f"Bearer {SECRET}x"], [f"Bearer {SECRET}"] * 2],
    ids=["none", "no value", "wrong", "no scheme", "other scheme", "longer", "twice"],
)
def test_without_the_secret_every_path_is_refused(path: str, authorizations: list[str]):
    answer = ask(path, *authorizations)
    assert answer["status"] == 401
    assert (b"www-authenticate", b"Bearer") in answer["headers"]


@pytest.mark.parametrize(
    ("path", "authorizations", "status"),
    [
        ("/faces", [f"Bearer {SECRET}"], 200),
        ("/health/live", [], 200),
        ("/health/ready", [], 200),
        ("/health/ready", [f"Bearer {SECRET}"], 200),
        ("/health/ready", ["Bearer"], 401),
        ("/health/ready", ["Bearer another"], 401),
    ],
)
def test_the_health_is_open_and_tells_a_gateway_that_its_secret_is_wrong(path, authorizations, status):
    assert ask(path, *authorizations)["status"] == status
