"""`faceserver directories`."""

from dataclasses import replace
from typing import Annotated

import typer

from faceserver.client import Client
from faceserver.commands.deleting import confirm, print_receipt
from faceserver.commands.endings import Ending, end, service
from faceserver.commands.options import Directory as DirectoryOption
from faceserver.commands.options import Json, Limit, Url, Wait, Yes
from faceserver.commands.printing import counted, first, print_fields, print_json, print_table
from faceserver.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.errors import NotFound
from faceserver.results import Directory, QualityAction, QualityGate, Scoring
from faceserver.unchanged import UNCHANGED, unless_none

app = typer.Typer(no_args_is_help=True, help="List, show, set up and delete directories.")


@app.command("list")
def list_directories(
    *,
    url: Url = DEFAULT_URL,
    prefix: Annotated[str | None, typer.Option(help="Only those whose name begins so.")] = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List the directories.

    For example:

        faceserver directories list
    """
    with service(url, DEFAULT_DIRECTORY) as client:
        found = first(client.directories(prefix=prefix), limit)
        if as_json:
            for one in found:
                print_json(one)
        else:
            rows = ((one.directory, one.persons, one.faces, one.created_at) for one in found)
            print_table(("directory", "persons", "faces", "made"), rows)


@app.command("show")
def show_directory(
    *, url: Url = DEFAULT_URL, directory: DirectoryOption = DEFAULT_DIRECTORY, as_json: Json = False
) -> None:
    """Show what was set for a directory, how much it holds, and its thresholds.

    For example:

        faceserver directories show --directory acme
    """
    with service(url, directory) as client:
        _print(client.get_directory(), as_json)


@app.command("set")
def set_directory(
    *,
    url: Url = DEFAULT_URL,
    directory: DirectoryOption = DEFAULT_DIRECTORY,
    fpir: Annotated[float | None, typer.Option(help="Share of strangers that may be named.", min=1e-6, max=0.1)] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Similarity of a match, instead of --fpir.", min=-1, max=1)
    ] = None,
    scoring: Annotated[Scoring | None, typer.Option(help="How the faces of a person count.")] = None,
    keep_recognized: Annotated[
        int | None, typer.Option(help="How long recognized photographs stay.", metavar="SECONDS", min=0)
    ] = None,
    forget_unseen: Annotated[
        int | None, typer.Option(help="Delete who was not seen for so long.", metavar="DAYS", min=1)
    ] = None,
    quality: Annotated[
        QualityAction | None, typer.Option(help="What becomes of poor photographs when learning.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Leave everything to the service.")] = False,
    as_json: Json = False,
) -> None:
    """Change settings of a directory, which is made where it is missing.

    For example:

        faceserver directories set --directory acme --fpir 0.0001 --quality refuse

        faceserver directories set --directory acme --default
    """
    given = [fpir, threshold, scoring, keep_recognized, forget_unseen, quality]
    is_given = any(value is not None for value in given)
    if default is is_given or (fpir is not None and threshold is not None):
        end(Ending.USAGE, "Give --default, or what is to be set; --fpir and --threshold exclude each other.")
    with service(url, directory) as client:
        if default:
            _print(client.put_directory(), as_json)
            return
        gate = _existing(client).quality or QualityGate()
        changed = client.patch_directory(
            fpir=None if threshold is not None else unless_none(fpir),
            threshold=None if fpir is not None else unless_none(threshold),
            scoring=unless_none(scoring),
            recognized_retention_seconds=unless_none(keep_recognized),
            unseen_retention_days=unless_none(forget_unseen),
            quality=UNCHANGED if quality is None else replace(gate, action=quality),
        )
        _print(changed, as_json)


@app.command("delete")
def delete_directory(
    *,
    url: Url = DEFAULT_URL,
    directory: Annotated[str, typer.Option(envvar="FACESERVER_DIRECTORY", help="Which.", show_default=False)],
    yes: Yes = False,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Delete a directory with everybody in it.

    For example:

        faceserver directories delete --directory acme
    """
    with service(url, directory) as client:
        confirm(f"Delete {directory} with {counted(client.get_directory().persons, 'person')}?", yes=yes)
        deletion = client.delete_directory(directory)
        print_receipt(client.wait(deletion) if wait else deletion, as_json)


def _existing(client: Client) -> Directory:
    """Return the directory, which is made where it is missing."""
    try:
        return client.get_directory()
    except NotFound:
        return client.put_directory()


def _print(directory: Directory, as_json: bool) -> None:
    if as_json:
        print_json(directory)
        return
    applied = directory.thresholds
    print_fields(
        {
            "directory": directory.directory,
            "holds": f"{counted(directory.persons, 'person')}, {counted(directory.faces, 'face')} of {directory.model}",
            "fpir": _set(directory.fpir),
            "threshold": _set(directory.threshold),
            "scoring": _set(directory.scoring),
            "keeps recognized": _set(directory.recognized_retention_seconds, " seconds"),
            "forgets unseen": _set(directory.unseen_retention_days, " days"),
            "quality": _set(directory.quality and directory.quality.action),
            "match": f"from {applied.match:.4f}, decided by {applied.source}",
            "review": f"from {applied.review:.4f}",
        }
    )


def _set(value: object, unit: str = "") -> str:
    return "not set" if value is None else f"{value}{unit}"
