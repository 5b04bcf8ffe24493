"""`faceserver recognize`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from faceserver.client import Client
from faceserver.commands.endings import Ending, end, service
from faceserver.commands.options import Directory, Files, Json, Url
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.errors import Refused
from faceserver.results import Recognition, RecognizedFace


def recognize(
    files: Files,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    k: Annotated[int | None, typer.Option(help="Candidates to list for each face with --json.", min=1, max=100)] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Similarity of a match.", min=-1, max=1, show_default="the directory's")
    ] = None,
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
    found: list[tuple[Path, Recognition]] = []
    with service(url, directory) as client:
        for file in files:
            recognition = _recognized(client, file, k, threshold)
            if recognition is None:
                continue
            found.append((file, recognition))
            if as_json:
                typer.echo(json.dumps({"file": str(file), **asdict(recognition)}, ensure_ascii=False))
    if found and not as_json:
        _print(found)
    if draw and found:
        _draw(draw, *found[0])
    if len(found) < len(files):
        raise typer.Exit(Ending.REFUSED)


def _recognized(client: Client, file: Path, k: int | None, threshold: float | None) -> Recognition | None:
    """Return what is on a photograph, or say why it was refused and return None."""
    try:
        return client.recognize(file, k=k, threshold=threshold)
    except Refused as problem:
        typer.echo(f"{file}: {problem}", err=True)
        return None


def _print(found: list[tuple[Path, Recognition]]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("file", overflow="fold")
    for name in ("person", "decision", "similarity", "probability", "box"):
        table.add_column(name, no_wrap=name != "person")
    for file, recognition in found:
        for face in recognition.faces:
            table.add_row(Text(file.name), *_cells(face))
        if not recognition.faces:
            table.add_row(Text(file.name), Text("nobody", style="dim"))
    Console(highlight=False).print(table)


def _cells(face: RecognizedFace) -> tuple[Text, ...]:
    style = {"match": "green", "review": "yellow", "unknown": "dim"}[face.decision]
    similarity = "" if face.similarity is None else f"{face.similarity:.2f}"
    where = " ".join(map(str, face.box))
    return (
        Text(face.person or "", style=style),
        Text(face.decision, style=style),
        *map(Text, (similarity, f"{face.probability:.2f}", where)),
    )


def _draw(path: Path, file: Path, recognition: Recognition) -> None:
    from faceserver.drawing import draw  # noqa: PLC0415 - brings an image library

    try:
        draw(file, recognition.faces, path)
    except (OSError, ValueError) as error:
        end(Ending.USAGE, f"{path} cannot be written: {error}.")
