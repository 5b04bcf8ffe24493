"""The secret that callers of the vectorizer share with it."""

from hmac import compare_digest

from fastapi import Request
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.problem_responses import problem_response
from serving.web.web_pages import header_values
from vectorizer.problems import SecretRequired

_OPEN_PATHS = frozenset({"/health/live", "/health/ready"})


class SecretChecked:
    """Middleware that refuses requests without the secret, before anything of their bodies is read.

    The health is answered to everybody who shows no secret, and refused with a wrong one, so that a gateway learns
    there that its secret is wrong.
    """

    def __init__(self, app: ASGIApp, *, secret: SecretStr) -> None:
        self._app = app
        self._expected = b"Bearer " + secret.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self._passes(scope):
            await self._app(scope, receive, send)
            return
        response = problem_response(Request(scope), SecretRequired())
        response.headers["WWW-Authenticate"] = "Bearer"
        await response(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        sent = header_values(scope, b"authorization")
        if not sent:
            return scope["path"] in _OPEN_PATHS
        return len(sent) == 1 and compare_digest(sent[0], self._expected)
