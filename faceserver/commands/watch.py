"""`faceserver watch`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from faceserver.camera.frame import Frame, Happening, Incident, Report
from faceserver.camera.gap import GIVE_UP_SECONDS, Gap
from faceserver.camera.presence import STRANGER, Event, Presence
from faceserver.client.client import Client
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import RecognizedFace
from faceserver.commands.shared.options import Directory, FramesPerSecond, Json, Source, Url
from faceserver.commands.shared.service import ExitStatus, check_ready, fail, service
from faceserver.errors import FaceserverError, Refused, UnusablePhotograph
from faceserver.file_names import shown


def watch(
    source: Source,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    max_per_second: FramesPerSecond = 2,
    gone_after: Annotated[
        float, typer.Option(help="Seconds without being seen after which a person has gone.", min=0)
    ] = 3,
    give_up_after: Annotated[
        float, typer.Option(help="Seconds after which to stop if the stream or the service does not come back.", min=0)
    ] = GIVE_UP_SECONDS,
    keep: Annotated[bool, typer.Option("--keep", help="Let the service store each frame for a while.")] = False,
    as_json: Json = False,
) -> None:
    """Report who comes and goes in front of a camera, in a stream or in a video file.

    For example:

        faceserver watch 0 --directory staff

        faceserver watch rtsp://camera.local/stream --fps 1 --json

        faceserver watch party.mp4

    The service does not store these frames unless --keep is given. An interrupted stream is opened again; until then
    nobody is reported as gone.
    """
    from faceserver.camera.video import VideoError, frames  # noqa: PLC0415 - imports OpenCV

    presence = Presence(gone_after)
    report = _print_incident_as_json if as_json else _print_incident
    check_ready(url, directory)
    with service(url, directory) as client:
        look = _Looking(client, give_up_after, report, keep=keep)
        try:
            for frame in frames(source, max_per_second, look.note, give_up_after):
                if (persons := look.persons(frame)) is None:
                    continue
                if look.is_first_after_gap():
                    presence.resume(frame.seconds)
                _print(presence.see(persons, frame.seconds), as_json)
        except VideoError as error:
            fail(ExitStatus.REFUSED, error)
        except KeyboardInterrupt:
            _print([] if look.is_interrupted else presence.end(), as_json)
            raise
    _print(presence.end(), as_json)


class _Looking:
    """Looks for people in frames, also after interruptions of the source or of the service."""

    def __init__(self, client: Client, give_up_after: float, report: Report, *, keep: bool) -> None:
        self._client = client
        self._gap = Gap(give_up_after)
        self._report = report
        self._keep = keep
        self._after_gap = False
        self.is_interrupted = False

    def note(self, incident: Incident) -> None:
        """Report what happened to the source."""
        if incident.what == "lost":
            self._begin_gap()
        elif incident.what == "back":
            self.is_interrupted = False
        self._report(incident)

    def is_first_after_gap(self) -> bool:
        """Tell, once, whether pictures were missed since the last time that this was asked."""
        after_gap, self._after_gap = self._after_gap, False
        return after_gap

    def persons(self, frame: Frame) -> list[str | None] | None:
        """Return who is in a frame, None if that cannot be known. Raises FaceserverError after too long an outage."""
        while True:
            try:
                found = self._client.recognize(frame.picture, k=1, keep=self._keep, orientation="as-sent")
            except UnusablePhotograph as problem:
                if frame.name is None:
                    raise
                self._tell("skipped", frame, f"{shown(frame.name)}: skipped. {problem}")
                return None
            except Refused:
                raise
            except FaceserverError as error:
                self._wait(frame, error)
                if frame.is_live:
                    return None
                continue
            self._end_outage(frame)
            return list(_persons(found.faces))

    def _wait(self, frame: Frame, error: FaceserverError) -> None:
        if self._gap.begin():
            self._tell("lost", frame, f"{error} Trying again.")
        if frame.is_live:  # pictures are missed
            self._begin_gap()
        if not self._gap.wait():
            raise error

    def _end_outage(self, frame: Frame) -> None:
        if (gone := self._gap.end()) is not None:
            self.is_interrupted = False
            self._tell("back", frame, f"The service answers again after {gone:.0f} s.")

    def _begin_gap(self) -> None:
        self._after_gap = self.is_interrupted = True

    def _tell(self, what: Happening, frame: Frame, detail: str) -> None:
        self._report(Incident(what, frame.seconds, detail))


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


def _print_incident(incident: Incident) -> None:
    typer.echo(incident.detail, err=True)


def _print_incident_as_json(incident: Incident) -> None:
    typer.echo(json.dumps(asdict(incident), ensure_ascii=False), err=True)
