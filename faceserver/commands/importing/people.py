"""`faceserver import` of a folder, an archive, or the people of another system."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from zipfile import is_zipfile

import typer

from faceserver.client.calls import FaceChoice
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.commands.importing.collection import import_collection
from faceserver.commands.importing.folder import FolderImport, import_folder
from faceserver.commands.importing.report import Report
from faceserver.commands.jobs import wait_with_progress
from faceserver.commands.shared.options import Directory, Face, Json, Url
from faceserver.commands.shared.printing import counted
from faceserver.commands.shared.service import LONG_PATIENCE_SECONDS, ExitStatus, check_ready, fail, service
from faceserver.file_names import shown
from faceserver.importing import compreface, deepface
from faceserver.importing.foreign_people import ForeignError, ForeignPhotograph, write_bundle

Trust = Literal["embeddings"]

_MAX_NAMED = 5
_MAX_SHOWN = 1_000
_UNNAMED = "the person's name must be UTF-8, of 1 to 255 characters, without invisible ones"

_Source = Annotated[
    Path | None,
    typer.Argument(
        help="A folder with a sub-folder of photographs for each person, a zip of such a folder, or a zip of 'export'.",
        exists=True,
        show_default=False,
    ),
]
_CompreFace = Annotated[str | None, typer.Option(metavar="DSN", help="CompreFace's PostgreSQL database.")]
_Service = Annotated[str | None, typer.Option(help="Name of CompreFace's recognition service.")]
_DeepFace = Annotated[
    str | None,
    typer.Option(metavar="PATH|DSN", help="deepface's folder with its pickle, a pickle, or its PostgreSQL database."),
]
_Rekognition = Annotated[
    str | None,
    typer.Option(metavar="COLLECTION", help="Collection of Amazon Rekognition, with AWS's usual settings."),
]
_Photographs = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER|s3://BUCKET/PREFIX",
        help="Folder of deepface's photographs, if it is a different one; or folder or s3:// address of the "
        "photographs that Rekognition's ExternalImageIds name.",
    ),
]


class ReadingOptions(NamedTuple):
    """How the service reads an archive: code page of the names, and what it takes unchecked."""

    zip_encoding: str | None = None
    trust: Trust | None = None


def import_people(
    source: _Source = None,
    *,
    compreface: _CompreFace = None,
    service: _Service = None,
    deepface: _DeepFace = None,
    rekognition: _Rekognition = None,
    photographs: _Photographs = None,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    face: Face = "only",
    concurrency: Annotated[int, typer.Option(help="Photographs of a folder to send at a time.", min=1, max=64)] = 8,
    zip_encoding: Annotated[
        str | None,
        typer.Option(
            help="Code page of the names in a zip, such as cp932, if it does not state it.",
            show_default="UTF-8, or else cp437",
        ),
    ] = None,
    trust: Annotated[
        Trust | None,
        typer.Option(
            help="Use the embeddings of an export without comparing them with its faces.",
            show_default="check them",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start from the beginning instead of resuming an earlier run.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import a folder of people, the export of another installation, or the people of another system.

    If the import of a folder is interrupted, run the same command again to resume it.

    For example:

        faceserver import people --directory acme

        faceserver import people --face largest --json > outcomes.jsonl

        faceserver import acme.zip --directory acme

        faceserver import people.zip --zip-encoding cp932

        faceserver import --compreface postgresql://postgres@localhost/frs --service staff

        faceserver import --deepface ./database

        faceserver import --rekognition staff --photographs s3://staff-photos/ --directory staff
    """
    if [source, compreface, deepface, rekognition].count(None) != 3:
        sources = "a folder, a zip, --compreface, --deepface or --rekognition"
        fail(ExitStatus.USAGE, f"Give exactly one source: {sources}.")
    if source and source.is_dir():
        options = FolderImport(url, directory, face, concurrency)
        report = import_folder(source, options, fresh=fresh, as_json=as_json)
    elif source:
        if not is_zipfile(source):
            fail(ExitStatus.USAGE, f"{shown(source)} is neither a folder nor a zip archive.")
        report = _import_archive(source, url, directory, face, ReadingOptions(zip_encoding, trust), as_json=as_json)
    elif rekognition:
        report = import_collection(rekognition, photographs, url, directory, as_json=as_json)
    else:
        compreface_people = partial(_of_compreface, str(compreface), service)
        deepface_people = partial(_of_deepface, str(deepface), photographs)
        find = compreface_people if compreface else deepface_people
        report = _import_foreign(find, url, directory, face, as_json=as_json)
    if not report.is_faultless():
        raise typer.Exit(ExitStatus.REFUSED)


def _import_foreign(
    find: Callable[[], Iterable[ForeignPhotograph]], url: str, directory: str, face: FaceChoice, *, as_json: bool
) -> Report:
    """Import the people of another system as a bundle and return the report, which has been printed."""
    with tempfile.TemporaryDirectory(prefix="faceserver-import-") as work:
        archive = Path(work) / "people.zip"
        try:
            written = write_bundle(archive, find())
        except (ForeignError, OSError) as error:
            fail(ExitStatus.USAGE, error)
        typer.echo(f"Read {counted(written.faces, 'photograph')}.", err=True)
        _name_skipped(written.unnamed, _UNNAMED)
        return _import_archive(archive, url, directory, face, ReadingOptions(), as_json=as_json)


def _import_archive(
    file: Path, url: str, directory: str, face: FaceChoice, reading: ReadingOptions, *, as_json: bool
) -> Report:
    """Import an archive with a job of the service and return the report, which has been printed."""
    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        started = client.start_import(file, face=face, zip_encoding=reading.zip_encoding, trust=reading.trust)
        typer.echo(f"Job {started.job} runs in the service and continues if this command ends.", err=True)
        wait_with_progress(client, started)
        outcomes = client.import_outcomes(started.job)
    report = Report(sum(outcome.outcome != "skipped" for outcome in outcomes), as_json=as_json)
    for outcome in outcomes:
        report.take(outcome)
    report.sum_up()
    return report


def _of_compreface(dsn: str, name: str | None) -> Iterable[ForeignPhotograph]:
    service = compreface.find_service(dsn, name)
    if missing := service.embeddings - service.images:
        typer.echo(f"Skipped {counted(missing, 'face')} of {service.name!r} without a photograph.", err=True)
    return compreface.photographs(dsn, service)


def _of_deepface(source: str, photographs: str | None) -> Iterable[ForeignPhotograph]:
    folder = None if photographs is None else Path(photographs)
    if folder and not folder.is_dir():
        fail(ExitStatus.USAGE, f"{shown(folder)} is not a folder.")
    if source.startswith(("postgresql://", "postgres://")):
        if folder is None:
            fail(ExitStatus.USAGE, "Also give the folder of the photographs: --photographs FOLDER.")
        names = deepface.names_in_table(source)
    else:
        path = Path(source)
        folder = folder or (path if path.is_dir() else path.parent)
        names = deepface.names_in_pickles(path)
    files, missing = deepface.find_files(names, folder)
    _name_skipped(missing, f"not found in {shown(folder)}")
    return deepface.photographs(files, folder)


def _name_skipped(names: Sequence[str], reason: str) -> None:
    for name in names[:_MAX_NAMED]:
        typer.echo(f"{shown(name[:_MAX_SHOWN])}: {reason}.", err=True)
    if names:
        typer.echo(f"Skipped {counted(len(names), 'photograph')}: {reason}.", err=True)
