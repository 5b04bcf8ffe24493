"""One load against a stack, with its cost."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass

from bench.harness.load import Client, closed_loop, open_loop
from bench.harness.outcomes import Outcome, Summary, summarise
from bench.harness.processes import cpu_ms_per_image, memory_mb, usages
from bench.harness.stack import RunningStack
from bench.harness.uploads import Upload


@dataclass(frozen=True)
class Load:
    """A load's summary, the CPU time of each process for each answered photograph, and its memory afterwards."""

    summary: Summary
    cpu_ms_per_image: dict[str, float]
    memory_mb: dict[str, float]


def closed(stack: RunningStack, uploads: Iterator[Upload], concurrency: int, seconds: float) -> Load:
    """Measure a closed loop."""
    return _loaded(stack, seconds, lambda client: closed_loop(client, uploads, concurrency, seconds))


def opened(stack: RunningStack, uploads: Iterator[Upload], rate: float, seconds: float) -> Load:
    """Measure an open loop of `rate` requests per second."""
    return _loaded(stack, seconds, lambda client: open_loop(client, uploads, rate, seconds))


def row(stack: RunningStack, uploads: Iterator[Upload]) -> list[Outcome]:
    """Send one request after the other until the uploads end."""

    async def send_all() -> list[Outcome]:
        client = Client(stack.url)
        await closed_loop(client, uploads, 1, float("inf"))
        client.close()
        return client.outcomes

    return asyncio.run(send_all())


def _loaded(stack: RunningStack, seconds: float, load: Callable[[Client], Coroutine[None, None, None]]) -> Load:
    return asyncio.run(_measure(stack, seconds, load))


async def _measure(stack: RunningStack, seconds: float, load: Callable[[Client], Coroutine[None, None, None]]) -> Load:
    client = Client(stack.url)
    before, start = usages(stack.supervisor), time.perf_counter()
    await load(client)
    after = usages(stack.supervisor)
    client.close()
    summary = summarise(client.outcomes, start, seconds)
    return Load(summary, cpu_ms_per_image(before, after, summary.answered), memory_mb(after))
