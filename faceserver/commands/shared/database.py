"""Commands that read or write the service's database themselves, with `--data`, `--database-url` or a file of it."""

from pathlib import Path
from typing import Annotated

import typer

from faceserver.commands.shared.service import ExitStatus, fail
from serving.secret_files import UnusableSecret, read_secret

Data = Annotated[
    Path | None,
    typer.Option(help="Data folder of a stack on this machine, which may run or not.", show_default=False),
]
DatabaseUrl = Annotated[str | None, typer.Option(help="DSN of the service's database.", show_default=False)]
DatabaseUrlFile = Annotated[Path | None, typer.Option(help="File with this DSN.", show_default=False)]


def database_given(data: Path | None, url: str | None, file: Path | None) -> Path | str | None:
    """Return the data folder or the DSN that is given, None if neither is; end the command if several are."""
    given = [each for each in (data, url, file) if each is not None]
    if len(given) > 1:
        fail(ExitStatus.USAGE, "Give one of --data, --database-url and --database-url-file.")
    if file is None:
        return given[0] if given else None
    try:
        return read_secret(file, "--database-url-file")
    except UnusableSecret as error:
        fail(ExitStatus.USAGE, error)
