"""The photographs that a command is given: files, and folders with everything below them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import typer

from faceserver.client.client import Client
from faceserver.commands.shared.service import LONG_PATIENCE_SECONDS, check_ready, service, unless_refused
from faceserver.file_names import shown
from faceserver.photograph_files import Skipped, photographs_in

T = TypeVar("T")


@dataclass
class Photographs:
    """Calls with each photograph among `paths`; what is skipped or refused is said on stderr.

    refused: the number of photographs, and of files that cannot be read, without a result.
    """

    paths: Sequence[Path]
    refused: int = field(default=0, init=False)

    def results(self, call: Callable[[Path], T]) -> Iterator[tuple[Path, T]]:
        """Yield the result of a call with each photograph that is not refused."""
        for path in self._found():
            try:
                result = unless_refused(call, path)
            except OSError as error:  # deleted since the folder was read, or not readable
                typer.echo(f"{shown(path)}: It cannot be read: {error.strerror}.", err=True)
                result = None
            if result is None:
                self.refused += 1
            else:
                yield path, result

    def name(self, path: Path) -> str:
        """Return the name of a photograph in a table: that of the file, with its folders if it was found in one."""
        return path.name if path in self.paths else str(path)

    def _found(self) -> Iterator[Path]:
        for path in self.paths:
            if path.is_dir():
                yield from self._in_folder(path)
            else:
                yield path

    def _in_folder(self, folder: Path) -> Iterator[Path]:
        is_empty = True
        for path in photographs_in(folder, _skip):
            is_empty = False
            yield path
        if is_empty:
            typer.echo(f"{shown(folder)} contains no photographs.", err=True)
            self.refused += 1


def note_omitted(path: Path, omitted: int) -> None:
    """Say on stderr how many faces of a photograph the result lacks."""
    if omitted:
        typer.echo(f"{shown(path)}: the {omitted} smallest faces were left out.", err=True)


@contextmanager
def service_for(paths: Sequence[Path], url: str, directory: str) -> Iterator[Client]:
    """Yield a client; with folders, which can take long, one that waits longer while the service is unavailable."""
    if not any(path.is_dir() for path in paths):
        with service(url, directory) as client:
            yield client
        return
    check_ready(url, directory)
    with service(url, directory, LONG_PATIENCE_SECONDS) as client:
        yield client


def _skip(skipped: Skipped) -> None:
    typer.echo(f"{shown(skipped.path)}: skipped. {skipped.reason}", err=True)
