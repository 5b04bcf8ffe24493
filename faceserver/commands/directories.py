"""`faceserver directories`."""

from dataclasses import replace
from typing import Annotated

import typer

from faceserver.client.client import Client
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Directory, Event, EventKind, QualityAction, QualityGate, Scoring
from faceserver.client.unchanged import UNCHANGED, unless_none
from faceserver.commands.shared.key_file import Commands
from faceserver.commands.shared.options import Directory as DirectoryOption
from faceserver.commands.shared.options import Json, Limit, Url, Wait, Yes, confirm
from faceserver.commands.shared.printing import counted, first, print_fields, print_json, print_receipt, print_table
from faceserver.commands.shared.service import ExitStatus, fail, service
from faceserver.errors import NotFound

app = Commands(no_args_is_help=True, help="List, show, set up and delete directories.")


@app.command("list")
def list_directories(
    *,
    url: Url = DEFAULT_URL,
    prefix: Annotated[str | None, typer.Option(help="Only directories whose names begin with this.")] = None,
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
            for summary in found:
                print_json(summary)
        else:
            rows = ((each.directory, each.persons, each.faces, each.created_at) for each in found)
            print_table(("directory", "persons", "faces", "created"), rows)


@app.command("show")
def show_directory(
    *, url: Url = DEFAULT_URL, directory: DirectoryOption = DEFAULT_DIRECTORY, as_json: Json = False
) -> None:
    """Show the settings of a directory, its size and its thresholds.

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
    fpir: Annotated[
        float | None, typer.Option(help="Share of strangers that may be given a name.", min=1e-6, max=0.1)
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Minimum similarity of a match; replaces --fpir.", min=-1, max=1)
    ] = None,
    scoring: Annotated[
        Scoring | None, typer.Option(help="How the similarities to a person's faces are combined.")
    ] = None,
    keep_recognized: Annotated[
        int | None, typer.Option(help="How long recognized photographs are stored.", metavar="SECONDS", min=0)
    ] = None,
    forget_unseen: Annotated[
        int | None,
        typer.Option(help="Delete people who have not been recognized for this long.", metavar="DAYS", min=1),
    ] = None,
    keep_originals: Annotated[
        bool | None, typer.Option(help="Store photographs as they were sent, with place, camera and other metadata.")
    ] = None,
    require_consent: Annotated[
        bool | None, typer.Option(help="Learn and name only people with a valid consent.")
    ] = None,
    delete_without_consent: Annotated[
        int | None,
        typer.Option(help="Delete people whose consent ended this long ago.", metavar="DAYS", min=0),
    ] = None,
    recognizability_floor: Annotated[
        float | None,
        typer.Option(help="Minimum recognizability of a face that is recognized or learned; 0: off.", min=0, max=1),
    ] = None,
    quality: Annotated[
        QualityAction | None, typer.Option(help="What to do with poor photographs when learning.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Reset all settings to the service's defaults.")] = False,
    as_json: Json = False,
) -> None:
    """Change settings of a directory, which is created if it does not exist.

    For example:

        faceserver directories set --directory acme --fpir 0.0001 --quality refuse

        faceserver directories set --directory acme --default
    """
    given = [fpir, threshold, scoring, keep_recognized, forget_unseen, keep_originals, recognizability_floor, quality]
    given += [require_consent, delete_without_consent]
    is_given = any(value is not None for value in given)
    if default is is_given or (fpir is not None and threshold is not None):
        fail(
            ExitStatus.USAGE, "Give --default or the settings to change; --fpir and --threshold are mutually exclusive."
        )
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
            keep_originals=unless_none(keep_originals),
            require_consent=unless_none(require_consent),
            delete_without_consent_days=unless_none(delete_without_consent),
            recognizability_floor=unless_none(recognizability_floor),
            quality=UNCHANGED if quality is None else replace(gate, action=quality),
        )
        _print(changed, as_json)


@app.command("create")
def create_directory(
    *, url: Url = DEFAULT_URL, directory: DirectoryOption = DEFAULT_DIRECTORY, as_json: Json = False
) -> None:
    """Create a directory with the service's default settings; an existing one is not changed, and the status is 1.

    For example:

        faceserver directories create --directory acme
    """
    with service(url, directory) as client:
        _print(client.put_directory(if_absent=True), as_json)


@app.command("scores")
def show_scores(
    *, url: Url = DEFAULT_URL, directory: DirectoryOption = DEFAULT_DIRECTORY, as_json: Json = False
) -> None:
    """Show the similarities of the faces of a directory, and the error rates of other thresholds.

    For example:

        faceserver directories scores --directory acme
    """
    with service(url, directory) as client:
        found = client.score_distributions()
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{counted(found.sampled, 'face')} of {found.faces}: {counted(found.same, 'pair')} of one person, "
        f"{found.different} of different people. A match begins at {found.thresholds.match:.2f}."
    )
    rows = (
        (each.threshold, *map(_percent, (each.missed, each.stranger_named, each.alike)))
        for each in found.rates
        if each.threshold >= 0
    )
    print_table(("threshold", "missed", "strangers named", "different people alike"), rows)


@app.command("activity")
def list_activity(
    *,
    url: Url = DEFAULT_URL,
    directory: DirectoryOption = DEFAULT_DIRECTORY,
    kind: Annotated[EventKind | None, typer.Option(help="Only events of this kind.")] = None,
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List what happened in a directory, the latest first, from stored data.

    For example:

        faceserver directories activity --kind photograph --limit 10
    """
    with service(url, directory) as client:
        found = first(client.activity(kind=kind), limit)
        if as_json:
            for event in found:
                print_json(event)
        else:
            print_table(("at", "what"), ((event.at, _told(event)) for event in found))


@app.command("delete")
def delete_directory(
    *,
    url: Url = DEFAULT_URL,
    directory: Annotated[
        str, typer.Option(envvar="FACESERVER_DIRECTORY", help="Directory to delete.", show_default=False)
    ],
    yes: Yes = False,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Delete a directory and everybody in it.

    For example:

        faceserver directories delete --directory acme
    """
    with service(url, directory) as client:
        confirm(f"Delete {directory} with {counted(client.get_directory().persons, 'person')}?", yes=yes)
        deletion = client.delete_directory(directory)
        print_receipt(client.wait(deletion) if wait else deletion, as_json)


def _existing(client: Client) -> Directory:
    """Return the directory, which is created if it does not exist."""
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
            "photographs": "as they were sent" if directory.keep_originals else "without metadata",
            "consent": "required" if directory.require_consent else "not required",
            "deletes without": _set(directory.delete_without_consent_days, " days after a consent ended"),
            "recognizability": _set(directory.recognizability_floor),
            "quality": _set(directory.quality and directory.quality.action),
            "match": f"from {applied.match:.4f}, decided by {applied.source}",
            "review": f"from {applied.review:.4f}",
            "unrecognizable": _floor(applied.recognizability_floor),
        }
    )


def _told(event: Event) -> str:
    if event.photograph:
        learned = [f"{face.person} learned" for face in event.photograph.learned]
        told = learned + [f"{person} recognized" for person in event.photograph.recognized]
        return ", ".join(told) or "nobody recognized"
    if event.added:
        return f"{event.added.person} added"
    if event.merged:
        return f"merged into {event.merged.person}{', undone' * (event.merged.undone_at is not None)}"
    counts = event.deleted and f"{counted(event.deleted.persons, 'person')}, {counted(event.deleted.faces, 'face')}"
    return f"deleted {counts}"


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.2%}"


def _floor(floor: float | None) -> str:
    if floor is None:
        return "not measured by this model"
    return f"below {floor:g}" if floor else "no face: unrecognizable strangers match each other"


def _set(value: object, unit: str = "") -> str:
    return "not set" if value is None else f"{value}{unit}"
