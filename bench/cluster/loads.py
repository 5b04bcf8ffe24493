"""A constant load for the duration of an event, and clients that retry."""

import asyncio
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.harness.load import Client
from bench.harness.outcomes import REFUSED, Outcome
from bench.harness.uploads import Upload

RETRY_SECONDS = 1.0
"""The value of the services' Retry-After."""

_MAX_ATTEMPTS = 60


class Clients:
    """Several clients, whose requests come in turn; a request refused with 503 and a Retry-After is sent again."""

    def __init__(self, url: str, count: int) -> None:
        self._clients = [Client(url) for _ in range(count)]
        self._turn = 0
        self.refusals: list[Outcome] = []
        self.outcomes: list[Outcome] = []

    async def send(self, upload: Upload, due: float | None = None) -> None:
        """Send a request that was due then, or is now; again after each refusal. Note what became of it in the end."""
        due = time.perf_counter() if due is None else due
        for _ in range(_MAX_ATTEMPTS):
            self._turn += 1
            outcome = await self._clients[self._turn % len(self._clients)].send(upload)
            if outcome.status != REFUSED or not outcome.retry_after:
                break
            self.refusals.append(outcome)
            await asyncio.sleep(RETRY_SECONDS)
        self.outcomes.append(replace(outcome, due=due))

    def close(self) -> None:
        """Close unused connections."""
        for client in self._clients:
            client.close()


@dataclass(frozen=True)
class Load:
    """The outcomes of a load: the final one of each request, and the refusals before it."""

    seconds: float
    outcomes: Sequence[Outcome]
    refusals: Sequence[Outcome]


async def under_load(
    url: str, uploads: Iterator[Upload], rate: float, work: Coroutine[Any, Any, None], clients: int = 8
) -> Load:
    """Send `rate` requests per second, independent of their outcomes, for as long as `work` runs."""
    sender, start = Clients(url, clients), time.perf_counter()
    working = asyncio.create_task(work)
    async with asyncio.TaskGroup() as tasks:
        due = start
        while not working.done():
            tasks.create_task(sender.send(next(uploads), due))
            due += 1 / rate
            await asyncio.wait({working}, timeout=max(0.0, due - time.perf_counter()))
    await working
    sender.close()
    return Load(time.perf_counter() - start, sender.outcomes, sender.refusals)
