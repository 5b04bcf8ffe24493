"""Finds out who calls, before anything else of a request is looked at."""

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.access.acts import NOBODY, Act
from apiserver.access.grants import OPEN, Grant
from apiserver.http.access.links import SCOPES, grant_of_link, without_link
from apiserver.http.access.rates import Rates, Shown, sending
from apiserver.http.problem_responses import problem_response
from apiserver.problems import KeyMissing, Problem
from apiserver.state import State

_OPEN_PATHS = ("/health/",)
"""Asked so often, and by programs without keys, that nobody looks for one."""


class Authentication:
    """Middleware that leaves the caller's grant in the request's state, or refuses a key that is not valid.

    A request without a key goes on without a grant where keys are required: its route refuses it, or needs none.
    """

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith(_OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        state = State.of(request)
        grant: Grant | None = None
        shown: list[Shown] = []
        send = sending(send, shown)
        try:
            scope, link = without_link(scope)
            grant = await state.authenticator.grant_of(scope)
            if link and not (grant and grant.scopes >= SCOPES):
                grant = await grant_of_link(link, state)
            if grant:
                await self._rates.admit(grant, scope["method"], state.usage, shown)
            place = self._rates.place(grant, scope["method"], state.usage)
        except Problem as problem:
            state.metrics.refused("other", problem.status, problem.code)
            state.metrics.authenticated(problem.code)
            state.refusals.note(problem, _act(grant, scope))
            await problem_response(request, problem)(scope, receive, send)
            return
        state.metrics.authenticated(_outcome(grant))
        scope["state"] = {**scope.get("state", {}), "grant": grant, "rates": shown}
        with place:
            await self._app(scope, receive, send)


def _act(grant: Grant | None, scope: Scope) -> Act:
    client = scope["client"]
    return Act(grant.subject if grant else NOBODY.subject, NOBODY.action, client[0] if client else "", "")


def _outcome(grant: Grant | None) -> str:
    if grant is None:
        return KeyMissing.code
    return "open" if grant is OPEN else "key"
