"""What one caller may do, and in which directories."""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from apiserver.access.scopes import Scope
from apiserver.problems import ScopeMissing

SEPARATORS = "/.-_:"
"""A prefix of directory names ends with one of these, so that `acme` does not open `acme2`."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Directories: all of them, or those with the names, or with names that begin with one of the prefixes."""

    everywhere: bool = False
    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def covers(self, directory: str) -> bool:
        """Tell whether the directory is one of these."""
        return self.everywhere or directory in self.names or directory.startswith(self.prefixes)

    def includes(self, other: "Reach") -> bool:
        """Tell whether every directory of the other reach, also of those not made yet, is one of these."""
        if self.everywhere or other.everywhere:
            return self.everywhere
        return all(map(self.covers, other.names)) and all(each.startswith(self.prefixes) for each in other.prefixes)

    @property
    def only(self) -> str | None:
        """The directory, if it is exactly one."""
        if self.everywhere or self.prefixes or len(self.names) != 1:
            return None
        return next(iter(self.names))


EVERYWHERE = Reach(everywhere=True)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a caller may do.

    subject: who it is, in audits and logs. key: whose limits it has, and on whose behalf links are signed: the id of
    its key, or the subject of its token; None without either. name: what people call it. by_session: whether a
    browser sent a cookie.
    """

    subject: str
    scopes: frozenset[Scope]
    reach: Reach
    key: str | None = None
    limits: dict[str, float] = field(default_factory=dict)
    name: str | None = None
    expires_at: datetime | None = None
    by_session: bool = False

    def has(self, scope: Scope) -> bool:
        """Tell whether the caller has the scope."""
        return scope in self.scopes

    def covers(self, directory: str) -> bool:
        """Tell whether the directory exists for the caller."""
        return self.reach.covers(directory)

    def may_make(self, directory: str) -> bool:
        """Tell whether the caller's first enrolment may make the directory: its key must name it."""
        return self.has(Scope.ADMIN) or directory in self.reach.names

    @property
    def by_token(self) -> bool:
        """Whether a token of an identity provider gave it."""
        return self.key == self.subject

    @property
    def owner(self) -> str:
        """Whose idempotency keys the caller's are; empty for everybody where no key is required."""
        return "" if self is OPEN else self.subject

    def includes(self, scopes: frozenset[Scope], reach: Reach) -> bool:
        """Tell whether the caller may do all that somebody with these scopes and this reach may."""
        return scopes <= self.scopes and self.reach.includes(reach)

    def limited(self, limits: Mapping[str, float]) -> dict[str, float]:
        """Return the limits of a key that the caller gives, by default the caller's own. Raises ScopeMissing."""
        if any(limits.get(name, own) > own for name, own in self.limits.items()):
            raise ScopeMissing("A key can give only limits up to its own.")
        return {**self.limits, **limits}

    def require(self, *scopes: Scope) -> None:
        """Raise ScopeMissing unless the caller has one of the scopes."""
        if not self.scopes.intersection(scopes):
            raise ScopeMissing(f"The key lacks the scope {' or '.join(scopes)}.")


OPEN = Grant("open", frozenset(Scope), EVERYWHERE)
"""The grant of everybody where no key is required, and of the service's own tasks."""

_current: ContextVar[Grant] = ContextVar("grant", default=OPEN)


def current_grant() -> Grant:
    """Return the grant of the request that is served; of the service itself elsewhere."""
    return _current.get()


def set_current_grant(grant: Grant) -> None:
    """Set the grant for the rest of the request; each request is served in a context of its own."""
    _current.set(grant)


def keeps_by_default() -> bool:
    """Tell whether recognized photographs are kept unless the caller says otherwise: it may do more than recognize."""
    return current_grant().scopes != {Scope.RECOGNIZE}


def default_directory() -> str:
    """Return the directory of a request that names none: the caller's only one, or `default`."""
    return current_grant().reach.only or "default"
