"""`faceserver import`, and how it learns a folder."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from faceserver.async_client import AsyncClient
from faceserver.calls import FaceChoice
from faceserver.commands.endings import LONG_PATIENCE_SECONDS, Ending, addressed, check_ready, end, said
from faceserver.commands.import_archive import import_archive
from faceserver.commands.import_report import Report
from faceserver.commands.options import Directory, Face, Json, Url
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.import_journal import Journal
from faceserver.importing import answered_earlier, learn_all
from faceserver.people_folder import EXAMPLE, Photograph, find_photographs


def import_people(
    source: Annotated[
        Path,
        typer.Argument(
            help="A folder with a sub-folder of photographs for each person, or a zip of one or of 'export'.",
            exists=True,
            show_default=False,
        ),
    ],
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    face: Face = "only",
    concurrency: Annotated[int, typer.Option(help="Photographs at a time.", min=1, max=64)] = 8,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on where an earlier run ended.")] = False,
    as_json: Json = False,
) -> None:
    """Learn a folder of people, or what another installation exported.

    The same command on the same folder, run again after whatever end, goes on from there.

    For example:

        faceserver import people --directory acme

        faceserver import people --face largest --json > outcomes.jsonl

        faceserver import acme.zip --directory acme
    """
    if source.is_file():
        report = import_archive(source, url, directory, face, as_json=as_json)
    else:
        report = _import_folder(source, _Import(url, directory, face, concurrency), fresh=fresh, as_json=as_json)
    if not report.is_faultless():
        raise typer.Exit(Ending.REFUSED)


@dataclass(frozen=True, slots=True)
class _Import:
    url: str
    directory: str
    face: FaceChoice
    concurrency: int


def _import_folder(folder: Path, what: _Import, *, fresh: bool, as_json: bool) -> Report:
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
    return report


async def _import(what: _Import, journal: Journal, photographs: Sequence[Photograph], report: Report) -> None:
    async with AsyncClient(what.url, directory=what.directory, patience_seconds=LONG_PATIENCE_SECONDS) as client:
        earlier = await answered_earlier(client, journal, photographs, what.face)
        report.resume(earlier)
        done = {outcome.photograph for outcome in earlier}
        rest = [photograph for photograph in photographs if photograph not in done]
        with report.progress:
            await learn_all(client, journal, rest, face=what.face, concurrency=what.concurrency, note=report.note)
