"""`faceserver recognize`."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from faceserver.commands.endings import Ending, end, service
from faceserver.commands.options import Directory, Files, Json, Url
from faceserver.commands.printing import STYLES, decided, print_json, print_table
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.errors import Refused
from faceserver.results import Recognition, Scoring


def recognize(
    files: Files,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    k: Annotated[int | None, typer.Option(help="Candidates to list for each face with --json.", min=1, max=100)] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Similarity of a match.", min=-1, max=1, show_default="the directory's")
    ] = None,
    scoring: Annotated[
        Scoring | None, typer.Option(help="How the faces of a person count.", show_default="the directory's")
    ] = None,
    unique_persons: Annotated[bool, typer.Option("--unique-persons", help="Everyone is there once at most.")] = False,
    min_size: Annotated[int | None, typer.Option(help="Least shorter side of a face, pixels.", min=0)] = None,
    min_score: Annotated[float | None, typer.Option(help="Least score of the detector.", min=0, max=1)] = None,
    keep: Annotated[bool, typer.Option(help="Whether the service keeps the photographs for a while.")] = True,
    as_json: Json = False,
    draw: Annotated[
        Path | None, typer.Option(help="Write the photograph with boxes and names here.", dir_okay=False)
    ] = None,
) -> None:
    """Say who is on photographs.

    For example:

        faceserver recognize party.jpg

        faceserver recognize party.jpg --draw named.jpg

        faceserver recognize *.jpg --json | jq -r '.faces[].person'
    """
    if draw and len(files) > 1:
        end(Ending.USAGE, "--draw takes one photograph.")
    with service(url, directory) as client:
        ask = partial(
            client.recognize,
            k=k,
            threshold=threshold,
            scoring=scoring,
            unique_persons=unique_persons or None,
            min_size=min_size,
            min_score=min_score,
            keep=None if keep else False,
        )
        found = _recognized(files, ask, as_json=as_json)
    if found and not as_json:
        _print(found)
    if draw and found:
        _draw(draw, *found[0])
    if len(found) < len(files):
        raise typer.Exit(Ending.REFUSED)


def _recognized(
    files: list[Path], ask: Callable[[Path], Recognition], *, as_json: bool
) -> list[tuple[Path, Recognition]]:
    """Return what is on those photographs that were not refused; as JSON, each is printed as it comes."""
    found = []
    for file in files:
        if recognition := _unless_refused(file, ask):
            found.append((file, recognition))
            if as_json:
                print_json(recognition, file=str(file))
    return found


def _unless_refused(file: Path, recognize: Callable[[Path], Recognition]) -> Recognition | None:
    """Return what is on a photograph, or say why it was refused and return None."""
    try:
        return recognize(file)
    except Refused as problem:
        typer.echo(f"{file}: {problem}", err=True)
        return None


def _print(found: list[tuple[Path, Recognition]]) -> None:
    columns = ("file", "person", "decision", "similarity", "probability", "box")
    print_table(columns, [row for file, recognition in found for row in _rows(file, recognition)])


def _rows(file: Path, recognition: Recognition) -> Iterator[tuple[object, ...]]:
    for face in recognition.faces:
        person = Text(face.person or "", style=STYLES[face.decision])
        where = " ".join(map(str, face.box))
        yield file.name, person, decided(face.decision), face.similarity, face.probability, where
    if not recognition.faces:
        yield file.name, Text("nobody", style="dim"), *[None] * 4


def _draw(path: Path, file: Path, recognition: Recognition) -> None:
    from faceserver.drawing import draw  # noqa: PLC0415 - brings an image library

    try:
        draw(file, recognition.faces, path)
    except (OSError, ValueError) as error:
        end(Ending.USAGE, f"{path} cannot be written: {error}.")
