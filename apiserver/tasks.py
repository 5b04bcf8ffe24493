"""What each kind of job does."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from apiserver.access.scopes import Scope
from apiserver.audit.sealing import forget
from apiserver.deletion import erasure
from apiserver.deletion.erasure import Erasure
from apiserver.deletion.records import finish
from apiserver.encryption.rotation import delete_unused, retired_keys, rewrap
from apiserver.encryption.stored_crops import StoredCrops
from apiserver.encryption.unencrypted import unencrypted
from apiserver.enrolment import comparing
from apiserver.enrolment.measuring import measure_recognizability
from apiserver.exports import snapshot as exports
from apiserver.exports.running import export_people
from apiserver.idempotency_keys import delete_expired
from apiserver.imports import records as imports
from apiserver.imports.running import import_people
from apiserver.jobs.rights import on_behalf
from apiserver.jobs.runs import Run, Task, delete_finished
from apiserver.jobs.turns import TurnOver
from apiserver.keys import pairs
from apiserver.keys.usage_records import delete_old
from apiserver.people import retention
from apiserver.people.counts import recount
from apiserver.people.retention import Retention
from apiserver.problems import ImageStoreUnavailable
from apiserver.search.changes import forget_changes
from apiserver.search.indexes import BUILD, Indexed, Kind, Progress, build, requested
from apiserver.search.planning import SwitchPoints
from apiserver.search.upkeep import tend
from apiserver.storage.cleaning import Cleaning
from apiserver.storage.encrypting import Encrypting
from apiserver.storage.sweeping import SweptBatch, sweep
from apiserver.vectorizers.wire import Want

_USAGE_AGE = timedelta(days=100)
"""How long the usage of keys on a day is kept, for quarterly billing."""


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task that runs at the times of `cron`, in UTC, once for all workers together."""

    task: Task
    cron: str


async def delete_expired_images(run: Run) -> None:
    """Delete expired images."""
    await _sweep(run, run.resources.images.delete_expired)


async def _sweep(run: Run, delete_some: Callable[[int, str | None], Awaitable[SweptBatch]]) -> None:
    """Delete what has expired, also while one of several servers does not answer: then on the others."""

    async def swept(directory: str | None) -> int:
        return await sweep(lambda limit: delete_some(limit, directory))

    async for deleted in run.resources.images.tagged_ids.everywhere(swept):
        await run.report(run.done + deleted)


async def clean_photographs(run: Run) -> None:
    """Take the metadata out of photographs that were stored with them."""

    async def encode(content: bytes) -> bytes | None:
        return (await run.resources.vectorizer.analyse(content, frozenset({Want.PICTURE}))).picture

    cleaning = Cleaning(run.resources.database, run.resources.images, encode)
    async for cleaned in cleaning.run():
        await run.report(run.done + cleaned, note=f"{run.done + cleaned:,} photographs.")


async def encrypt_stored(run: Run) -> None:
    """Encrypt what is stored in the clear or under retired keys, and delete these keys.

    Without master keys, nothing is encrypted.
    """
    database, images = run.resources.database, run.resources.images
    if not images.keys.masters:
        return
    await rewrap(database, images.keys.masters)
    await pairs.rewrap(database, images.keys.masters)
    total = run.done + (await unencrypted(database)).total()

    async def report(more: int) -> None:
        await run.report(run.done + more, max(total, run.done + more), f"{run.done + more:,} photographs and crops.")

    async with database.connection() as connection:
        retired = await retired_keys(connection)
    for which in (None, *retired):
        async for encrypted in Encrypting(database, images).run(which):
            await report(encrypted)
        async for encrypted in StoredCrops(database, images.keys).run(which):
            await report(encrypted)
    await report(await run.resources.archives.encrypt_stored())
    async with database.connection() as connection:
        for which in retired:
            await delete_unused(connection, which)


async def forget_audit(run: Run) -> None:
    """Remove the oldest entries of the audit."""
    await run.report(await forget(run.resources.database, run.resources.settings.audit_retention_days))


async def delete_finished_jobs(run: Run) -> None:
    """Delete the records of jobs that ended long ago."""
    await delete_finished(run.resources.database, timedelta(hours=run.resources.settings.job_retention_hours))


async def count_faces(run: Run) -> None:
    """Correct the numbers of faces of persons, which are wrong where another release has written faces."""
    await run.report(await recount(run.resources.database))


async def delete_old_usage(run: Run) -> None:
    """Delete what keys spent on days long ago."""
    await delete_old(run.resources.database, _USAGE_AGE)


async def tend_directory_tags(run: Run) -> None:
    """Let the ids of all directories lead to them, and forget those of which nothing is left."""
    await run.resources.images.tagged_ids.tend()


async def delete_expired_requests(run: Run) -> None:
    """Delete requests with a key whose answers have expired."""
    await delete_expired(run.resources.database)


async def delete_objects(run: Run) -> None:
    """Delete the objects of a deletion, and drop the indexes of a deleted directory."""
    database, images = run.resources.database, run.resources.images
    directory, deletion = str(run.arguments["directory"]), UUID(run.arguments["deletion"])
    await run.report(run.done + await sweep(partial(images.delete_marked, directory, deletion), run.turn.is_over))
    await tend(database, await requested(database, directory), SwitchPoints.of(run.resources.settings))
    if not await finish(database, directory, deletion):
        raise TurnOver if await run.turn.is_over() else ImageStoreUnavailable


async def delete_unseen(run: Run) -> None:
    """Delete the persons of each directory who were not seen for longer than its retention time."""
    await _delete_outdated(run, retention.UNSEEN)


async def delete_without_consent(run: Run) -> None:
    """Delete the persons of each directory whose consent ended longer ago than it sets."""
    await _delete_outdated(run, retention.CONSENT_ENDED)


async def _delete_outdated(run: Run, rule: Retention) -> None:
    deleting = Erasure(
        run.resources.database, run.resources.images.uploads_end_after, tagged_ids=run.resources.images.tagged_ids
    )

    async def delete_in(directory: str | None) -> None:
        for each, age in await retention.ages(run.resources.database, rule, directory):
            while receipt := await deleting.outdated(each, rule, age):
                await run.report(run.done + receipt.persons)

    async for _ in run.resources.images.tagged_ids.everywhere(delete_in):
        pass


async def delete_expired_archives(run: Run) -> None:
    """Delete expired bundles, and the archives of imports that never ended."""
    await _sweep(run, run.resources.archives.delete_expired)


async def delete_old_imports(run: Run) -> None:
    """Delete the outcomes of imports whose jobs were deleted."""
    await imports.delete_without_job(run.resources.database, timedelta(days=1))


async def build_search_index(run: Run) -> None:
    """Build the indexes of a large directory, except those that an earlier run finished."""

    async def report(progress: Progress) -> None:
        await run.report(round(100 * progress.done), 100, f"{progress.kind.capitalize()}: {progress.phase}.")

    indexed = Indexed(str(run.directory), run.arguments["model"], run.arguments["dimension"])
    # Jobs of earlier releases say nothing about a graph.
    kinds = frozenset(Kind if run.arguments.get("graph", True) else [Kind.CODES])
    await build(run.resources.database, indexed, report, kinds)
    await run.report(100, 100)


async def tend_search_indexes(run: Run) -> None:
    """Drop the indexes of directories that have become small, and graphs that are not needed; request missing ones."""
    database = run.resources.database
    await tend(database, await requested(database), SwitchPoints.of(run.resources.settings))


async def forget_face_changes(run: Run) -> None:
    """Forget the changes of faces that all gateways know."""
    await forget_changes(run.resources.database)


def _scopes_of_import(run: Run) -> tuple[Scope, ...]:
    return (Scope.IMPORT, Scope.IMPORT_TRUSTED) if run.arguments.get("trust") else (Scope.IMPORT,)


ON_REQUEST: Mapping[str, Task] = {
    BUILD: build_search_index,
    erasure.KIND: delete_objects,
    imports.KIND: on_behalf(import_people, _scopes_of_import),
    exports.KIND: on_behalf(export_people, lambda _: (Scope.EXPORT,)),
    comparing.KIND: on_behalf(comparing.compare_directory, lambda _: (Scope.EDIT,)),
}
"""The tasks that run on request, by kind."""

UPKEEP: Mapping[str, Periodic] = {
    "retention": Periodic(delete_expired_images, cron="* * * * *"),
    "metadata-removal": Periodic(clean_photographs, cron="*/10 * * * *"),
    "encryption": Periodic(encrypt_stored, cron="*/5 * * * *"),
    "unseen-removal": Periodic(delete_unseen, cron="30 * * * *"),
    "consent-removal": Periodic(delete_without_consent, cron="45 * * * *"),
    "archive-removal": Periodic(delete_expired_archives, cron="* * * * *"),
    "import-forgetting": Periodic(delete_old_imports, cron="30 * * * *"),
    "search-index-removal": Periodic(tend_search_indexes, cron="*/10 * * * *"),
    "face-change-removal": Periodic(forget_face_changes, cron="* * * * *"),
    "recognizability": Periodic(measure_recognizability, cron="15 * * * *"),
    "audit-removal": Periodic(forget_audit, cron="45 * * * *"),
    "forgetting": Periodic(delete_finished_jobs, cron="0 * * * *"),
    "face-counting": Periodic(count_faces, cron="10 4 * * *"),
    "usage-removal": Periodic(delete_old_usage, cron="20 3 * * *"),
    "directory-tags": Periodic(tend_directory_tags, cron="10 * * * *"),
    "request-removal": Periodic(delete_expired_requests, cron="*/10 * * * *"),
}
"""The periodic tasks, by kind. None waits for another; only those of recognizability, metadata and encryption may take
long.
"""
