"""Workers: one as a process, for the tests that end it or read its log, and one in this process for all others."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

from apiserver import tasks
from apiserver.settings.settings import Settings
from apiserver.telemetry.worker import worker_telemetry
from apiserver.worker import work
from tests.checkout import ROOT
from tests.waiting import PATIENCE_SECONDS

LOST_SECONDS = 6.0
LOST_SOON = {"APISERVER_JOB_LOST_SECONDS": f"{LOST_SECONDS}"}
"""For those whose loss is noticed in the test; others cannot be so slow that they are taken for lost."""


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[None]:
    """Run jobs here, as `python -m apiserver.worker` does in a process that takes a second of a core to start."""
    with worker_telemetry(settings) as telemetry:
        worker = asyncio.create_task(work(settings, tasks.ON_REQUEST, telemetry))
        try:
            yield
        finally:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker


class Worker:
    """A process that runs jobs."""

    def __init__(self, settings: Settings, module: str, **environment: str) -> None:
        self._command = [sys.executable, "-m", module]
        self._environment = {
            "APISERVER_DATABASE_URL": settings.database_url.get_secret_value(),
            "APISERVER_IMAGE_STORE_URL": settings.image_store_url,
            "APISERVER_VECTORIZER_URLS": settings.vectorizer_urls,
            "APISERVER_JOB_LOST_SECONDS": "60",
            **environment,
        }
        self._lines: list[str] = []

    async def __aenter__(self) -> Self:
        self.process = await asyncio.create_subprocess_exec(
            *self._command, cwd=ROOT, env=self._environment, stderr=asyncio.subprocess.PIPE
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self._reader

    async def stop(self) -> int:
        self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), PATIENCE_SECONDS)

    @property
    def log(self) -> str:
        return "".join(self._lines)

    async def _read(self) -> None:
        assert self.process.stderr
        async for line in self.process.stderr:
            self._lines.append(line.decode())
