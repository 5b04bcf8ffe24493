"""The command line."""

import asyncio
import logging
import sys
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from faceserver.commands import directories, faces, persons
from faceserver.commands.calibrate import calibrate_people
from faceserver.commands.comparing import compare, verify
from faceserver.commands.detect import detect
from faceserver.commands.import_people import import_people
from faceserver.commands.jobs import export, job
from faceserver.commands.learn import learn
from faceserver.commands.recognize import recognize
from faceserver.commands.register import register
from faceserver.commands.watch import watch
from faceserver.problems import StartError
from faceserver.standalone.addresses import base_url, exposure
from faceserver.standalone.settings import ServicesSettings, Settings
from serving.secret_files import UnusableSecret, read_secret

READY = """faceserver is ready: {address}

  curl -F person=ann -F file=@ann.jpg {url}/learn
  curl -F file=@photo.jpg {url}/recognize

Press Ctrl-C to stop. Enrolled people are kept for the next start.
"""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


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
            options["database_url"] = _database_url(database_url, database_url_file)
        settings = _settings({name: value for name, value in options.items() if value is not None})
        with suppress(asyncio.CancelledError):
            asyncio.run(stack.serve(settings, lambda: _announce(settings)))
    except StartError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error


@app.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []})
def keys(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Folder of the stack; ./data if unset.")] = None,
    database_url: Annotated[str | None, typer.Option(help="DSN of the database, if it is not embedded.")] = None,
    database_url_file: Annotated[Path | None, typer.Option(help="File with this DSN.")] = None,
) -> None:
    """Make, list, revoke and rotate keys: create, list, revoke or rotate, each with --help.

    They are written to the database itself, whether the stack runs or not.
    """
    from faceserver.standalone.keys import run_keys  # noqa: PLC0415 - slow, and only needed here

    try:
        settings = _settings({} if data is None else {"data": data})
        dsn = _database_url(database_url, database_url_file) if database_url_file else database_url
        if dsn is None and settings.database_url:
            dsn = settings.database_url.get_secret_value()
        status = asyncio.run(run_keys(settings.data, dsn, context.args))
    except StartError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error
    raise typer.Exit(status)


def _settings(options: dict[str, Any]) -> Settings:
    try:
        return Settings(**options)
    except UnusableSecret as error:
        raise StartError(str(error)) from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ") for fault in error.errors()]
        raise StartError(f"The settings are not valid ({'; '.join(faults)}).") from error


def _database_url(given: str | None, path: Path) -> str:
    if given is not None:
        raise StartError("--database-url and --database-url-file are both given; give one of them.")
    try:
        return read_secret(path, "--database-url-file")
    except UnusableSecret as error:
        raise StartError(str(error)) from error


def _announce(settings: Settings) -> None:
    url = base_url(settings.host, settings.port, settings.scheme)
    has_page = settings.page and ServicesSettings().apiserver_page
    typer.echo(READY.format(address=f"open {url}/ in a browser." if has_page else url, url=url))
    if warning := exposure(settings.host, is_open=settings.insecure_open):
        typer.echo(warning, err=True)


for command in (learn, recognize, verify, compare, detect, watch, register, export, job):
    app.command()(command)
app.command("import")(import_people)
app.command("calibrate")(calibrate_people)
app.add_typer(persons.app, name="persons")
app.add_typer(directories.app, name="directories")
persons.app.command("faces")(faces.list_faces)
persons.app.command()(faces.merge)
persons.app.command()(faces.split)


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, TextIOWrapper):  # no text that the terminal's encoding lacks ends a command
        sys.stdout.reconfigure(errors="backslashreplace")
    app(prog_name="faceserver")


if __name__ == "__main__":
    main()
