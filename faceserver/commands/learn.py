"""`faceserver learn`."""

import typer

from faceserver.commands.endings import Ending, service
from faceserver.commands.options import Directory, Face, Files, Json, Person, Url
from faceserver.commands.printing import print_json
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.errors import Refused


def learn(
    person: Person,
    files: Files,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    face: Face = "only",
    as_json: Json = False,
) -> None:
    """Learn PERSON from photographs; learning one again changes nothing.

    For example:

        faceserver learn ann ann.jpg ann-2.jpg

        faceserver learn "Bo Smith" --directory acme --face largest *.jpg
    """
    refused = False
    with service(url, directory) as client:
        for file in files:
            try:
                enrolment = client.learn(person, file, face=face)
            except Refused as problem:
                refused = True
                typer.echo(f"{file}: {problem}", err=True)
                continue
            for warning in enrolment.warnings:
                typer.echo(f"{file}: {warning.detail}", err=True)
            if as_json:
                print_json(enrolment, file=str(file))
            else:
                typer.echo(f"{file}: {'learned' if enrolment.created else 'known already'}")
    if refused:
        raise typer.Exit(Ending.REFUSED)
