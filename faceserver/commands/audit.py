"""`faceserver audit`."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.commands.options import Json, Limit, Url
from faceserver.commands.printing import first, print_json, print_table
from faceserver.commands.service import service

app = typer.Typer(no_args_is_help=True, help="Show, export and verify who did what.")

DatabaseUrl = Annotated[
    str,
    typer.Option(show_default="APISERVER_DATABASE_URL", help="DSN of the service's database."),
]
Directory = Annotated[str | None, typer.Option(show_default="all", help="Only entries of this directory.")]
Time = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], show_default=False)]


@app.command("list")
def list_entries(
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = None,
    subject: Annotated[str | None, typer.Option(help="Only what this key or account did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this route or kind of job.")] = None,
    person: Annotated[str | None, typer.Option(help="Only entries about this person.")] = None,
    since: Time = None,
    until: Time = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List who did what, the newest entry first. Times are in UTC.

    For example:

        faceserver audit list --subject 3f1c5a --since 2026-11-23
    """
    with service(url, DEFAULT_DIRECTORY) as client:
        entries = client.audit(
            directory=directory,
            subject=subject,
            action=action,
            person=person,
            since=since and since.replace(tzinfo=UTC),
            until=until and until.replace(tzinfo=UTC),
        )
        found = first(entries, limit)
        if as_json:
            for entry in found:
                print_json(entry)
        else:
            rows = (
                (each.at, each.subject, each.action, each.directory, each.object, each.outcome, each.address)
                for each in found
            )
            print_table(("at", "subject", "action", "directory", "object", "outcome", "address"), rows)


@app.command("verify")
def verify_entries(
    file: Annotated[Path | None, typer.Argument(help="An exported file.", show_default="the database")] = None,
    *,
    database_url: DatabaseUrl = "",
    expect: Annotated[
        list[str] | None, typer.Option(metavar="HASH", help="A head noted earlier; can be given several times.")
    ] = None,
) -> None:
    """Verify that no entry was removed, altered, inserted or moved; print the head of each chain.

    For example:

        faceserver audit verify audit.jsonl --expect 5f0e…
    """
    options = [f"--expect={each}" for each in expect or ()]
    _run("verify", database_url, *options, *([str(file)] if file else []))


@app.command("export")
def export_entries(*, database_url: DatabaseUrl = "", directory: Directory = None) -> None:
    """Print the sealed entries as lines of JSON, with their hashes.

    For example:

        faceserver audit export > audit.jsonl
    """
    _run("export", database_url, *([f"--directory={directory}"] if directory is not None else []))


def _run(command: str, database_url: str, *options: str) -> None:
    """Run the gateway's program as a process; its exit status becomes this one's."""
    given = [f"--database-url={database_url}"] if database_url else []  # else the process reads the environment
    program = [sys.executable, "-m", "apiserver.audit", command, *given, *options]
    raise typer.Exit(subprocess.run(program, check=False).returncode)
