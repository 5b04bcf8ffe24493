"""`faceserver audit`."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from pydantic import TypeAdapter

from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import AuditEntry
from faceserver.commands.shared.database import Data, DatabaseUrl, DatabaseUrlFile, database_given
from faceserver.commands.shared.key_file import Commands
from faceserver.commands.shared.options import Json, Limit, Url
from faceserver.commands.shared.printing import first, print_json, print_table
from faceserver.commands.shared.service import LONG_PATIENCE_SECONDS, ExitStatus, fail, service
from faceserver.problems import StartError

app = Commands(no_args_is_help=True, help="Show, export and verify who did what.")

_PROGRAM = "apiserver.audit"
_ENTRY = TypeAdapter(AuditEntry)

Directory = Annotated[str | None, typer.Option(show_default="all", help="Only entries of this directory.")]
Time = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], show_default=False)]


@app.command("list")
def list_entries(
    *,
    url: Url = DEFAULT_URL,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    directory: Directory = None,
    subject: Annotated[str | None, typer.Option(help="Only actions of this key or account.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this route or kind of job.")] = None,
    person: Annotated[str | None, typer.Option(help="Only entries about this person.")] = None,
    since: Time = None,
    until: Time = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List who did what, the newest entry first, from the service or from a database. Times are in UTC.

    For example:

        faceserver audit list --subject key:3vQ0x9LkP2aB --since 2026-11-23
    """
    named = {"directory": directory, "subject": subject, "action": action, "person": person}
    begin, end = since and since.replace(tzinfo=UTC), until and until.replace(tzinfo=UTC)
    if (database := database_given(data, database_url, database_url_file)) is not None:
        filters = {**named, "since": begin and begin.isoformat(), "until": end and end.isoformat()}
        options = [f"--{name}={value}" for name, value in filters.items() if value is not None]
        status, output = _run(database, "list", f"--limit={limit}", *options, captured=True)
        if status:
            raise typer.Exit(status)
        _print(map(_ENTRY.validate_json, output.splitlines()), as_json)
        return
    with service(url, DEFAULT_DIRECTORY) as client:
        _print(first(client.audit(**named, since=begin, until=end), limit), as_json)


def _print(entries: Iterable[AuditEntry], as_json: bool) -> None:
    if as_json:
        for entry in entries:
            print_json(entry)
        return
    rows = ((each.action, each.subject, each.at, each.directory, each.outcome, each.address) for each in entries)
    print_table(("action", "subject", "at", "directory", "outcome", "address"), rows)


@app.command("verify")
def verify_entries(
    file: Annotated[
        Path | None, typer.Argument(help="An exported file; - is the standard input.", show_default="the database")
    ] = None,
    *,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    expect: Annotated[
        list[str] | None, typer.Option(metavar="HASH", help="A head noted earlier; can be given several times.")
    ] = None,
) -> None:
    """Verify that no entry was removed, altered, inserted or moved; print the head of each chain.

    For example:

        faceserver audit verify --data ./data --expect 5f0e…

        faceserver audit export | faceserver audit verify -
    """
    options = [f"--expect={each}" for each in expect or ()]
    database = database_given(data, database_url, database_url_file)
    if file is not None and database is not None:
        fail(ExitStatus.USAGE, "Give either a file or a database.")
    if database is not None:
        raise typer.Exit(_run(database, "verify", *options)[0])
    # Without a file, the program reads APISERVER_DATABASE_URL.
    program = [sys.executable, "-m", _PROGRAM, "verify", *options, *([str(file)] if file else [])]
    raise typer.Exit(subprocess.run(program, check=False).returncode)


@app.command("export")
def export_entries(
    *,
    url: Url = DEFAULT_URL,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    directory: Directory = None,
) -> None:
    """Print the sealed entries as lines of JSON, with their hashes, from the service or from a database.

    For example:

        faceserver audit export > audit.jsonl
    """
    if (database := database_given(data, database_url, database_url_file)) is not None:
        options = [f"--directory={directory}"] if directory is not None else []
        raise typer.Exit(_run(database, "export", *options)[0])
    with TemporaryDirectory() as folder, service(url, DEFAULT_DIRECTORY, LONG_PATIENCE_SECONDS) as client:
        file = client.fetch_audit(Path(folder, "audit.jsonl"), directory=directory)
        with file.open(encoding="utf-8") as lines, suppress(BrokenPipeError):
            shutil.copyfileobj(lines, sys.stdout)


def _run(database: Path | str, *arguments: str, captured: bool = False) -> tuple[int, bytes]:
    """Run the gateway's program on a database; return its exit status, and its output if it is captured."""
    from faceserver.standalone.keys import run_program  # noqa: PLC0415 - slow, and only needed here

    data, dsn = (database, None) if isinstance(database, Path) else (Path(), database)
    program: Sequence[str] = (_PROGRAM, *arguments)
    try:
        return asyncio.run(run_program(data, dsn, program, captured=captured))
    except StartError as error:
        fail(ExitStatus.OUTAGE, error)
