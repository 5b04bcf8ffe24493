"""`faceserver detect`."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Detection
from faceserver.commands.options import Detail, Files, Json, Orientation, Url
from faceserver.commands.printing import print_json, print_table
from faceserver.commands.service import ExitStatus, fail, service, unless_refused

_COLUMNS = ("file", "box", "score", "size", "sharpness", "brightness", "yaw", "pitch", "roll")


def detect(
    files: Files,
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
    """Find faces, and show their quality and pose. Nothing is stored.

    For example:

        faceserver detect party.jpg

        faceserver detect party.jpg --min-size 60 --draw faces.jpg
    """
    if draw and len(files) > 1:
        fail(ExitStatus.USAGE, "--draw takes one photograph.")
    with service(url, DEFAULT_DIRECTORY) as client:
        options: dict[str, Any] = {
            "min_score": min_score,
            "min_size": min_size,
            "orientation": orientation,
            "detail": detail,
        }
        call = partial(client.detect, **options)
        results = [(file, unless_refused(call, file)) for file in files]
        found = [(file, detection) for file, detection in results if detection]
        if draw and found:
            _draw(partial(client.draw, **options), files[0], draw)
    _print(found, as_json)
    if len(found) < len(files):
        raise typer.Exit(ExitStatus.REFUSED)


def _draw(call: Callable[[Path], bytes], file: Path, draw: Path) -> None:
    drawn = call(file)
    try:
        draw.write_bytes(drawn)
    except OSError as error:
        fail(ExitStatus.USAGE, f"{draw} cannot be written: {error.strerror}.")


def _print(found: list[tuple[Path, Detection]], as_json: bool) -> None:
    if as_json:
        for file, detection in found:
            print_json(detection, file=str(file))
    elif found:
        print_table(_COLUMNS, [row for file, detection in found for row in _rows(file, detection)])


def _rows(file: Path, detection: Detection) -> Iterator[tuple[object, ...]]:
    for face in detection.faces:
        quality = (face.quality.size, face.quality.sharpness, face.quality.brightness) if face.quality else (None,) * 3
        angles = (f"{angle:.0f}°" for angle in face.pose)
        yield file.name, face.box, face.score, *quality, *angles
    if not detection.faces:
        yield file.name, "nobody", *[None] * 7
