"""`faceserver serve`: the stack on one machine."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from faceserver.problems import StartError
from faceserver.standalone.addresses import base_url, exposure
from faceserver.standalone.settings import ServicesSettings, Settings, read_settings
from faceserver.standalone.settings import database_url as dsn_of

READY = """faceserver is ready: {address}

  curl -F person=ann -F file=@ann.jpg {url}/learn
  curl -F file=@photo.jpg {url}/recognize

Press Ctrl-C to stop. Enrolled people are kept for the next start.
"""


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
        Path | None, typer.Option(help="File with this DSN, so that other accounts cannot see it in the process list.")
    ] = None,
    require_keys: Annotated[
        bool | None,
        typer.Option("--require-keys", help="Require a key on loopback, too; if none exists, write one into --data."),
    ] = None,
    insecure_open: Annotated[
        bool | None, typer.Option("--insecure-open", help="Require no key, although others can reach the address.")
    ] = None,
    tls_certificate: Annotated[
        Path | None, typer.Option(help="Certificate (PEM) for serving HTTPS; needs --tls-key.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Private key (PEM) of the certificate.")] = None,
    page: Annotated[
        bool | None, typer.Option("--page/--no-page", show_default="page", help="Serve the web page at /.")
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
