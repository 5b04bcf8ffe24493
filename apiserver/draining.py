"""State of a gateway that is about to stop."""

from dataclasses import dataclass


@dataclass(slots=True)
class Draining:
    """Whether draining has begun: the gateway still serves, but clients should turn to another one."""

    begun: bool = False
