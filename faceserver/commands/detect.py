"""`faceserver detect`."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Detection
from faceserver.commands.shared.options import Detail, FilesAndFolders, Json, Orientation, Url
from faceserver.commands.shared.photographs import Photographs, note_omitted, service_for
from faceserver.commands.shared.printing import print_json, print_table
from faceserver.commands.shared.service import ExitStatus, fail
from faceserver.file_names import shown

_COLUMNS = ("file", "box", "score", "recog.", "size", "sharp", "bright", "yaw", "pitch", "roll")
"""Recognizability, sharpness and brightness are abbreviated, so that a row fits into a line."""


def detect(
    files: FilesAndFolders,
    *,
    url: Url = DEFAULT_URL,
    min_score: Annotated[float | None, typer.Option(help="Minimum detector score.", min=0, max=1)] = None,
    min_size: Annotated[int | None, typer.Option(help="Minimum shorter side of a face, in pixels.", min=0)] = None,
    draw: Annotated[
        Path | None,
        typer.Option(help="Write the photograph with a box around each face to this JPEG file.", dir_okay=False),
    ] = None,
    orientation: Orientation = "auto",
    detail: Detail = "auto",
    as_json: Json = False,
) -> None:
    """Find faces in photographs, and in all photographs in folders, and show their measured values. Nothing is stored.

    For example:

        faceserver detect party.jpg

        faceserver detect party.jpg --min-size 60 --draw faces.jpg
    """
    if draw and (len(files) > 1 or files[0].is_dir()):
        fail(ExitStatus.USAGE, "--draw takes one photograph.")
    options: dict[str, Any] = {
        "min_score": min_score,
        "min_size": min_size,
        "orientation": orientation,
        "detail": detail,
    }
    found, photographs = [], Photographs(files)
    with service_for(files, url, DEFAULT_DIRECTORY) as client:
        call = partial(client.detect, **options)
        try:
            for file, detection in photographs.results(call):
                note_omitted(file, detection.faces_omitted)
                if as_json:
                    print_json(detection, file=file)
                else:
                    found.append((photographs.name(file), detection))
                if draw:
                    _draw(partial(client.draw, **options), file, draw)
        finally:
            if found:
                print_table(_COLUMNS, [row for name, detection in found for row in _rows(name, detection)])
    if photographs.refused:
        raise typer.Exit(ExitStatus.REFUSED)


def _draw(call: Callable[[Path], bytes], file: Path, draw: Path) -> None:
    drawn = call(file)
    try:
        draw.write_bytes(drawn)
    except OSError as error:
        fail(ExitStatus.USAGE, f"{shown(draw)} cannot be written: {error.strerror}.")


def _rows(name: str, detection: Detection) -> Iterator[tuple[object, ...]]:
    for face in detection.faces:
        quality = (face.quality.size, face.quality.sharpness, face.quality.brightness) if face.quality else (None,) * 3
        angles = (f"{angle:.0f}°" for angle in face.pose)
        yield name, face.box, face.score, face.recognizability, *quality, *angles
    if not detection.faces:
        yield name, "nobody", *[None] * 8
