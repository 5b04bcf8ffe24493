"""Send requests, a fixed number at a time (closed loop) or at given moments (open loop)."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from typing import Protocol
from urllib.parse import urlsplit

from bench.harness.connections import Answer, Connection, NoAnswer
from bench.harness.outcomes import Outcome, outcome_of
from bench.harness.uploads import Upload

TIMEOUT_SECONDS = 60.0
MAX_CONNECTIONS = 800
"""Fewer than the 1,024 files that a process may usually have open."""


class Sender(Protocol):
    """What a load goes through."""

    async def send(self, upload: Upload, due: float | None = None) -> Outcome:
        """Send a request that should go out at `due`, or now, and return what became of it. Never raises."""


class Client:
    """Kept connections to one gateway, as many as there are requests under way; notes every outcome."""

    def __init__(self, url: str) -> None:
        """url: http, without a path."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: list[Connection] = []
        self._permits = asyncio.Semaphore(MAX_CONNECTIONS)
        self.outcomes: list[Outcome] = []

    async def send(self, upload: Upload, due: float | None = None) -> Outcome:
        """See `Sender.send`; a request that should have gone out earlier counts from then."""
        due = time.perf_counter() if due is None else due
        async with self._permits:
            sent = time.perf_counter()
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    answer = await self._ask(upload.message())
            except (NoAnswer, OSError) as error:
                outcome = Outcome(due, sent, time.perf_counter(), status=0, code=_slug(error))
            else:
                outcome = outcome_of(answer, due, sent, time.perf_counter())
        self.outcomes.append(outcome)
        return outcome

    def close(self) -> None:
        """Close unused connections."""
        while self._idle:
            self._idle.pop().close()

    async def _ask(self, message: bytes) -> Answer:
        connection = await self._connection()
        try:
            answer = await connection.ask(message)
        except BaseException:
            connection.close()
            raise
        if answer.keeps_connection:
            self._idle.append(connection)
        else:
            connection.close()
        return answer

    async def _connection(self) -> Connection:
        while self._idle:
            if (connection := self._idle.pop()).is_open:
                return connection
        return await Connection.opened(self._host, self._port)


async def closed_loop(sender: Sender, uploads: Iterable[Upload], concurrency: int, seconds: float) -> None:
    """Send one request after the other on `concurrency` connections until `seconds` are over or uploads end."""
    end = time.perf_counter() + seconds
    row = iter(uploads)

    async def one_client() -> None:
        for upload in row:
            await sender.send(upload)
            if time.perf_counter() >= end:
                return

    await asyncio.gather(*(one_client() for _ in range(concurrency)))


async def open_loop(sender: Sender, uploads: Iterator[Upload], rate: float, seconds: float) -> None:
    """Send `rate` requests per second, evenly spaced and independent of outcomes; return when all have an outcome."""
    async with asyncio.TaskGroup() as tasks:
        for due in schedule(time.perf_counter(), rate, seconds):
            await asyncio.sleep(due - time.perf_counter())
            tasks.create_task(sender.send(next(uploads), due))


def schedule(start: float, rate: float, seconds: float) -> Iterator[float]:
    """Yield the moments at which the requests of an open loop are due: the first at `start`, `rate` a second."""
    return (start + number / rate for number in range(round(rate * seconds)))


def _slug(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no-answer-in-time"
    if isinstance(error, ConnectionRefusedError):
        return "connection-refused"
    return str(error) if isinstance(error, NoAnswer) else type(error).__name__
