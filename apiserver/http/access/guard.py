"""The one place that decides whether a caller may use a route; no route exists without a declared scope.

FastAPI's dependencies cannot do it: route classes that call their endpoints themselves never run them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from asgi_correlation_id import correlation_id
from fastapi.routing import APIRoute
from fastapi.utils import create_model_field
from starlette.types import Receive, Scope, Send

from apiserver.access import scopes
from apiserver.access.acts import NOBODY, Act, note_foreign, set_current_act
from apiserver.access.binding import bind
from apiserver.access.grants import current_grant, set_current_grant
from apiserver.access.limits import Quota
from apiserver.http.access.links import SignedAnswer, signs_links
from apiserver.http.access.rates import spend_request
from apiserver.names import checked_name
from apiserver.problems import DirectoryNotFound, InvalidName, KeyMissing, Problem, SessionEnded

AnyEndpoint = TypeVar("AnyEndpoint", bound=Callable[..., Any])

_ATTRIBUTE = "__needs__"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route requires of a grant: all of the scopes of `all_of`, and one of those of `any_of`, if there are any.

    missing: the problem of a directory in the path that the caller does not have. spends: the quotas of the day that
    the call spends in addition to those of every call. free: whether it is admitted although limits are used up.
    """

    all_of: tuple[scopes.Scope, ...] = ()
    any_of: tuple[scopes.Scope, ...] = ()
    missing: type[Problem] = DirectoryNotFound
    key: bool = True
    spends: frozenset[Quota] = frozenset()
    free: bool = False

    @property
    def sends_photograph(self) -> bool:
        """Whether the caller sends photographs, which it may then see."""
        return not {scopes.Scope.ENROL, scopes.Scope.RECOGNIZE}.isdisjoint(self.all_of)


def needs(
    *all_of: scopes.Scope,
    missing: type[Problem] = DirectoryNotFound,
    spends: frozenset[Quota] = frozenset(),
    free: bool = False,
) -> Callable[[AnyEndpoint], AnyEndpoint]:
    """Return a decorator that declares the scopes of an endpoint; without any, every key will do."""
    return _declaring(Needs(all_of, missing=missing, spends=spends, free=free))


def needs_any(*any_of: scopes.Scope) -> Callable[[AnyEndpoint], AnyEndpoint]:
    """Return a decorator that declares the scopes of which an endpoint requires one."""
    return _declaring(Needs(any_of=any_of))


def needs_no_key(endpoint: AnyEndpoint) -> AnyEndpoint:
    """Declare that everybody may call an endpoint."""
    return _declaring(Needs(key=False))(endpoint)


def _declaring(needed: Needs) -> Callable[[AnyEndpoint], AnyEndpoint]:
    def declare(endpoint: AnyEndpoint) -> AnyEndpoint:
        setattr(endpoint, _ATTRIBUTE, needed)
        return endpoint

    return declare


class GuardedRoute(APIRoute):
    """A route that serves only callers whose grant has its scope and covers the directory in its path.

    Raises TypeError when it is made of an endpoint without declared scopes.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        if not isinstance(getattr(endpoint, _ATTRIBUTE, None), Needs):
            raise TypeError(f"{path}: declare with @needs who may call {endpoint.__name__}.")
        # FastAPI makes a validator of each model, several hundred, at every start.
        responses = options.pop("responses", None) or {}
        self._models = {status: each["model"] for status, each in responses.items() if "model" in each}
        plain = {status: {key: each[key] for key in each if key != "model"} for status, each in responses.items()}
        super().__init__(path, endpoint, responses=plain, **options)

    def complete(self) -> None:
        """Add what only the description of the route needs."""
        self.response_fields = {
            status: create_model_field(f"Response_{status}_{self.unique_id}", model, mode="serialization")
            for status, model in self._models.items()
        }

    @property
    def needs(self) -> Needs:
        """What the route requires."""
        needed: Needs = getattr(self.endpoint, _ATTRIBUTE)
        return needed

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises KeyMissing, QuotaSpent, ScopeMissing, or the problem of a missing directory."""
        bind(None)
        self._act(scope, NOBODY.subject)
        if self.needs.key and scope["method"] in (self.methods or ()):
            await self._admit(scope)
            if signs_links(current_grant()):
                send = SignedAnswer(send, scope, current_grant(), sends_photograph=self.needs.sends_photograph)
        self.check(scope)
        await super().handle(scope, receive, send)

    def check(self, scope: Scope) -> None:
        """Raise the problem of a request whose URL this route does not accept, once its caller is let in."""

    def _act(self, scope: Scope, subject: str) -> None:
        action, client = f"{scope['method']} {self.path}", scope["client"]
        set_current_act(Act(subject, action, client[0] if client else "", correlation_id.get() or ""))

    async def _admit(self, scope: Scope) -> None:
        grant = scope["state"].get("grant")
        if grant is not None:
            self._act(scope, grant.subject)
        if grant is None:
            raise SessionEnded if scope["state"].get("session_ended") else KeyMissing
        set_current_grant(grant)
        await spend_request(scope, grant, self.needs.spends, free=self.needs.free)
        directory = _named(scope)
        if directory is not None:
            enter(directory, missing=self.needs.missing)
        for each in self.needs.all_of:
            grant.require(each)
        if self.needs.any_of:
            grant.require(*self.needs.any_of)


def enter(directory: str, *, missing: type[Problem] = DirectoryNotFound) -> None:
    """Bind the rest of the request to the directory that it named. Raises `missing` if the caller does not have it.

    The answer says and takes the same whether the directory exists or not: nothing was looked up.
    """
    if not may_see(directory):
        raise missing
    bind(directory)


def may_see(directory: str) -> bool:
    """Return whether the caller has the directory of what it asks for; if not, the audit counts the refusal."""
    covered = current_grant().covers(directory)
    if not covered:
        note_foreign()
    return covered


def _named(scope: Scope) -> str | None:
    """Return the directory in the path, if it is a valid name: the endpoint itself refuses others."""
    directory = scope["path_params"].get("directory")
    if directory is None:
        return None
    try:
        return checked_name(unquote(directory, errors="strict"))
    except (InvalidName, UnicodeDecodeError):
        return None
