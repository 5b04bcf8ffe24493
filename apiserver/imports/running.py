"""The import job: plans what is to be enrolled and enrols it; a second run continues where the first one ended."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from zipfile import ZipFile

from apiserver.biometrics.face import FaceChoice, Model
from apiserver.biometrics.quality import Action, QualityLimits
from apiserver.bundles.zip_reading import ZipLimits, open_zip
from apiserver.directories.records import read_settings
from apiserver.imports import plan as import_plan
from apiserver.imports import records as imports
from apiserver.imports.preparation import Preparation
from apiserver.imports.records import Import, Outcome
from apiserver.imports.sources import BundleParts, Keys, Members, Source
from apiserver.imports.work import enrol_items
from apiserver.jobs.runs import Run
from apiserver.problems import Outage
from apiserver.settings import Settings


async def import_people(run: Run) -> None:
    """Enrol the contents of an archive, or of a manifest of keys."""
    import_, resources = Import(str(run.directory), run.job), run.resources
    try:
        if not await imports.has_work(resources.database, import_):  # an earlier run was stopped after the last item
            tally = await imports.tally(resources.database, import_)
            words = Counter({imports.Word(word): count for word, count in tally.items()})
            await run.report(words.total(), words.total(), _sentence(words, words.total()))
        elif run.arguments["archive"]:
            async with _archive(run) as archive:
                await _import_archive(run, import_, archive)
        else:
            model = await resources.vectorizer.model_in_use()
            await _enrol(run, import_, Keys(resources.archives, resources.settings.max_image_bytes), model)
    except Outage:
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
    await _enrol(run, import_, source, model)


async def _enrol(run: Run, import_: Import, source: Source, model: Model) -> None:
    resources = run.resources
    counted = Counter(await imports.tally(resources.database, import_))
    total, words = counted.total(), Counter({word: counted[word] for word in imports.Word})

    async def on_done(outcomes: Sequence[Outcome]) -> None:
        words.update(outcome.word for outcome in outcomes)
        await run.report(words.total(), total, _sentence(words, total))

    preparation = Preparation(
        directory=import_.directory,
        source=source,
        vectorizer=resources.vectorizer,
        model=model,
        choice=FaceChoice(run.arguments["face"]),
        limits=await _quality_limits(run, import_.directory),
        staging=timedelta(seconds=resources.settings.staging_seconds),
    )
    await on_done([])
    await enrol_items(
        import_,
        preparation,
        resources.database,
        resources.images,
        concurrency=resources.settings.import_concurrency,
        on_done=on_done,
    )


async def _quality_limits(run: Run, directory: str) -> QualityLimits:
    """Return the directory's limits of photographs, with the import's own action if it has one."""
    async with run.resources.database.connection() as connection:
        limits = (await read_settings(connection, directory)).quality_limits()
    action = run.arguments["quality"]
    return replace(limits, action=Action(action)) if action else limits


@asynccontextmanager
async def _archive(run: Run) -> AsyncIterator[ZipFile]:
    limits = _limits(run.resources.settings)
    with (
        await run.resources.archives.reader(run.job, limits.max_read_bytes) as file,
        await asyncio.to_thread(open_zip, file, file.seek(0, io.SEEK_END), limits) as archive,
    ):
        yield archive


def _limits(settings: Settings) -> ZipLimits:
    return ZipLimits(settings.max_import_files, settings.max_import_expansion, settings.max_image_bytes)


def _sentence(words: Counter[imports.Word], total: int) -> str:
    counts = ", ".join(f"{words[word]:,} {word}" for word in imports.Word if words[word])
    return f"{words.total():,} of {total:,}" + (f": {counts}." if counts else ".")
