"""Enrols the items of an import, several at a time, and writes together what is ready together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from apiserver.background import background
from apiserver.bulk_enrolment import enrol_all
from apiserver.database import Database
from apiserver.image_store import ImageStore
from apiserver.import_preparation import Enroller, Ready
from apiserver.imports import Import, Item, Outcome, waiting
from apiserver.problems import DatabaseBusy

_PAGE = 256

Told = Callable[[Sequence[Outcome]], Awaitable[None]]
"""Is told what became of some items."""


class _Writer:
    """Enrols whatever is ready, while the next ones are prepared."""

    def __init__(self, one: Import, database: Database, images: ImageStore, told: Told) -> None:
        self._one = one
        self._database = database
        self._images = images
        self._told = told
        self._waiting: list[tuple[Ready | Outcome, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def write(self, result: Ready | Outcome) -> None:
        """Return once what became of the item is written. Raises what kept it from being written."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((result, written))
        self._wake.set()
        await written

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            try:
                await self._write([result for result, _ in batch])
            except Exception as error:  # noqa: BLE001 - it is raised where each of them is waited for
                for _, written in batch:
                    if not written.done():
                        written.set_exception(error)
            else:
                for _, written in batch:
                    if not written.done():
                        written.set_result(None)

    async def _write(self, results: Sequence[Ready | Outcome]) -> None:
        ready = [result for result in results if isinstance(result, Ready)]
        others = [result for result in results if isinstance(result, Outcome)]
        await self._images.save_all({one.image: one.content for one in ready if one.image})
        faces = [one.face for one in ready]
        try:
            outcomes = await enrol_all(self._database, self._one, faces, others)
        except DatabaseBusy:  # somebody enrolled or deleted the same people; a second attempt sees what they did
            outcomes = await enrol_all(self._database, self._one, faces, others)
        await self._told(outcomes)


async def enrol_items(
    one: Import, enroller: Enroller, database: Database, images: ImageStore, *, concurrency: int, told: Told
) -> None:
    """Enrol every item without an outcome, `concurrency` at a time, and tell what became of them.

    A photograph is in memory until its outcome is written, so no more than `concurrency` are. Raises an Outage.
    """
    row, turn = _items(database, one), asyncio.Lock()
    writer = _Writer(one, database, images, told)

    async def work() -> None:
        while True:
            async with turn:
                item = await anext(row, None)
            if item is None:
                return
            await writer.write(await enroller.prepare(item))

    async with background(writer.run()):
        workers = [asyncio.create_task(work()) for _ in range(concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


async def _items(database: Database, one: Import) -> AsyncIterator[Item]:
    last = -1
    while page := await waiting(database, one, last, _PAGE):
        for item in page:
            yield item
        last = page[-1].n
