"""`faceserver job` and `faceserver export`."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from faceserver.client.client import Client
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Job
from faceserver.client.waiting import Work, is_finished, pauses
from faceserver.commands.shared.options import Directory, Json, Url
from faceserver.commands.shared.printing import print_fields, print_json
from faceserver.commands.shared.service import LONG_PATIENCE_SECONDS, ExitStatus, fail, service
from faceserver.file_names import shown


def job(
    job: Annotated[str, typer.Argument(help="Id of the job.", show_default=False)],
    *,
    url: Url = DEFAULT_URL,
    wait: Annotated[bool, typer.Option("--wait", help="Return only when the job is done.")] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Cancel the job: an import, an export, a comparison.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the progress of a job, or cancel it.

    For example:

        faceserver job 5b0c7a3e-6d0b-4a53-9b7c-0f1d0c6f3a52 --wait

        faceserver job 5b0c7a3e-6d0b-4a53-9b7c-0f1d0c6f3a52 --cancel
    """
    with service(url, DEFAULT_DIRECTORY, LONG_PATIENCE_SECONDS) as client:
        if cancel:
            client.cancel_job(job)
        found = wait_with_progress(client, job) if wait else client.job(job)
    if as_json:
        print_json(found)
        return
    print_fields(
        {
            "job": found.job,
            "kind": found.kind,
            "directory": found.directory,
            "state": found.state,
            "progress": found.progress.note,
            "problem": found.problem and found.problem.detail,
        }
    )


def export(
    file: Annotated[Path, typer.Argument(help="Zip file to write.", dir_okay=False, show_default=False)],
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    person: Annotated[str | None, typer.Option(help="Export everything stored about this person only.")] = None,
    images: Annotated[bool, typer.Option("--images", help="Include the photographs.")] = False,
) -> None:
    """Export a directory to a zip that 'faceserver import' reads, or everything stored about one person.

    For example:

        faceserver export people.zip --directory acme --images

        faceserver export ann.zip --directory acme --person ann
    """
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        try:
            if person is None:
                started = client.start_export(images=images)
                client.fetch_export(wait_with_progress(client, started).job, file)
            else:
                client.export_person(person, file)
        except OSError as error:
            fail(ExitStatus.USAGE, f"{shown(file)} cannot be written: {error.strerror}.")
    typer.echo(f"{shown(file)}: {file.stat().st_size / 1e6:.1f} MB")


def wait_with_progress(client: Client, work: Work) -> Job:
    """Return a job when it is done and show a progress bar until then. Raises JobFailed."""
    screen = Console(stderr=True)
    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=screen, disable=not screen.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=None)
        for pause in pauses():
            found = client.job(work if isinstance(work, str) else work.job)
            if is_finished(found):
                return found
            done, total = found.progress.done, found.progress.total
            progress.update(bar, completed=done, total=total, description=found.progress.note or found.state)
            time.sleep(pause)
    raise AssertionError("pauses never end")
