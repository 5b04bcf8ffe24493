"""`faceserver import` of a folder."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from faceserver.client.async_client import AsyncClient
from faceserver.client.calls import FaceChoice
from faceserver.commands.importing.report import Report
from faceserver.commands.shared.key_file import key_to_send
from faceserver.commands.shared.service import (
    LONG_PATIENCE_SECONDS,
    ExitStatus,
    ca_file,
    check_ready,
    checked_url,
    fail,
    failures_reported,
)
from faceserver.file_names import shown
from faceserver.importing.journal import Journal
from faceserver.importing.learning import answered_earlier, learn_all
from faceserver.importing.people_folder import Photograph, find_photographs


@dataclass(frozen=True, slots=True)
class FolderImport:
    """The service and directory that learn the people, and the options."""

    url: str
    directory: str
    face: FaceChoice
    concurrency: int


def import_folder(folder: Path, options: FolderImport, *, fresh: bool, as_json: bool) -> Report:
    """Learn a folder of people and return the report, which has been printed."""
    found = find_photographs(folder)
    if found.problem:
        fail(ExitStatus.USAGE, shown(found.problem))
    photographs = found.photographs
    journal = Journal(checked_url(options.url), options.directory, str(folder.resolve()), options.face)
    if fresh:
        journal.remove()
    check_ready(options.url, options.directory)
    report = Report(len(photographs), as_json=as_json, folder=folder)
    report.skip(found.skipped)
    with failures_reported():
        try:
            asyncio.run(_import(options, journal, photographs, report))
        finally:
            report.sum_up()
    if not report.has_failures():
        journal.remove()
    if journal.fault:
        typer.echo(f"The import journal could not be written, so another run cannot resume: {journal.fault}", err=True)
    return report


async def _import(options: FolderImport, journal: Journal, photographs: Sequence[Photograph], report: Report) -> None:
    async with AsyncClient(
        options.url,
        key=key_to_send(),
        ca_file=ca_file(),
        directory=options.directory,
        patience_seconds=LONG_PATIENCE_SECONDS,
    ) as client:
        earlier = await answered_earlier(client, journal, photographs, options.face)
        report.resume(earlier)
        done = {outcome.photograph for outcome in earlier}
        remaining = [photograph for photograph in photographs if photograph not in done]
        with report.progress:
            await learn_all(
                client, journal, remaining, face=options.face, concurrency=options.concurrency, note=report.note
            )
