"""Whether the gateway is about to stop."""

from dataclasses import dataclass


@dataclass(slots=True)
class Draining:
    """It still serves, and whoever asks is to ask another one from now on."""

    begun: bool = False
