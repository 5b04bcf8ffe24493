"""`faceserver watch`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from faceserver.camera.presence import STRANGER, Event, Presence
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import RecognizedFace
from faceserver.commands.options import Directory, FramesPerSecond, Json, Source, Url
from faceserver.commands.service import LONG_PATIENCE_SECONDS, ExitStatus, check_ready, fail, service


def watch(
    source: Source,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    max_per_second: FramesPerSecond = 2,
    gone_after: Annotated[
        float, typer.Option(help="Seconds without being seen after which a person has gone.", min=0)
    ] = 3,
    keep: Annotated[bool, typer.Option("--keep", help="Let the service store each frame for a while.")] = False,
    as_json: Json = False,
) -> None:
    """Report who comes and goes in front of a camera, in a stream or in a video file.

    For example:

        faceserver watch 0 --directory staff

        faceserver watch rtsp://camera.local/stream --fps 1 --json

        faceserver watch party.mp4

    The service does not store these frames unless --keep is given.
    """
    from faceserver.camera.video import VideoError, frames  # noqa: PLC0415 - imports OpenCV

    presence = Presence(gone_after)
    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        try:
            for frame in frames(source, max_per_second):
                found = client.recognize(frame.picture, k=1, keep=keep, orientation="as-sent")
                _print(presence.see(_persons(found.faces), frame.seconds), as_json)
        except VideoError as error:
            fail(ExitStatus.REFUSED, error)
        finally:
            _print(presence.end(), as_json)


def _persons(faces: Iterable[RecognizedFace]) -> Iterator[str | None]:
    """Yield the people in a frame; a face whose decision is `review` counts neither as a person nor as a stranger."""
    for face in faces:
        if face.decision != "review":
            yield face.person or STRANGER


def _print(events: list[Event], as_json: bool) -> None:
    for event in events:
        if as_json:
            typer.echo(json.dumps(asdict(event), ensure_ascii=False))
        else:
            typer.echo(f"{event.seconds:8.1f} s  {event.person or 'somebody unknown'} {event.what}")
