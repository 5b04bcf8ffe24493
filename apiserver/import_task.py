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
from apiserver.directories import Directories
from apiserver.directory_sizes import DirectorySizes
from apiserver.faces import FaceChoice
from apiserver.import_preparation import Enroller
from apiserver.import_sources import BundleParts, Keys, Members, Source
from apiserver.import_work import enrol_items
from apiserver.imports import Import, Outcome
from apiserver.problems import Refused
from apiserver.quality import Action, QualityLimits
from apiserver.runs import Run
from apiserver.settings import Settings
from apiserver.zip_files import ZipLimits, open_zip


async def import_people(run: Run) -> None:
    """Enrol what an archive or a manifest of keys holds."""
    one, archives = Import(str(run.directory), run.job), run.resources.archives
    try:
        if run.arguments["archive"]:
            async with _archive(run) as archive:
                await _import_archive(run, one, archive)
        else:
            await _enrol(run, one, Keys(archives, run.resources.settings.max_image_bytes))
    except Refused:
        await archives.remove(*one)
        raise
    await archives.remove(*one)


async def _import_archive(run: Run, one: Import, archive: ZipFile) -> None:
    manifest = import_plan.find_manifest(archive)
    database, most_bytes = run.resources.database, run.resources.settings.max_image_bytes
    async with database.connection() as connection:
        planned = await imports.is_planned(connection, one)
        if planned is None:
            return
        if not planned:
            if manifest:
                await import_plan.write_persons(archive, database, one.directory)
            items = import_plan.bundled_faces(archive) if manifest else import_plan.photographs(archive)
            await imports.plan(connection, one, items)
    if manifest:
        model = await run.resources.vectorizer.model_in_use()
        source: Source = await asyncio.to_thread(BundleParts, archive, manifest, model.id, most_bytes)
    else:
        source = Members(archive, most_bytes)
    await _enrol(run, one, source)


async def _enrol(run: Run, one: Import, source: Source) -> None:
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
        model=await resources.vectorizer.model_in_use(),
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
    database = run.resources.database
    known = Directories(database, DirectorySizes(database), run.resources.settings.fpir)
    set_limits = (await known.settings(directory)).quality
    limits = set_limits.limits() if set_limits else QualityLimits()
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
