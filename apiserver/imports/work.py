"""Enrols the items of an import concurrently, and writes those that are ready at the same time together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from apiserver.background import background
from apiserver.database import Database
from apiserver.imports.enrolment import enrol_all
from apiserver.imports.preparation import Preparation, Ready
from apiserver.imports.records import Import, Item, Outcome, waiting
from apiserver.problems import DatabaseBusy
from apiserver.storage.images import ImageStore

_PAGE = 256

OnDone = Callable[[Sequence[Outcome]], Awaitable[None]]
"""Is called with the outcomes of items."""


class _Writer:
    """Enrols the items that are ready while the next ones are prepared."""

    def __init__(self, import_: Import, database: Database, images: ImageStore, on_done: OnDone) -> None:
        self._import = import_
        self._database = database
        self._images = images
        self._on_done = on_done
        self._waiting: list[tuple[Ready | Outcome, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def write(self, result: Ready | Outcome) -> None:
        """Return when the outcome of the item is written. Raises the error that prevented it."""
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
            except Exception as error:  # noqa: BLE001 - raised to those who wait for the items
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
        await self._images.save_all({each.image: each.content for each in ready if each.image})
        faces = [each.face for each in ready]
        try:
            outcomes = await enrol_all(self._database, self._import, faces, others)
        except DatabaseBusy:  # the same people were enrolled or deleted concurrently; a second attempt sees the result
            outcomes = await enrol_all(self._database, self._import, faces, others)
        await self._on_done(outcomes)


async def enrol_items(
    import_: Import,
    preparation: Preparation,
    database: Database,
    images: ImageStore,
    *,
    concurrency: int,
    on_done: OnDone,
) -> None:
    """Enrol every item without an outcome, `concurrency` at a time; `on_done` is called with their outcomes.

    A photograph is in memory until its outcome is written, so no more than `concurrency` are. Raises an Outage.
    """
    row, turn = _items(database, import_), asyncio.Lock()
    writer = _Writer(import_, database, images, on_done)

    async def work() -> None:
        while True:
            async with turn:
                item = await anext(row, None)
            if item is None:
                return
            await writer.write(await preparation.prepare(item))

    async with background(writer.run()):
        workers = [asyncio.create_task(work()) for _ in range(concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


async def _items(database: Database, import_: Import) -> AsyncIterator[Item]:
    last = -1
    while page := await waiting(database, import_, last, _PAGE):
        for item in page:
            yield item
        last = page[-1].n
