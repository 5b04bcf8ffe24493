"""What the current task spends, counted for the key that it works for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from apiserver.access.limits import Quota


@dataclass(frozen=True, slots=True)
class Meter:
    """Counts for a key. is_spent: tells whether a quota is spent."""

    count: Callable[[Quota, float], None]
    is_spent: Callable[[Quota], bool] = lambda _: False


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


def spend(quota: Quota, amount: float) -> None:
    """Count what the current task spent; nothing if it works for no key."""
    meter = _meter.get()
    if meter is not None:
        meter.count(quota, amount)


def is_spent(quota: Quota) -> bool:
    """Tell whether the key that the current task works for has spent a quota."""
    meter = _meter.get()
    return meter is not None and meter.is_spent(quota)


def set_meter(meter: Meter | None) -> None:
    """Count the rest of the current task."""
    _meter.set(meter)


@contextmanager
def metered(meter: Meter | None) -> Iterator[None]:
    """Count what the block spends."""
    token = _meter.set(meter)
    try:
        yield
    finally:
        _meter.reset(token)
