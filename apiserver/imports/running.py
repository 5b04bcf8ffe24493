"""The import job: plans the items, enrols them and compares them; a second run continues where the first one ended.

Items are prepared concurrently, and those that are ready at the same time are written together.
"""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from zipfile import ZipFile

from apiserver.access.limits import ENROLLING
from apiserver.background import background
from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.model import Model
from apiserver.biometrics.quality import Action, QualityLimits
from apiserver.biometrics.recognizability import applied_floor
from apiserver.bundles.zip_names import is_guessed
from apiserver.bundles.zip_reading import ZipLimits, open_zip
from apiserver.database.pool import Database
from apiserver.directories.records import read_settings
from apiserver.directories.settings import DirectorySettings
from apiserver.imports import plan as import_plan
from apiserver.imports import records as imports
from apiserver.imports.agreement import EMBEDDING_REPLACED, Trust
from apiserver.imports.comparison import compare_enrolled
from apiserver.imports.enrolment import enrol_all, refusal, without_consent
from apiserver.imports.preparation import Preparation, Ready
from apiserver.imports.records import Import, Item, ItemOutcome, Outcome, waiting
from apiserver.imports.sources import BundleParts, Keys, Members, Source
from apiserver.jobs.runs import Run
from apiserver.jobs.turns import TurnOver
from apiserver.problems import DatabaseBusy, Outage, QuotaSpent
from apiserver.settings.settings import Settings
from apiserver.storage.images import ImageStore

_PAGE = 256
_GUESSED = " Names that state no code page were read as cp437; if they look wrong, import again with zip_encoding."

OnDone = Callable[[Sequence[ItemOutcome]], Awaitable[None]]
"""Is called with the outcomes of items."""


async def import_people(run: Run) -> None:
    """Enrol the contents of an archive, or of a manifest of keys."""
    import_, resources = Import(str(run.directory), run.job), run.resources
    try:
        if not await imports.is_unfinished(resources.database, import_):
            # An earlier run was stopped after the last item.
            tally = await imports.tally(resources.database, import_)
            counts = Counter({Outcome(outcome): count for outcome, count in tally.items()})
            replaced = await imports.count_warned(resources.database, import_, EMBEDDING_REPLACED)
            await run.report(counts.total(), counts.total(), _sentence(counts, counts.total(), replaced))
        elif run.arguments["archive"]:
            async with _archive(run) as archive:
                await _import_archive(run, import_, archive)
        else:
            model = await resources.vectorizer.model_in_use()
            await _enrol(run, import_, Keys(resources.archives, resources.settings.max_image_bytes), model)
        await compare_enrolled(run, import_)
    except (Outage, QuotaSpent, TurnOver):
        raise
    except Exception:
        await resources.archives.delete(*import_)
        raise
    await resources.archives.delete(*import_)


async def _import_archive(run: Run, import_: Import, archive: ZipFile) -> None:
    manifest = await asyncio.to_thread(import_plan.find_manifest, archive)
    database, max_bytes = run.resources.database, run.resources.settings.max_image_bytes
    if not await imports.is_planned(database, import_):
        await import_plan.plan(archive, manifest, database, import_)
    model = await run.resources.vectorizer.model_in_use()
    source: Source = Members(archive, max_bytes)
    if manifest:
        source = await asyncio.to_thread(BundleParts, archive, manifest, model.id, max_bytes)
    names_an_encoding = run.arguments.get("zip_encoding") is not None
    guessed = not names_an_encoding and await asyncio.to_thread(lambda: any(map(is_guessed, archive.infolist())))
    await _enrol(run, import_, source, model, _GUESSED if guessed else "")


async def _enrol(run: Run, import_: Import, source: Source, model: Model, hint: str = "") -> None:
    resources = run.resources
    tally = Counter(await imports.tally(resources.database, import_))
    total, counts = tally.total(), Counter({outcome: tally[outcome] for outcome in Outcome})
    replaced = await imports.count_warned(resources.database, import_, EMBEDDING_REPLACED)

    async def on_done(outcomes: Sequence[ItemOutcome]) -> None:
        nonlocal replaced
        counts.update(each.outcome for each in outcomes)
        replaced += sum(warning.code == EMBEDDING_REPLACED for each in outcomes for warning in each.warnings or ())
        await run.report(counts.total(), total, _sentence(counts, total, replaced) + hint)

    async with resources.database.connection() as connection:
        settings = await read_settings(connection, import_.directory)
    preparation = Preparation(
        directory=import_.directory,
        source=source,
        vectorizer=resources.vectorizer,
        model=model,
        choice=FaceChoice(run.arguments["face"]),
        limits=_quality_limits(run, settings),
        floor=applied_floor(model, settings.recognizability_floor),
        staging=timedelta(seconds=resources.settings.staging_seconds),
        secret=await resources.images.secret(),
        trusts_embeddings=run.arguments.get("trust") == Trust.EMBEDDINGS,
        keep_originals=bool(settings.keep_originals),
    )
    await on_done([])
    await _enrol_items(run, import_, preparation, on_done)


def _quality_limits(run: Run, settings: DirectorySettings) -> QualityLimits:
    """Return the directory's limits of photographs, with the import's own action if it has one."""
    limits = settings.quality_limits()
    action = run.arguments["quality"]
    return replace(limits, action=Action(action)) if action else limits


@asynccontextmanager
async def _archive(run: Run) -> AsyncIterator[ZipFile]:
    limits = _limits(run.resources.settings)
    with (
        await run.resources.archives.reader(str(run.directory), run.job, limits.max_read_bytes) as file,
        await asyncio.to_thread(
            open_zip, file, file.seek(0, io.SEEK_END), limits, run.arguments.get("zip_encoding")
        ) as archive,
    ):
        yield archive


def _limits(settings: Settings) -> ZipLimits:
    return ZipLimits(settings.max_import_files, settings.max_import_expansion, settings.max_image_bytes)


def _sentence(counts: Counter[Outcome], total: int, replaced: int) -> str:
    listed = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome])
    sentence = f"{counts.total():,} of {total:,}" + (f": {listed}." if listed else ".")
    return sentence + (f" Embeddings replaced: {replaced:,}." if replaced else "")


class _Writer:
    """Enrols the items that are ready while the next ones are prepared."""

    def __init__(self, import_: Import, database: Database, images: ImageStore, on_done: OnDone) -> None:
        self._import = import_
        self._database = database
        self._images = images
        self._on_done = on_done
        self._waiting: list[tuple[Ready | ItemOutcome, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def write(self, result: Ready | ItemOutcome) -> None:
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

    async def _write(self, results: Sequence[Ready | ItemOutcome]) -> None:
        ready = [result for result in results if isinstance(result, Ready)]
        others = [result for result in results if isinstance(result, ItemOutcome)]
        used = await self._images.save_all({each.image: each.content for each in ready if each.image})
        faces = [each.face for each in ready]
        enrol = partial(enrol_all, keys=self._images.keys, image_keys=used)
        try:
            outcomes = await enrol(self._database, self._import, faces, others)
        except DatabaseBusy:  # the same people were enrolled or deleted concurrently; a second attempt sees the result
            outcomes = await enrol(self._database, self._import, faces, others)
        await self._on_done(outcomes)


async def _enrol_items(run: Run, import_: Import, preparation: Preparation, on_done: OnDone) -> None:
    """Enrol every item without an outcome, some at a time; `on_done` is called with their outcomes.

    A photograph is in memory until its outcome is written, so no more than `import_concurrency` are. Raises an Outage,
    or TurnOver after the items in progress are enrolled.
    """
    resources = run.resources
    items, turn = _items(run, import_), asyncio.Lock()
    writer = _Writer(import_, resources.database, resources.images, on_done)

    async def work() -> None:
        while True:
            async with turn:
                item = None if await run.turn.is_over() else await anext(items, None)
            if item is None:
                return
            await writer.write(await preparation.prepare(item) if isinstance(item, Item) else item)

    async with background(writer.run()):
        workers = [asyncio.create_task(work()) for _ in range(resources.settings.import_concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    if await run.turn.is_over() and await imports.is_unfinished(resources.database, import_):
        raise TurnOver


async def _items(run: Run, import_: Import) -> AsyncIterator[Item | ItemOutcome]:
    """Yield the items without an outcome, or the outcome of one that is refused whatever it shows.

    Raises QuotaSpent.
    """
    database, last = run.resources.database, -1
    while page := await waiting(database, import_, last, _PAGE):
        await run.check_quotas(ENROLLING)
        async with database.connection() as connection:
            refused = await without_consent(connection, import_.directory, {item.person for item in page})
        for item in page:
            yield refusal(item.n) if item.person in refused else item
        last = page[-1].n
