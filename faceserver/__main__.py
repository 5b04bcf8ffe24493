"""The command line."""

import asyncio
import logging
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from faceserver.commands import audit, directories, doubts, faces, keys, persons
from faceserver.commands.calibrate import calibrate_people
from faceserver.commands.comparing import compare, verify
from faceserver.commands.detect import detect
from faceserver.commands.importing.people import import_people
from faceserver.commands.jobs import export, job
from faceserver.commands.key_file import Commands
from faceserver.commands.learn import learn
from faceserver.commands.preview import preview
from faceserver.commands.recognize import recognize
from faceserver.commands.register import register
from faceserver.commands.status import status
from faceserver.commands.usage import usage
from faceserver.commands.watch import watch
from faceserver.problems import StartError
from faceserver.standalone.addresses import base_url, exposure
from faceserver.standalone.settings import ServicesSettings, Settings, read_settings
from faceserver.standalone.settings import database_url as dsn_of

READY = """faceserver is ready: {address}

  curl -F person=ann -F file=@ann.jpg {url}/learn
  curl -F file=@photo.jpg {url}/recognize

Press Ctrl-C to stop. Enrolled people are kept for the next start.
"""

app = Commands(no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def about() -> None:
    """Face recognition: learn people from photographs and recognize them in others."""


@app.command()
def serve(  # noqa: PLR0917 - typer makes options of them
    data: Annotated[
        Path | None, typer.Option(show_default="./data", help="Folder for the database and the images.")
    ] = None,
    host: Annotated[str | None, typer.Option(show_default="127.0.0.1", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, show_default="8080", help="Port to listen on.")] = None,
    models: Annotated[
        str | None, typer.Option(show_default="opencv", help="Model pack, by name or as a folder.")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(show_default="embedded PostgreSQL", help="DSN of a PostgreSQL with pgvector.")
    ] = None,
    database_url_file: Annotated[
        Path | None, typer.Option(help="File with this DSN, which other accounts then do not see in the process list.")
    ] = None,
    require_keys: Annotated[
        bool | None,
        typer.Option("--require-keys", help="Require a key on loopback, too; without any, write one into --data."),
    ] = None,
    insecure_open: Annotated[
        bool | None, typer.Option("--insecure-open", help="Require no key, although others can reach the address.")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Certificate (PEM) for serving HTTPS; needs --tls-key.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM) of the certificate.")] = None,
    page: Annotated[
        bool | None, typer.Option("--page/--no-page", show_default="page", help="Serve the page for people, at /.")
    ] = None,
) -> None:
    """Run the whole stack on this machine: PostgreSQL, vectorizer, gateway and worker.

    Each option can also be set with an environment variable, such as FACESERVER_PORT. The services read their own
    variables, too.
    """
    from faceserver.standalone import stack  # noqa: PLC0415 - slow, and only needed here

    options = {
        "data": data,
        "host": host,
        "port": port,
        "models": models,
        "database_url": database_url,
        "require_keys": require_keys,
        "insecure_open": insecure_open,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "page": page,
    }
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        if database_url_file:
            options["database_url"] = dsn_of(database_url, database_url_file)
        settings = read_settings({name: value for name, value in options.items() if value is not None})
        with suppress(asyncio.CancelledError):
            asyncio.run(stack.serve(settings, lambda: _announce(settings)))
    except StartError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error


def _announce(settings: Settings) -> None:
    url = base_url(settings.host, settings.port, settings.scheme)
    has_page = settings.page and ServicesSettings().apiserver_page
    typer.echo(READY.format(address=f"open {url}/ in a browser." if has_page else url, url=url))
    if warning := exposure(settings.host, is_open=settings.insecure_open):
        typer.echo(warning, err=True)


for command in (learn, recognize, verify, compare, detect, preview, watch, register, export, job, usage, status):
    app.command()(command)
app.command("import")(import_people)
app.command("calibrate")(calibrate_people)
app.add_typer(persons.app, name="persons")
app.add_typer(audit.app, name="audit")
app.add_typer(directories.app, name="directories")
app.add_typer(keys.app, name="keys")
app.add_typer(doubts.app, name="doubts")
persons.app.command("faces")(faces.list_faces)
persons.app.command()(faces.merge)
persons.app.command("merges")(faces.list_merges)
persons.app.command()(faces.split)


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, TextIOWrapper):  # no text that the terminal's encoding lacks ends a command
        sys.stdout.reconfigure(errors="backslashreplace")
    app(prog_name="faceserver")


if __name__ == "__main__":
    main()
