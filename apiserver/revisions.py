"""Things that can be edited carry a revision, one more with every edit; as entity tags (RFC 9110) it is `"<revision>"`.

Whoever edits may say which revision is meant, and is refused if somebody else was faster.
"""

import re
from dataclasses import dataclass

from apiserver.problems import PreconditionFailed

_TAG = re.compile(r'(W/)?"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Tags:
    """The revisions that a header names; `any` stands for the asterisk."""

    revisions: frozenset[str]
    any: bool = False

    @classmethod
    def read(cls, header: str, *, weak: bool) -> "Tags":
        """Return what a header means; those marked as `weak` count only where they may."""
        tags = frozenset(tag for mark, tag in _TAG.findall(header) if weak or not mark)
        return cls(tags, any=header.strip() == "*")

    def have(self, revision: int) -> bool:
        """Tell whether the revision is one of them."""
        return self.any or str(revision) in self.revisions


@dataclass(frozen=True, slots=True)
class Condition:
    """The revisions on which an edit is to be made; on any where none are named."""

    tags: Tags | None = None

    def check(self, revision: int | None) -> None:
        """Raise PreconditionFailed unless the thing is of a revision that is meant; None: there is no such thing."""
        if self.tags is not None and (revision is None or not self.tags.have(revision)):
            raise PreconditionFailed


ALWAYS = Condition()
"""Whatever the revision is."""
