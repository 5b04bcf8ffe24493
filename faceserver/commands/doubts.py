"""`faceserver doubts`: warnings about faces and look-alikes, until somebody decides."""

from typing import Annotated

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.commands.jobs import wait_with_progress
from faceserver.commands.shared.key_file import Commands
from faceserver.commands.shared.options import Directory, Json, Limit, Person, Url
from faceserver.commands.shared.printing import first, print_json, print_table
from faceserver.commands.shared.service import LONG_PATIENCE_SECONDS, service

app = Commands(
    no_args_is_help=True, help="List and dismiss warnings that faces may show somebody else, and look-alikes."
)

About = Annotated[str | None, typer.Option("--person", help="Only those about this person.")]
Dismissed = Annotated[bool, typer.Option("--dismissed", help="List those that were dismissed instead.")]
FaceId = Annotated[str, typer.Argument(help="Id of the face.", show_default=False)]
Other = Annotated[str, typer.Argument(help="Id of the other person.", show_default=False)]


@app.command("faces")
def list_warnings(
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    person: About = None,
    code: Annotated[str | None, typer.Option(help="Only warnings with this code, such as unlike-own.")] = None,
    dismissed: Dismissed = False,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List faces that may show somebody else than their person, the latest warnings first.

    For example:

        faceserver doubts faces --person ann
    """
    with service(url, directory) as client:
        found = first(client.warnings(person=person, code=code, dismissed=dismissed), limit)
        if as_json:
            for warning in found:
                print_json(warning)
        else:
            rows = ((each.face.face, each.face.person, each.code, each.other and each.other.person) for each in found)
            print_table(("face", "person", "warning", "other"), rows)


@app.command("pairs")
def list_lookalikes(
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    person: About = None,
    dismissed: Dismissed = False,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List pairs of people who may be one person, the most similar first.

    For example:

        faceserver doubts pairs --limit 10
    """
    with service(url, directory) as client:
        found = first(client.lookalikes(person=person, dismissed=dismissed), limit)
        if as_json:
            for pair in found:
                print_json(pair)
        else:
            print_table(
                ("person", "other", "similarity"),
                ((each.persons[0].person, each.persons[1].person, each.similarity) for each in found),
            )


@app.command("compare")
def compare_directory(
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    wait: Annotated[bool, typer.Option("--wait", help="Return only when all faces are compared.")] = False,
) -> None:
    """Compare all faces of a directory with each other, in a job.

    For example:

        faceserver doubts compare --wait
    """
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        started = client.start_comparison()
        if wait:
            typer.echo(wait_with_progress(client, started).progress.note or "There are no faces to compare.")
        else:
            typer.echo(f"Job {started.job}")


@app.command("dismiss")
def dismiss_face(face: FaceId, *, url: Url = DEFAULT_URL, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Record that a face shows its person; its warnings do not return.

    For example:

        faceserver doubts dismiss 1120092e-8684-446d-9dd1-6a35418df10e
    """
    with service(url, directory) as client:
        client.dismiss_face(face)


@app.command("reopen")
def reopen_face(face: FaceId, *, url: Url = DEFAULT_URL, directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Undo the dismissal of a face.

    For example:

        faceserver doubts reopen 1120092e-8684-446d-9dd1-6a35418df10e
    """
    with service(url, directory) as client:
        client.reopen_face(face)


@app.command("dismiss-pair")
def dismiss_pair(
    person: Person, other: Other, *, url: Url = DEFAULT_URL, directory: Directory = DEFAULT_DIRECTORY
) -> None:
    """Record that two people are different people; they are not listed as look-alikes again.

    For example:

        faceserver doubts dismiss-pair ann anne
    """
    with service(url, directory) as client:
        client.dismiss_pair(person, other)


@app.command("reopen-pair")
def reopen_pair(
    person: Person, other: Other, *, url: Url = DEFAULT_URL, directory: Directory = DEFAULT_DIRECTORY
) -> None:
    """Undo the dismissal of a pair.

    For example:

        faceserver doubts reopen-pair ann anne
    """
    with service(url, directory) as client:
        client.reopen_pair(person, other)
