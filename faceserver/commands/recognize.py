"""`faceserver recognize`."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Recognition, Scoring
from faceserver.commands.shared.options import Detail, Directory, FilesAndFolders, Json, Orientation, Url
from faceserver.commands.shared.photographs import Photographs, note_omitted, service_for
from faceserver.commands.shared.printing import STYLES, decided, print_json, print_table
from faceserver.commands.shared.service import ExitStatus, fail
from faceserver.file_names import shown


def recognize(
    files: FilesAndFolders,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    k: Annotated[int | None, typer.Option(help="Candidates to list for each face with --json.", min=1, max=100)] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Minimum similarity of a match.", min=-1, max=1, show_default="the directory's"),
    ] = None,
    scoring: Annotated[
        Scoring | None,
        typer.Option(help="How the similarities to a person's faces are combined.", show_default="the directory's"),
    ] = None,
    unique_persons: Annotated[
        bool, typer.Option("--unique-persons", help="Name each person at most once in a photograph.")
    ] = False,
    min_size: Annotated[int | None, typer.Option(help="Minimum shorter side of a face, in pixels.", min=0)] = None,
    min_score: Annotated[float | None, typer.Option(help="Minimum detector score.", min=0, max=1)] = None,
    keep: Annotated[bool, typer.Option(help="Whether the service stores the photographs for a while.")] = True,
    orientation: Orientation = "auto",
    detail: Detail = "auto",
    as_json: Json = False,
    draw: Annotated[
        Path | None, typer.Option(help="Write the photograph with boxes and names to this file.", dir_okay=False)
    ] = None,
) -> None:
    """Recognize the people in photographs, and in all photographs in folders.

    For example:

        faceserver recognize party.jpg

        faceserver recognize party.jpg --draw named.jpg

        faceserver recognize holidays

        faceserver recognize *.jpg --json | jq -r '.faces[].person'
    """
    if draw and (len(files) > 1 or files[0].is_dir()):
        fail(ExitStatus.USAGE, "--draw takes one photograph.")
    found: list[tuple[str, Recognition]] = []
    photographs, warnings = Photographs(files), set[str]()
    with service_for(files, url, directory) as client:
        call = partial(
            client.recognize,
            k=k,
            threshold=threshold,
            scoring=scoring,
            unique_persons=unique_persons or None,
            min_size=min_size,
            min_score=min_score,
            keep=None if keep else False,
            orientation=orientation,
            detail=detail,
        )
        try:
            for file, recognition in photographs.results(call):
                note_omitted(file, recognition.faces_omitted)
                if as_json:
                    print_json(recognition, file=file)
                else:
                    found.append((photographs.name(file), recognition))
                warnings.update(warning.detail for warning in recognition.warnings)
                if draw:
                    _draw(draw, file, recognition)
        finally:
            for warning in sorted(warnings):
                typer.echo(warning, err=True)
            if found:
                _print(found)
    if photographs.refused:
        raise typer.Exit(ExitStatus.REFUSED)


def _print(found: list[tuple[str, Recognition]]) -> None:
    columns = ("file", "person", "decision", "similarity", "probability", "box")
    print_table(columns, [row for name, recognition in found for row in _rows(name, recognition)])


def _rows(name: str, recognition: Recognition) -> Iterator[tuple[object, ...]]:
    for face in recognition.faces:
        person = Text(face.person or "", style=STYLES[face.decision])
        yield name, person, decided(face.decision, face.reason), face.similarity, face.probability, face.box
    if not recognition.faces:
        yield name, Text("nobody", style="dim"), *[None] * 4


def _draw(path: Path, file: Path, recognition: Recognition) -> None:
    from faceserver.camera.drawing import draw  # noqa: PLC0415 - imports an image library

    try:
        draw(file, recognition.faces, path)
    except (OSError, ValueError) as error:
        fail(ExitStatus.USAGE, f"{shown(path)} cannot be written: {error}.")
