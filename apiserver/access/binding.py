"""The directory whose rows the current task can see; `database` gives it connections that are bound to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Final


class Every(Enum):
    """All directories: for upkeep, and for tasks that serve no request."""

    EVERY = "every"


EVERY: Final = Every.EVERY

Binding = str | None | Every
"""A directory; None for no rows at all, until the request has named its directory; or all of them."""

_directory: ContextVar[Binding] = ContextVar("directory", default=EVERY)


def bound_directory() -> Binding:
    """Return what the current task is bound to."""
    return _directory.get()


def bind(binding: Binding) -> None:
    """Bind the rest of the current task."""
    _directory.set(binding)


@contextmanager
def bound_to(binding: Binding) -> Iterator[None]:
    """Bind the tasks of the block."""
    token = _directory.set(binding)
    try:
        yield
    finally:
        _directory.reset(token)
