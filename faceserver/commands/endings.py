"""How a command that calls the service ends: what it says, and the exit status that scripts see."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import typer

from faceserver.client import Client
from faceserver.connection import base_url
from faceserver.errors import FaceserverError, JobFailed, Refused, Unreachable

_PATIENCE_SECONDS = 3.0
"""A person waits, and wants to hear soon that nothing answers."""

LONG_PATIENCE_SECONDS = 60.0
"""A service may be started again under what runs for hours."""


class Ending(IntEnum):
    """Exit statuses; docs/command-line.md lists them. 0 is success, 130 is Ctrl-C."""

    REFUSED = 1
    USAGE = 2
    OUTAGE = 3
    NO = 4


def end(ending: Ending, sentence: object) -> NoReturn:
    """Say why on stderr, and end the command."""
    typer.echo(sentence, err=True)
    raise typer.Exit(ending)


@contextmanager
def said() -> Iterator[None]:
    """End the command where a call fails, with the error's own sentence."""
    try:
        yield
    except (Refused, JobFailed) as problem:
        end(Ending.REFUSED, problem)
    except Unreachable as error:
        end(Ending.OUTAGE, f"{error} Start the stack with 'faceserver serve', or name its address with --url.")
    except FaceserverError as error:
        end(Ending.OUTAGE, error)


@contextmanager
def service(url: str, directory: str, patience_seconds: float = _PATIENCE_SECONDS) -> Iterator[Client]:
    """Yield a client of the running service; a call that fails ends the command."""
    with said(), Client(addressed(url), directory=directory, patience_seconds=patience_seconds) as client:
        yield client


def check_ready(url: str, directory: str) -> None:
    """Return once the service can do its work, or end the command soon."""
    with service(url, directory) as client:
        client.check_ready()


def addressed(url: str) -> str:
    """Return `url`, or end the command where that is no address."""
    try:
        return base_url(url)
    except ValueError as error:
        end(Ending.USAGE, error)
