"""`faceserver directories`."""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from faceserver.commands.endings import Ending, end, service
from faceserver.commands.options import Directory as DirectoryOption
from faceserver.commands.options import Json, Url
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.results import Directory

app = typer.Typer(no_args_is_help=True, help="Show and change the settings of a directory.")


@app.command("get")
def get_directory(
    *, url: Url = DEFAULT_URL, directory: DirectoryOption = DEFAULT_DIRECTORY, as_json: Json = False
) -> None:
    """Show what was set for a directory, how much it holds, and its thresholds.

    For example:

        faceserver directories get --directory acme
    """
    with service(url, directory) as client:
        _print(client.get_directory(), as_json)


@app.command("set")
def set_directory(
    *,
    url: Url = DEFAULT_URL,
    directory: DirectoryOption = DEFAULT_DIRECTORY,
    fpir: Annotated[float | None, typer.Option(help="Share of strangers that may be named.", min=1e-6, max=0.1)] = None,
    threshold: Annotated[float | None, typer.Option(help="Similarity of a match.", min=-1, max=1)] = None,
    default: Annotated[bool, typer.Option("--default", help="Leave both to the service.")] = False,
    as_json: Json = False,
) -> None:
    """Replace the settings of a directory, which is made where it is missing. Give one of the three.

    For example:

        faceserver directories set --directory acme --fpir 0.0001

        faceserver directories set --directory acme --default
    """
    if (fpir is not None) + (threshold is not None) + default != 1:
        end(Ending.USAGE, "Give one of --fpir, --threshold and --default.")
    with service(url, directory) as client:
        _print(client.put_directory(fpir=fpir, threshold=threshold), as_json)


def _print(directory: Directory, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(asdict(directory), ensure_ascii=False))
        return
    applied = directory.thresholds
    typer.echo(f"directory  {directory.directory}")
    typer.echo(f"holds      {directory.persons} persons, {directory.faces} faces of {directory.model}")
    typer.echo(f"fpir       {_set(directory.fpir)}")
    typer.echo(f"threshold  {_set(directory.threshold)}")
    typer.echo(f"match      from {applied.match:.4f}, decided by {applied.source}")
    typer.echo(f"review     from {applied.review:.4f}")


def _set(value: float | None) -> str:
    return "not set" if value is None else str(value)
