"""Finds out who calls, before anything else of a request is looked at."""

from collections.abc import Callable, Sequence

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apiserver.access.acts import NOBODY, Act
from apiserver.access.grants import OPEN, Grant
from apiserver.http.access.links import SCOPES, grant_of_link, without_link
from apiserver.http.access.rates import EXEMPT_METHODS, IsExempt, Rates, Shown, sending
from apiserver.http.access.sessions import check_change, sent_cookie
from apiserver.http.problem_responses import problem_response
from apiserver.keys.signatures import is_signed
from apiserver.problems import KeyMissing, Problem
from apiserver.state import State
from serving.web.web_pages import Target

_OPEN_PATHS = ("/health/",)
"""Asked so often, and by programs without keys, that nobody looks for one."""


class Authentication:
    """Middleware that leaves the caller's grant in the request's state, or refuses a key that is not valid.

    A request without a key continues without a grant where keys are required: its route refuses it, or needs none.
    """

    def __init__(
        self, app: ASGIApp, rates: Rates, target_of: Callable[[Scope], Target], exemptions: Sequence[IsExempt] = ()
    ) -> None:
        """target_of: returns how the client of a request addresses the service.

        exemptions: of requests that delete by a method other than DELETE.
        """
        self._app = app
        self._rates = rates
        self._target_of = target_of
        self._exemptions = exemptions

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
            target = self._target_of(scope)
            cookie = None if _is_sign_in(scope) else sent_cookie(scope, target)
            signed = scope["path"] == "/" and scope["method"] == "POST" and is_signed(scope)
            # A signature covers the body, so that the route that reads it finds out who calls.
            grant = None if signed else await state.authenticator.grant_of(scope, cookie)
            if cookie and grant and grant.by_session:
                check_change(scope, target, cookie)
            if link and not (grant and grant.scopes >= SCOPES):
                grant = await grant_of_link(link, state)
            exempt = scope["method"] in EXEMPT_METHODS or any(each(scope) for each in self._exemptions)
            if grant:
                await self._rates.admit(grant, state.usage, shown, exempt=exempt)
            place = self._rates.place(grant, state.usage, exempt=exempt)
        except Problem as problem:
            state.metrics.refused("other", problem.status, problem.code)
            state.metrics.authenticated(problem.code)
            state.refusals.note(problem, _act(grant, scope))
            await problem_response(request, problem)(scope, receive, send)
            return
        if not signed:
            state.metrics.authenticated(_outcome(grant))
        scope["state"] = {
            **scope.get("state", {}),
            "grant": grant,
            "session_ended": grant is None and cookie is not None,
            "target": target,
            "rates": shown,
            "limiter": self._rates,
        }
        with place:
            await self._app(scope, receive, send)


def _act(grant: Grant | None, scope: Scope) -> Act:
    client = scope["client"]
    return Act(grant.subject if grant else NOBODY.subject, NOBODY.action, client[0] if client else "", "")


def _outcome(grant: Grant | None) -> str:
    if grant is None:
        return KeyMissing.code
    if grant is OPEN:
        return "open"
    if grant.by_session:
        return "session"
    return "token" if grant.by_token else "key"


def _is_sign_in(scope: Scope) -> bool:
    """Tell whether the request starts a session: whatever cookie it has, the key in its body counts."""
    return bool(scope["path"] == "/session" and scope["method"] == "POST")
