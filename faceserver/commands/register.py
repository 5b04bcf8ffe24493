"""`faceserver register`."""

from itertools import islice
from typing import Annotated

import typer

from faceserver.angles import Angles
from faceserver.client import Client
from faceserver.commands.endings import LONG_PATIENCE_SECONDS, Ending, check_ready, end, service
from faceserver.commands.options import Directory, Person, Source, Url
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.errors import NotFound, Refused
from faceserver.results import Pose

_MOST_LOOKED_AT = 50
"""Faces of somebody who has so many are seen from every side."""


def register(
    person: Person,
    source: Source = "0",
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    most_per_second: Annotated[float, typer.Option("--fps", help="Most frames a second.", min=0.01, max=60)] = 4,
) -> None:
    """Learn PERSON before a camera: straight, from the left, the right, above and below, each when it is seen.

    Only angles are asked for that the person is not enrolled from yet.

    For example:

        faceserver register ann

        faceserver register ann rtsp://reception.local/stream --directory staff
    """
    from faceserver.video import VideoError, frames  # noqa: PLC0415 - brings OpenCV

    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        angles = Angles(_enrolled(client, person))
        try:
            _ask(angles)
            for frame in frames(source, most_per_second) if angles.missing else ():
                _look(client, person, frame.picture, angles)
                if not angles.missing:
                    break
        except VideoError as error:
            end(Ending.REFUSED, error)
    if angles.missing:
        end(Ending.REFUSED, f"{person} is still to be seen: {', '.join(angles.missing)}.")
    typer.echo(f"{person} is known from all sides.")


def _look(client: Client, person: str, picture: bytes, angles: Angles) -> None:
    """Learn the face on a picture if it is alone there and seen from a side that is missing."""
    faces = client.detect(picture).faces
    angle = angles.wanted(faces[0].pose) if len(faces) == 1 else None
    if angle is None:
        return
    try:
        if not angles.is_first and client.verify(person, picture).decision == "unknown":
            typer.echo(f"{angle}: This does not look like {person}.", err=True)
            return
        enrolment = client.learn(person, picture)
    except Refused as problem:
        typer.echo(f"{angle}: {problem}", err=True)
        return
    for warning in enrolment.warnings:
        typer.echo(f"{angle}: {warning.detail}", err=True)
    typer.echo(f"{angle}: learned")
    angles.take(angle, faces[0].pose)
    _ask(angles)


def _ask(angles: Angles) -> None:
    if angles.missing:
        typer.echo(angles.instruction, err=True)


def _enrolled(client: Client, person: str) -> list[Pose]:
    """Return the poses of the faces that the person is enrolled with."""
    try:
        kept = [face.quality for face in islice(client.faces(person), _MOST_LOOKED_AT)]
    except NotFound:
        return []
    return [
        Pose(quality.yaw, quality.pitch, quality.roll or 0.0)
        for quality in kept
        if quality and quality.yaw is not None and quality.pitch is not None
    ]
