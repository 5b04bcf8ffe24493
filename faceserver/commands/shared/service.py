"""How a command calls the service, and how it ends: the message, and the exit status that scripts see."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import NoReturn, TypeVar

import typer
from pydantic_settings import BaseSettings, SettingsConfigDict

from faceserver.client.client import Client
from faceserver.client.connection import base_url
from faceserver.client.exchange import certificate_fault
from faceserver.commands.shared.key_file import key_to_send
from faceserver.errors import FaceserverError, JobFailed, Refused, Unreachable
from faceserver.file_names import shown

T = TypeVar("T")

_PATIENCE_SECONDS = 3.0
"""Short, because a user waits and should learn soon that nothing answers."""

LONG_PATIENCE_SECONDS = 60.0
"""The service may be restarted while a command runs for hours."""


class ExitStatus(IntEnum):
    """Exit statuses; docs/command-line.md lists them. 0 is success, 130 is Ctrl-C."""

    REFUSED = 1
    USAGE = 2
    OUTAGE = 3
    NO = 4


def fail(status: ExitStatus, sentence: object) -> NoReturn:
    """Print the reason to stderr and end the command."""
    typer.echo(sentence, err=True)
    raise typer.Exit(status)


@contextmanager
def failures_reported() -> Iterator[None]:
    """End the command if a call fails, with the error's sentence."""
    try:
        yield
    except (Refused, JobFailed) as problem:
        fail(ExitStatus.REFUSED, problem)
    except Unreachable as error:
        if certificate_fault(error):
            fail(ExitStatus.OUTAGE, error)
        fail(ExitStatus.OUTAGE, f"{error} Start the stack with 'faceserver serve', or give its address with --url.")
    except FaceserverError as error:
        fail(ExitStatus.OUTAGE, error)


@contextmanager
def service(url: str, directory: str, patience_seconds: float = _PATIENCE_SECONDS) -> Iterator[Client]:
    """Yield a client of the running service; a call that fails ends the command."""
    client = _client(checked_url(url), directory, patience_seconds)
    with failures_reported(), client:
        yield client


class _Given(BaseSettings):
    """What all commands read from the environment."""

    model_config = SettingsConfigDict(env_prefix="FACESERVER_", env_ignore_empty=True, extra="ignore")

    ca_file: Path | None = None


def _client(url: str, directory: str, patience_seconds: float) -> Client:
    try:
        return Client(url, key=key_to_send(), ca_file=ca_file(), directory=directory, patience_seconds=patience_seconds)
    except (OSError, ValueError) as error:
        fail(ExitStatus.USAGE, error)


def ca_file() -> Path | None:
    """Return the file of authorities that FACESERVER_CA_FILE names."""
    return _Given().ca_file


def check_ready(url: str, directory: str) -> None:
    """Return once the service is ready, or end the command after a short wait."""
    with service(url, directory) as client:
        client.check_ready()


def checked_url(url: str) -> str:
    """Return `url`, or end the command if it is not valid."""
    try:
        return base_url(url)
    except ValueError as error:
        fail(ExitStatus.USAGE, error)


def unless_refused(call: Callable[[Path], T], photograph: Path) -> T | None:
    """Return the result of a call with a photograph; if the photograph is refused, print the reason and return None."""
    try:
        return call(photograph)
    except Refused as problem:
        typer.echo(f"{shown(photograph)}: {problem}", err=True)
        return None
