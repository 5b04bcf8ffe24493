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


NOBODY = Act("nobody", "authentication", "", "")
"""Who calls before it is known who does."""

_foreign: ContextVar[bool] = ContextVar("foreign", default=False)
_current: ContextVar[Act | None] = ContextVar("act", default=None)


def command_line(action: str) -> Act:
    """Return the act of a command that uses the database itself."""
    return Act("command line", action, "", "")


def current_act() -> Act | None:
    """Return the call that the current task works for; None for the service's own tasks."""
    return _current.get()


def set_current_act(act: Act | None) -> None:
    """Set the call for the rest of the current task."""
    _current.set(act)


def note_foreign() -> None:
    """Note that the current task was asked for something of a directory that its caller does not have."""
    _foreign.set(True)


def is_foreign() -> bool:
    """Tell whether `note_foreign` was called in the current task."""
    return _foreign.get()
