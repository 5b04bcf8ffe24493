"""How `faceserver import` learns a folder."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from faceserver.async_client import AsyncClient
from faceserver.calls import FaceChoice
from faceserver.commands.endings import LONG_PATIENCE_SECONDS, Ending, addressed, check_ready, end, said
from faceserver.commands.import_report import Report
from faceserver.import_journal import Journal
from faceserver.importing import answered_earlier, learn_all
from faceserver.people_folder import EXAMPLE, Photograph, find_photographs


@dataclass(frozen=True, slots=True)
class FolderImport:
    """Where people are learned, and how."""

    url: str
    directory: str
    face: FaceChoice
    concurrency: int


def import_folder(folder: Path, what: FolderImport, *, fresh: bool, as_json: bool) -> Report:
    """Learn a folder of people and return what became of each photograph, after it was told."""
    photographs = find_photographs(folder)
    if not photographs:
        end(Ending.USAGE, f"{folder} holds nobody. {EXAMPLE}")
    journal = Journal(addressed(what.url), what.directory, str(folder.resolve()), what.face)
    if fresh:
        journal.remove()
    check_ready(what.url, what.directory)
    report = Report(len(photographs), as_json=as_json, folder=folder)
    with said():
        try:
            asyncio.run(_import(what, journal, photographs, report))
        finally:
            report.sum_up()
    if not report.has_failures():
        journal.remove()
    if journal.fault:
        typer.echo(f"What was done could not be kept, for another run to go on from: {journal.fault}", err=True)
    return report


async def _import(what: FolderImport, journal: Journal, photographs: Sequence[Photograph], report: Report) -> None:
    async with AsyncClient(what.url, directory=what.directory, patience_seconds=LONG_PATIENCE_SECONDS) as client:
        earlier = await answered_earlier(client, journal, photographs, what.face)
        report.resume(earlier)
        done = {outcome.photograph for outcome in earlier}
        rest = [photograph for photograph in photographs if photograph not in done]
        with report.progress:
            await learn_all(client, journal, rest, face=what.face, concurrency=what.concurrency, note=report.note)
