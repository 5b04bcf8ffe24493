"""A service on its host: start, query, end."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import psutil  # type: ignore[import-untyped]

from bench.cluster import services
from bench.cluster.network import Host
from bench.harness.stack import is_ready
from faceserver.standalone.child import Child

START_SECONDS = 120.0

POLL_SECONDS = 0.1
_IMAGES = "faceserver_vectorizer_faces_count "


@dataclass(frozen=True)
class Member:
    """A service on its host."""

    host: Host
    child: Child
    url: str

    async def start(self) -> None:
        """Start the service and return once it is ready."""
        await self.child.start()
        await until(lambda: is_ready(self.url), self.child)

    async def stop(self) -> None:
        """Send SIGTERM and return once the process is gone."""
        await self.child.stop()

    def kill(self) -> None:
        """End the process at once."""
        assert self.child.pid
        os.kill(self.child.pid, signal.SIGKILL)

    async def images_done(self) -> int:
        """Return how many images the vectorizer has answered since it was started."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{services.url(self.host, services.METRICS_PORT)}/metrics")
        [count] = (line.split()[1] for line in answer.text.splitlines() if line.startswith(_IMAGES))
        return round(float(count))

    def cpu_seconds(self) -> float:
        """Return the processor time that the process has used."""
        times = psutil.Process(self.child.pid).cpu_times()
        return float(times.user + times.system)


async def until(ready: Callable[[], bool], child: Child) -> None:
    """Return once `ready`, which may block, says so. Raises StartError when the process ends, or TimeoutError."""
    async with asyncio.timeout(START_SECONDS):
        while not await asyncio.to_thread(ready):
            await child.check()
            await asyncio.sleep(POLL_SECONDS)
