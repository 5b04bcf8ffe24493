"""`faceserver learn`."""

from functools import partial

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.commands.shared.options import Detail, Directory, Face, Files, Json, Orientation, Person, Url
from faceserver.commands.shared.printing import print_json
from faceserver.commands.shared.service import ExitStatus, service, unless_refused
from faceserver.file_names import shown


def learn(
    person: Person,
    files: Files,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    face: Face = "only",
    orientation: Orientation = "auto",
    detail: Detail = "auto",
    as_json: Json = False,
) -> None:
    """Learn PERSON from photographs; a photograph learned before changes nothing.

    For example:

        faceserver learn ann ann.jpg ann-2.jpg

        faceserver learn "Bo Smith" --directory acme --face largest *.jpg
    """
    refused = False
    with service(url, directory) as client:
        for file in files:
            call = partial(client.learn, person, face=face, orientation=orientation, detail=detail)
            enrolment = unless_refused(call, file)
            if enrolment is None:
                refused = True
                continue
            for warning in enrolment.warnings:
                typer.echo(f"{shown(file)}: {warning.detail}", err=True)
            if as_json:
                print_json(enrolment, file=file)
            else:
                typer.echo(f"{shown(file)}: {'learned' if enrolment.created else 'already known'}")
    if refused:
        raise typer.Exit(ExitStatus.REFUSED)
