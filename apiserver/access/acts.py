"""The call that the current task works for, as audits record it."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """A call. subject: who calls. action: the route, such as `POST /learn`. address: of the client, empty if unknown.

    request_id: as in the answer and the log.
    """

    subject: str
    action: str
    address: str
    request_id: str


_current: ContextVar[Act | None] = ContextVar("act", default=None)


def current_act() -> Act | None:
    """Return the call that the current task works for; None for the service's own tasks."""
    return _current.get()


def set_current_act(act: Act | None) -> None:
    """Set the call for the rest of the current task."""
    _current.set(act)
