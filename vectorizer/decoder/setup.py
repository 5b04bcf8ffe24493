"""What the service and the process that decoders are forked from agree on."""

from dataclasses import dataclass

from vectorizer.decoding.budget import Limits

FORK = 0
"""The request to fork a decoder, answered by its process id, or by `FAILED`.

Any other number is the id of a decoder to end, answered by its exit status, or by `UNKNOWN`.
"""

FAILED = -1
"""The system has no process left."""

UNKNOWN = 1 << 16
"""The decoder was forked by another process, which is gone and has ended it."""

NICENESS = 10
"""Added to the service's own for decoders and lanes: they get a tenth of a core that others use, and all idle time."""

MESSAGE_BYTES = 8
"""Bytes of a request, and of an answer."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What all decoders of a service have in common.

    memory_bytes: what one may use, in addition to the memory that it shares with the service. idle_seconds: after this
    time without a picture it gives back memory that it has freed.
    """

    limits: Limits
    memory_bytes: int
    shared_bytes: int
    idle_seconds: float = 3.0
