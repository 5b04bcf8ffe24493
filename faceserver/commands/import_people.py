"""`faceserver import`: from a folder, a bundle, or another system."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from zipfile import is_zipfile

import typer

from faceserver import compreface, deepface
from faceserver.commands.endings import Ending, end
from faceserver.commands.import_archive import import_archive
from faceserver.commands.import_folder import FolderImport, import_folder
from faceserver.commands.options import Directory, Face, Json, Url
from faceserver.commands.printing import counted
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.foreign_people import ForeignError, ForeignPhotograph, write_bundle

_MOST_NAMED = 5

_Source = Annotated[
    Path | None,
    typer.Argument(
        help="A folder with a sub-folder of photographs for each person, or a zip of one or of 'export'.",
        exists=True,
        show_default=False,
    ),
]
_CompreFace = Annotated[str | None, typer.Option(metavar="DSN", help="CompreFace's PostgreSQL database.")]
_Service = Annotated[str | None, typer.Option(help="Which of CompreFace's recognition services, by its name.")]
_DeepFace = Annotated[
    str | None,
    typer.Option(metavar="PATH|DSN", help="deepface's folder with its pickle, a pickle, or its PostgreSQL database."),
]
_Photographs = Annotated[
    Path | None,
    typer.Option(help="The folder that deepface was given, where it is another one.", exists=True, file_okay=False),
]


def import_people(
    source: _Source = None,
    *,
    compreface: _CompreFace = None,
    service: _Service = None,
    deepface: _DeepFace = None,
    photographs: _Photographs = None,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    face: Face = "only",
    concurrency: Annotated[int, typer.Option(help="Photographs of a folder at a time.", min=1, max=64)] = 8,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not go on where an earlier run ended.")] = False,
    as_json: Json = False,
) -> None:
    """Learn a folder of people, what another installation exported, or the people of another system.

    The same command on the same folder, run again after whatever end, goes on from there.

    For example:

        faceserver import people --directory acme

        faceserver import people --face largest --json > outcomes.jsonl

        faceserver import acme.zip --directory acme

        faceserver import --compreface postgresql://postgres@localhost/frs --service staff

        faceserver import --deepface ./database
    """
    if [source, compreface, deepface].count(None) != 2:
        end(Ending.USAGE, "Name one thing to import: a folder, a zip, --compreface or --deepface.")
    if source and source.is_dir():
        what = FolderImport(url, directory, face, concurrency)
        report = import_folder(source, what, fresh=fresh, as_json=as_json)
    elif source:
        if not is_zipfile(source):
            end(Ending.USAGE, f"{source} is neither a folder nor a zip archive.")
        report = import_archive(source, url, directory, face, as_json=as_json)
    else:
        with tempfile.TemporaryDirectory(prefix="faceserver-import-") as work:
            archive = Path(work) / "people.zip"
            try:
                found = _of_compreface(compreface, service) if compreface else _of_deepface(str(deepface), photographs)
                typer.echo(f"Read {counted(write_bundle(archive, found), 'photograph')}.", err=True)
            except (ForeignError, OSError) as error:
                end(Ending.USAGE, error)
            report = import_archive(archive, url, directory, face, as_json=as_json)
    if not report.is_faultless():
        raise typer.Exit(Ending.REFUSED)


def _of_compreface(dsn: str, name: str | None) -> Iterable[ForeignPhotograph]:
    service = compreface.find_service(dsn, name)
    if missing := service.embeddings - service.images:
        typer.echo(f"Without a photograph, not taken along: {counted(missing, 'face')} of {service.name!r}.", err=True)
    return compreface.photographs(dsn, service)


def _of_deepface(source: str, folder: Path | None) -> Iterable[ForeignPhotograph]:
    if source.startswith(("postgresql://", "postgres://")):
        if folder is None:
            end(Ending.USAGE, "Name the folder of the photographs, too: --photographs FOLDER.")
        names = deepface.names_in_table(source)
    else:
        path = Path(source)
        folder = folder or (path if path.is_dir() else path.parent)
        names = deepface.names_in_pickles(path)
    files, missing = deepface.find_files(names, folder)
    for name in missing[:_MOST_NAMED]:
        typer.echo(f"{name}: not found in {folder}.", err=True)
    if missing:
        typer.echo(f"Not there, and not taken along: {counted(len(missing), 'photograph')}.", err=True)
    return deepface.photographs(files, folder)
