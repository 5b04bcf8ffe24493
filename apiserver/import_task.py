"""The job that imports: finds out what is to be enrolled, enrols it, and goes on where it was when run again."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from zipfile import ZipFile

from apiserver import import_plan, imports
from apiserver.directories import read_settings
from apiserver.faces import FaceChoice, Model
from apiserver.import_preparation import Enroller
from apiserver.import_sources import BundleParts, Keys, Members, Source
from apiserver.import_work import enrol_items
from apiserver.imports import Import, Outcome
from apiserver.problems import Outage
from apiserver.quality import Action, QualityLimits
from apiserver.runs import Run
from apiserver.settings import Settings
from apiserver.zip_files import ZipLimits, open_zip


async def import_people(run: Run) -> None:
    """Enrol what an archive or a manifest of keys holds."""
    one, resources = Import(str(run.directory), run.job), run.resources
    try:
        if not await imports.has_work(resources.database, one):  # an earlier run was stopped behind the last item
            tally = await imports.tally(resources.database, one)
            words = Counter({imports.Word(word): count for word, count in tally.items()})
            await run.report(words.total(), words.total(), _sentence(words, words.total()))
        elif run.arguments["archive"]:
            async with _archive(run) as archive:
                await _import_archive(run, one, archive)
        else:
            model = await resources.vectorizer.model_in_use()
            await _enrol(run, one, Keys(resources.archives, resources.settings.max_image_bytes), model)
    except Outage:
        raise
    except Exception:
        await resources.archives.remove(*one)
        raise
    await resources.archives.remove(*one)


async def _import_archive(run: Run, one: Import, archive: ZipFile) -> None:
    manifest = await asyncio.to_thread(import_plan.find_manifest, archive)
    database, most_bytes = run.resources.database, run.resources.settings.max_image_bytes
    if not await imports.is_planned(database, one):
        await import_plan.plan(archive, manifest, database, one)
    model = await run.resources.vectorizer.model_in_use()
    source: Source = Members(archive, most_bytes)
    if manifest:
        source = await asyncio.to_thread(BundleParts, archive, manifest, model.id, most_bytes)
    await _enrol(run, one, source, model)


async def _enrol(run: Run, one: Import, source: Source, model: Model) -> None:
    resources = run.resources
    counted = Counter(await imports.tally(resources.database, one))
    total, words = counted.total(), Counter({word: counted[word] for word in imports.Word})

    async def told(outcomes: Sequence[Outcome]) -> None:
        words.update(outcome.word for outcome in outcomes)
        await run.report(words.total(), total, _sentence(words, total))

    enroller = Enroller(
        directory=one.directory,
        source=source,
        vectorizer=resources.vectorizer,
        model=model,
        choice=FaceChoice(run.arguments["face"]),
        limits=await _quality_limits(run, one.directory),
        staging=timedelta(seconds=resources.settings.staging_seconds),
    )
    await told([])
    await enrol_items(
        one,
        enroller,
        resources.database,
        resources.images,
        concurrency=resources.settings.import_concurrency,
        told=told,
    )


async def _quality_limits(run: Run, directory: str) -> QualityLimits:
    """Return what photographs are held to: what is set for the directory, but the import's own action if it has one."""
    async with run.resources.database.connection() as connection:
        quality = (await read_settings(connection, directory)).quality
    limits = quality.limits() if quality else QualityLimits()
    action = run.arguments["quality"]
    return replace(limits, action=Action(action)) if action else limits


@asynccontextmanager
async def _archive(run: Run) -> AsyncIterator[ZipFile]:
    limits = _limits(run.resources.settings)
    with (
        await run.resources.archives.reader(run.job, limits.longest_read) as file,
        await asyncio.to_thread(open_zip, file, file.seek(0, io.SEEK_END), limits) as archive,
    ):
        yield archive


def _limits(settings: Settings) -> ZipLimits:
    return ZipLimits(settings.max_import_files, settings.max_import_expansion, settings.max_image_bytes)


def _sentence(words: Counter[imports.Word], total: int) -> str:
    counts = ", ".join(f"{words[word]:,} {word}" for word in imports.Word if words[word])
    return f"{words.total():,} of {total:,}" + (f": {counts}." if counts else ".")
