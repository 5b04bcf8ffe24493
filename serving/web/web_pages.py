"""What web pages may ask of a service that their reader's browser reaches.

Browsers send requests of any page to any address, with bodies, and only keep the answer from it. They say where a
request comes from: pages can neither change Host, Origin and Sec-Fetch-Site nor leave them out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.host_names import Accepts
from serving.origins import authority
from serving.problem_responses import problem_response
from serving.problems import Problem
from serving.request_log import Respond

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_TELLTALES = frozenset({b"origin", b"sec-fetch-site"})
_SAME_ORIGIN = b"same-origin"
_OWN_SITES = frozenset({_SAME_ORIGIN, b"none"})
"""Values of Sec-Fetch-Site for a page of the service itself, and for what the user typed."""


@dataclass(frozen=True, slots=True)
class Target:
    """The service as the client addresses it: `scheme` and, with their ports, the `hosts` that it or proxies name."""

    scheme: str
    hosts: Sequence[str]


@dataclass(frozen=True, slots=True)
class WebPageRules:
    """Who may call.

    accepts_host: None if all hosts are accepted. origins: those of pages that may call, besides the service's own.
    target_of: returns how the client of a request addresses the service.
    """

    accepts_host: Accepts | None
    wrong_host: type[Problem]
    wrong_origin: type[Problem]
    origins: frozenset[str] = frozenset()
    target_of: Callable[[Scope], Target] | None = None


class WebPages:
    """Middleware that refuses hosts that are not accepted, and changes that foreign web pages ask for.

    Nothing of a refused request's body is read.
    """

    def __init__(self, app: ASGIApp, *, rules: WebPageRules, respond: Respond = problem_response) -> None:
        self._app = app
        self._rules = rules
        self._target_of = rules.target_of or target_of
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (refused := self._refused(scope)):
            await self._respond(Request(scope), refused())(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refused(self, scope: Scope) -> type[Problem] | None:
        accepts = self._rules.accepts_host
        target = self._target_of(scope)
        if accepts and not (all(map(accepts, target.hosts)) if target.hosts else scope["http_version"] == "1.0"):
            return self._rules.wrong_host  # HTTP/1.0 need not name a host, and no browser speaks it
        if scope["method"] not in SAFE_METHODS and self._is_foreign(scope, target):
            return self._rules.wrong_origin
        return None

    def _is_foreign(self, scope: Scope, target: Target) -> bool:
        """Tell whether a page of another origin sends the request; other programs send neither of the headers."""
        origins = header_values(scope, b"origin")
        sites = header_values(scope, b"sec-fetch-site")
        if len(origins) == 1 and origins[0].decode("latin-1") in self._rules.origins:
            return False
        is_own = bool(sites) and set(sites) <= _OWN_SITES
        if sites and not is_own:
            return True
        return not _are_own(origins, target, compared=is_own)


def is_of_own_page(scope: Scope, target: Target) -> bool:
    """Tell whether a page of the service itself sends the request, as its browser shows by one header at least."""
    origins = header_values(scope, b"origin")
    sites = set(header_values(scope, b"sec-fetch-site"))
    is_compared = sites == {_SAME_ORIGIN}
    if not (is_compared or (origins and not sites)):
        return False
    return _are_own(origins, target, compared=is_compared)


def _are_own(origins: list[bytes], target: Target, *, compared: bool) -> bool:
    """Tell whether all origins are the service's. compared: whether the browser says that it compared them."""
    # A proxy that ends TLS need not say so to be believed that its own pages are: the browser compared the schemes.
    schemes = ("http", "https") if compared and target.scheme == "http" else (target.scheme,)
    own = {f"{scheme}://{authority(scheme, host)}" for scheme in schemes for host in target.hosts[:1]}
    return all(origin.decode("latin-1") in own for origin in origins)


def is_of_other_site(scope: Scope) -> bool:
    """Tell whether the request is made by a page of another origin, as far as its browser says so."""
    return not _OWN_SITES.issuperset(header_values(scope, b"sec-fetch-site"))


def is_of_web_page(scope: Scope) -> bool:
    """Tell whether a web page sends the request, of whatever origin."""
    return any(name in _TELLTALES for name, _ in scope["headers"])


def target_of(scope: Scope) -> Target:
    """Return how the client addresses a service to which it is connected directly."""
    return Target(scope["scheme"], [host.decode("latin-1") for host in header_values(scope, b"host")])


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """Return the values of a header; its name is in lower case."""
    return [value for each, value in scope["headers"] if each == name]
