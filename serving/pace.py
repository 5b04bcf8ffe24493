"""A minimum rate for the body of a request."""

import asyncio
from dataclasses import dataclass
from typing import Self

from starlette.types import Message, Receive

from serving.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a body must arrive.

    A client that falls behind `bytes_per_second` by more than `patience_seconds` is too slow. A body of n bytes
    therefore takes at most patience_seconds + n / bytes_per_second, and a pause at most patience_seconds.
    """

    bytes_per_second: float
    patience_seconds: float

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """Return the pace that the settings of a service ask for."""
        return cls(settings.upload_bytes_per_second, settings.upload_timeout_seconds)

    def on(self, receive: Receive) -> Receive:
        """Return a `receive` that raises TimeoutError when the body is too slow.

        Only the time of its waiting counts, not the time between two calls, when nothing more may be read.
        """
        left = self.patience_seconds

        async def receive_in_time() -> Message:
            nonlocal left
            loop = asyncio.get_running_loop()
            begun = loop.time()
            async with asyncio.timeout(left):
                message = await receive()
            gained = len(message.get("body", b"")) / self.bytes_per_second
            left = min(self.patience_seconds, left - (loop.time() - begun) + gained)
            return message

        return receive_in_time
