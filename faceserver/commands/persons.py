"""`faceserver persons`."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from faceserver.client.calls.persons import Order
from faceserver.client.client import Client
from faceserver.client.connection import DEFAULT_DIRECTORY, DEFAULT_URL
from faceserver.client.results import Basis, Consent
from faceserver.client.results import Person as Found
from faceserver.client.unchanged import UNCHANGED
from faceserver.commands.shared.key_file import Commands
from faceserver.commands.shared.options import Directory, Json, Limit, Person, Url, Wait, Yes, confirm
from faceserver.commands.shared.printing import counted, first, print_fields, print_json, print_receipt, print_table
from faceserver.commands.shared.service import ExitStatus, fail, service

app = Commands(no_args_is_help=True, help="List, show, change and delete the people of a directory.")

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]

Metadata = Annotated[str | None, typer.Option(help="A JSON object.", metavar="JSON")]


@app.command("list")
def list_persons(
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    search: Annotated[
        str | None, typer.Option(help="Only people whose id, name or external id contains each of these words.")
    ] = None,
    prefix: Annotated[str | None, typer.Option(help="Only people whose ids begin with this.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Only the person with this external id.")] = None,
    metadata: Metadata = None,
    named: Annotated[bool | None, typer.Option(help="Only people with a name, or without.")] = None,
    warned: Annotated[bool | None, typer.Option(help="Only people with a warning about a face, or without.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only people learned since then.", formats=_TIMES)] = None,
    seen_since: Annotated[
        datetime | None, typer.Option(help="Only people recognized since then.", formats=_TIMES)
    ] = None,
    sort: Annotated[Order, typer.Option(help="Sort order; a minus reverses it.")] = "person",
    limit: Limit = 100,
    as_json: Json = False,
) -> None:
    """List people. Times are UTC unless they state an offset.

    For example:

        faceserver persons list --search muller

        faceserver persons list --prefix an

        faceserver persons list --sort -last_seen_at --limit 10

        faceserver persons list --metadata '{"team": "blue"}' --limit 100000 --json
    """
    contained = None if metadata is None else _parsed(metadata)
    with service(url, directory) as client:
        found = client.persons(
            search=search,
            prefix=prefix,
            external_id=external_id,
            metadata=contained,
            named=named,
            warned=warned,
            created_since=since and _aware(since),
            seen_since=seen_since and _aware(seen_since),
            sort=sort,
        )
        if as_json:
            for person in first(found, limit):
                print_json(person)
        else:
            columns = ("person", "name", "external id", "faces", "warnings", "last seen")
            print_table(columns, map(_row, first(found, limit)))


@app.command("show")
def show_person(
    person: Person, *, url: Url = DEFAULT_URL, directory: Directory = DEFAULT_DIRECTORY, as_json: Json = False
) -> None:
    """Show a person's data.

    For example:

        faceserver persons show ann
    """
    with service(url, directory) as client:
        _print(client.person(person), as_json)


@app.command("edit")
def edit_person(
    person: Person,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    name: Annotated[str | None, typer.Option(help="Display name; an empty one removes it.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Id in your own system; an empty one removes it.")] = None,
    metadata: Metadata = None,
    as_json: Json = False,
) -> None:
    """Change a person's name, external id or metadata; metadata is replaced as a whole.

    For example:

        faceserver persons edit ann --name "Ann Smith" --external-id 4711

        faceserver persons edit ann --metadata '{"team": "blue"}'
    """
    parsed = UNCHANGED if metadata is None else _parsed(metadata)
    with service(url, directory) as client:
        edited = client.patch_person(
            person,
            display_name=UNCHANGED if name is None else name or None,
            external_id=UNCHANGED if external_id is None else external_id or None,
            metadata=parsed,
        )
        _print(edited, as_json)


@app.command("consent")
def record_consent(
    person: Person,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    text: Annotated[str | None, typer.Option(help="Version of the text that the person agreed to.")] = None,
    given: Annotated[datetime | None, typer.Option(help="When it was given; now if omitted.", formats=_TIMES)] = None,
    until: Annotated[datetime | None, typer.Option(help="When it ends; never if omitted.", formats=_TIMES)] = None,
    basis: Annotated[Basis, typer.Option(help="Lawful basis, after GDPR Article 6(1).")] = "consent",
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Record that it is withdrawn now.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the record.")] = False,
    as_json: Json = False,
) -> None:
    """Record a person's consent, or its withdrawal. Times are UTC unless they state an offset.

    For example:

        faceserver persons consent ann --text employees-v3 --until 2027-12-31

        faceserver persons consent ann --withdraw
    """
    if [text is not None, withdraw, remove].count(True) != 1:
        fail(ExitStatus.USAGE, "Give one of --text, --withdraw and --remove.")
    with service(url, directory) as client:
        if text is not None:
            since, end = given or datetime.now(UTC), until and _aware(until)
            consent = Consent(given_at=_aware(since), text=text, basis=basis, until=end)
            edited = client.patch_person(person, consent=consent)
        elif remove:
            edited = client.patch_person(person, consent=None)
        else:
            edited = _withdrawn(client, person)
        _print(edited, as_json)


@app.command("restrict")
def restrict_person(
    person: Person,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    lift: Annotated[bool, typer.Option("--lift", help="Let the person be named again.")] = False,
    as_json: Json = False,
) -> None:
    """Keep a person, but never name them.

    For example:

        faceserver persons restrict ann

        faceserver persons restrict ann --lift
    """
    with service(url, directory) as client:
        _print(client.patch_person(person, restricted=not lift), as_json)


@app.command("rename")
def rename_person(
    person: Person,
    new: Annotated[str, typer.Argument(help="The new id.", show_default=False)],
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
) -> None:
    """Change the id of a person.

    For example:

        faceserver persons rename ann "Ann Smith"
    """
    with service(url, directory) as client:
        renamed = client.patch_person(person, rename=new)
        typer.echo(f"{person} is now {renamed.person}.")


@app.command("delete")
def delete_person(
    person: Person,
    *,
    url: Url = DEFAULT_URL,
    directory: Directory = DEFAULT_DIRECTORY,
    yes: Yes = False,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Delete a person with all faces and photographs, including those they were recognized in.

    For example:

        faceserver persons delete ann

        faceserver persons delete ann --yes --wait --json
    """
    with service(url, directory) as client:
        confirm(f"Delete {person} of {directory}, {counted(client.person(person).faces, 'face')}?", yes=yes)
        deletion = client.delete_person(person)
        print_receipt(client.wait(deletion) if wait else deletion, as_json)


def _withdrawn(client: Client, person: str) -> Found:
    """Record that the consent of a person is withdrawn; an earlier withdrawal stays."""
    found = client.person(person)
    if found.consent is None:
        fail(ExitStatus.USAGE, f"{person} has no consent to withdraw; to stop naming them: persons restrict.")
    if found.consent.withdrawn_at:
        return found
    withdrawn_at = max(datetime.now(UTC), found.consent.given_at)
    consent = replace(found.consent, withdrawn_at=withdrawn_at)
    return client.patch_person(person, consent=consent, if_match=found.revision)


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _told(consent: Consent | None) -> str:
    if consent is None:
        return "none recorded"
    told = f"{consent.text}, {consent.basis}, given {consent.given_at:%Y-%m-%d}"
    if consent.withdrawn_at:
        return f"{told}, withdrawn {consent.withdrawn_at:%Y-%m-%d}"
    return f"{told}, until {consent.until:%Y-%m-%d}" if consent.until else told


def _parsed(metadata: str) -> dict[str, Any]:
    try:
        parsed = json.loads(metadata)
    except ValueError as error:
        fail(ExitStatus.USAGE, f"--metadata is not valid JSON: {error}.")
    if not isinstance(parsed, dict):
        fail(ExitStatus.USAGE, '--metadata is not a JSON object; an example is {"team": "blue"}.')
    return parsed


def _row(person: Found) -> tuple[object, ...]:
    return person.person, person.display_name, person.external_id, person.faces, person.warnings, person.last_seen_at


def _print(person: Found, as_json: bool) -> None:
    if as_json:
        print_json(person)
        return
    print_fields(
        {
            "person": person.person,
            "name": person.display_name,
            "external id": person.external_id,
            "metadata": json.dumps(person.metadata, ensure_ascii=False) if person.metadata else None,
            "consent": _told(person.consent),
            "restricted": "yes: never named" if person.restricted else "no",
            "faces": f"{person.faces}, {counted(person.photographs, 'photograph')} kept",
            "warnings": person.warnings,
            "learned": person.created_at,
            "last seen": person.last_seen_at or "never",
        }
    )
