"""Revisions of editable resources, incremented by every change; as entity tags (RFC 9110): `"<revision>"`.

A client can state the revision it wants to change, and is refused if the resource has changed since; or that there must
be none yet.
"""

import re
from dataclasses import dataclass

from apiserver.problems import AlreadyExists, PreconditionFailed

_TAG = re.compile(r'(W/)?"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Tags:
    """The revisions that a header names; `any` means an asterisk."""

    revisions: frozenset[str]
    any: bool = False

    @classmethod
    def read(cls, header: str, *, weak: bool) -> "Tags":
        """Parse a header; weak tags are ignored unless `weak`."""
        tags = frozenset(tag for mark, tag in _TAG.findall(header) if weak or not mark)
        return cls(tags, any=header.strip() == "*")

    def have(self, revision: int) -> bool:
        """Return whether the header names the revision."""
        return self.any or str(revision) in self.revisions


@dataclass(frozen=True, slots=True)
class Condition:
    """The revisions that a client allows a change of, all if `tags` is None, except those of `excluded`."""

    tags: Tags | None = None
    excluded: Tags = Tags(frozenset())

    def check(self, revision: int | None) -> None:
        """Raise PreconditionFailed or AlreadyExists unless the revision is allowed. None: there is no resource."""
        if revision is not None and self.excluded.have(revision):
            raise AlreadyExists
        if self.tags is not None and (revision is None or not self.tags.have(revision)):
            raise PreconditionFailed


ALWAYS = Condition()
"""A condition that every revision fulfils."""

ABSENT = Condition(excluded=Tags(frozenset(), any=True))
"""A condition that only what does not exist yet fulfils."""
