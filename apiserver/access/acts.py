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

_foreign: ContextVar[list[bool] | None] = ContextVar("foreign", default=None)
"""A list, since tasks of the call share it."""

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
    _foreign.set([])


def note_foreign() -> None:
    """Note that the current call asked for something of a directory that its caller does not have."""
    if (noted := _foreign.get()) is not None:
        noted.append(True)


def is_foreign() -> bool:
    """Tell whether `note_foreign` was called for the current call."""
    return bool(_foreign.get())
