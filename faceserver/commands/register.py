"""`faceserver register`."""

from itertools import islice

import typer

from faceserver.camera.angles import Angles
from faceserver.camera.frame import Incident
from faceserver.client.client import Client
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Pose, Verification
from faceserver.commands.shared.options import Directory, FramesPerSecond, Person, Source, Url
from faceserver.commands.shared.service import LONG_PATIENCE_SECONDS, ExitStatus, check_ready, fail, service
from faceserver.errors import NotFound, Refused

_MAX_FACES = 50
"""A person with this many faces is enrolled from every side."""


def register(
    person: Person,
    source: Source = "0",
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    max_per_second: FramesPerSecond = 4,
) -> None:
    """Learn PERSON from a camera: looking straight ahead, to the left, to the right, up and down.

    Asks only for angles that are not enrolled yet.

    For example:

        faceserver register ann

        faceserver register ann rtsp://reception.local/stream --directory staff
    """
    from faceserver.camera.video import VideoError, frames  # noqa: PLC0415 - imports OpenCV

    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        angles = Angles(_enrolled(client, person))
        try:
            _ask(angles)
            for frame in frames(source, max_per_second, _print_incident) if angles.missing else ():
                _look(client, person, frame.picture, angles)
                if not angles.missing:
                    break
        except VideoError as error:
            fail(ExitStatus.REFUSED, error)
    if angles.missing:
        fail(ExitStatus.REFUSED, f"Still missing for {person}: {', '.join(angles.missing)}.")
    typer.echo(f"{person} is enrolled from all sides.")


def _look(client: Client, person: str, picture: bytes, angles: Angles) -> None:
    """Learn the face in a picture if it is the only one and its angle is missing."""
    faces = client.detect(picture, orientation="as-sent").faces
    angle = angles.missing_angle(faces[0].pose) if len(faces) == 1 else None
    if angle is None:
        return
    try:
        if not angles.is_first and (doubt := _doubt(client.verify(person, picture, orientation="as-sent"))):
            typer.echo(f"{angle}: {doubt}", err=True)
            return
        enrolment = client.learn(person, picture, orientation="as-sent")
    except Refused as problem:
        typer.echo(f"{angle}: {problem}", err=True)
        return
    for warning in enrolment.warnings:
        typer.echo(f"{angle}: {warning.detail}", err=True)
    typer.echo(f"{angle}: learned")
    angles.take(angle, faces[0].pose)
    _ask(angles)


def _doubt(verified: Verification) -> str | None:
    """Return why a picture is not one to learn, None if it may be one."""
    if verified.reason:
        return "The face in this picture is not recognizable: hold still, in good light."
    return f"This does not look like {verified.person}." if verified.decision == "unknown" else None


def _print_incident(incident: Incident) -> None:
    typer.echo(incident.detail, err=True)


def _ask(angles: Angles) -> None:
    if angles.missing:
        typer.echo(angles.instruction, err=True)


def _enrolled(client: Client, person: str) -> list[Pose]:
    """Return the poses of the person's enrolled faces."""
    try:
        kept = [face.quality for face in islice(client.faces(person), _MAX_FACES)]
    except NotFound:
        return []
    return [
        Pose(quality.yaw, quality.pitch, quality.roll or 0.0)
        for quality in kept
        if quality and quality.yaw is not None and quality.pitch is not None
    ]
