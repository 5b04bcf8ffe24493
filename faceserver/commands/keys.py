"""`faceserver keys`: over HTTP with an admin key, or in the database itself."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import TypeAdapter

from faceserver.client.client import Client
from faceserver.client.connection import DEFAULT_DIRECTORY
from faceserver.client.results import Key, NewKey
from faceserver.client.unchanged import UNCHANGED, unless_none
from faceserver.commands.shared.database import Data, DatabaseUrl, DatabaseUrlFile, database_given
from faceserver.commands.shared.key_file import Commands
from faceserver.commands.shared.options import Json, Yes, confirm
from faceserver.commands.shared.printing import print_json, print_table
from faceserver.commands.shared.service import ExitStatus, fail, service
from faceserver.file_names import is_decoded
from faceserver.problems import StartError
from serving.moments import read_duration, read_moment

T = TypeVar("T")
K = TypeVar("K", bound=Key)

app = Commands(no_args_is_help=True, help="Make, list, change, revoke and rotate keys.")


def _typed(text: str, read: Callable[[str], T]) -> T:
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"It {error}.") from error


def _moment(text: str) -> datetime | str:
    return text if text == "never" else _typed(text, lambda given: read_moment(given, datetime.now(UTC)))


def _duration(text: str) -> timedelta:
    return _typed(text, read_duration)


def _limit(text: str) -> tuple[str, float | None]:
    name, _, amount = text.partition("=")
    try:
        return name, float(amount) or None
    except ValueError as error:
        raise typer.BadParameter("It is not a name and a number, such as requests_per_minute=600.") from error


def _decoded(text: str | None) -> str | None:
    if text is not None and not is_decoded(text):
        raise typer.BadParameter("It is not UTF-8.")
    return text


Url = Annotated[
    str | None, typer.Option(envvar="FACESERVER_URL", help="Address of a running service, which takes an admin key.")
]
Id = Annotated[str, typer.Argument(help="Id of the key.", show_default=False, callback=_decoded)]
Directories = typer.Option("--directory", help="Name, prefix such as 'acme/*', or '*'; may be given several times.")
Scopes = typer.Option(
    "--scope",
    help="Scope, such as recognize, learn, manage or admin; may be given several times. docs/access.md lists them.",
)
Note = Annotated[str | None, typer.Option(help="Note for people.", callback=_decoded)]
Expires = Annotated[
    Any,
    typer.Option(parser=_moment, metavar="WHEN", help="A time, a duration from now such as 90d, 12h or 30m, or never."),
]
Limits = Annotated[
    list[Any] | None,
    typer.Option(
        "--limit",
        parser=_limit,
        metavar="NAME=N",
        help="Limit, such as requests_per_minute=600; 0: the service's limit; may be given several times.",
    ),
]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the keys are: in a database, at a URL, or else in the database of the data folder that `serve` uses."""

    url: str | None
    database: Path | str | None

    def run(self, kind: type[K], call: Callable[[Client], Iterable[K]], *command: object) -> list[K]:
        """Return what a call, or the gateway's own command, returns."""
        if self.url is not None and self.database is None:
            with service(self.url, DEFAULT_DIRECTORY) as client:
                return list(call(client))
        from faceserver.standalone.keys import run_keys  # noqa: PLC0415 - slow, and only needed here
        from faceserver.standalone.settings import read_settings  # noqa: PLC0415

        try:
            settings = read_settings({"data": self.database} if isinstance(self.database, Path) else {})
            dsn = self.database if isinstance(self.database, str) else None
            if self.database is None and settings.database_url:
                dsn = settings.database_url.get_secret_value()
            lines = asyncio.run(run_keys(settings.data, dsn, [*map(str, command)]))
        except StartError as error:
            fail(ExitStatus.REFUSED, error)
        return [*map(TypeAdapter(kind).validate_json, lines)]


@app.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="Name for people.", callback=_decoded, show_default=False)],
    directory: Annotated[list[str], Directories],
    scope: Annotated[list[str] | None, Scopes] = None,
    compreface: Annotated[
        bool,
        typer.Option(
            "--compreface",
            help="Make a UUID for clients of CompreFace, with exactly one directory; --scope is manage by default.",
        ),
    ] = False,
    rekognition: Annotated[
        bool,
        typer.Option(
            "--rekognition",
            help="Make an access key id and a secret access key for clients of Amazon Rekognition. Requires the "
            "gateways' master key: with --url, the gateway has it; otherwise it must be in the environment.",
        ),
    ] = False,
    expires: Expires = "never",
    note: Note = None,
    limit: Limits = None,
    url: Url = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    as_json: Json = False,
) -> None:
    """Make a key and print it; it cannot be shown again.

    For example:

        faceserver keys create --name admin --scope admin --directory '*'

        faceserver keys create --name door-3 --scope recognize --directory acme --url https://faces.example.org

        faceserver keys create --compreface --name double-take --directory home

        APISERVER_MASTER_KEY_FILE=master.key faceserver keys create --rekognition --name photos --scope admin
        --directory '*'
    """
    if compreface and rekognition:
        fail(ExitStatus.USAGE, "Make one key with --compreface and another one with --rekognition.")
    if not (scope or compreface):
        fail(ExitStatus.USAGE, "Give at least one --scope.")
    scope = scope or ["manage"]
    made = _Place(url, database_given(data, database_url, database_url_file)).run(
        NewKey,
        lambda client: [
            client.create_key(
                name,
                scopes=scope,
                directories=directory,
                note=note,
                expires_at=_expiry(expires),
                limits={name: amount for name, amount in limit or () if amount} or None,
                kind="uuid" if compreface else "pair" if rekognition else None,
            )
        ],
        "create",
        *(["--compreface"] if compreface else []),
        *(["--rekognition"] if rekognition else []),
        *_options(
            name=name,
            scope=scope,
            directory=directory,
            expires=expires,
            note=note,
            limit=limit,
        ),
    )
    _print_new(made, as_json)


@app.command("list")
def list_keys(
    *,
    url: Url = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    as_json: Json = False,
) -> None:
    """List all keys, including revoked ones.

    For example:

        faceserver keys list --data /srv/faces
    """
    _print(
        _Place(url, database_given(data, database_url, database_url_file)).run(
            Key, lambda client: client.keys(), "list"
        ),
        as_json,
    )


@app.command()
def edit(
    key: Id,
    *,
    name: Annotated[str | None, typer.Option(help="Name for people.", callback=_decoded)] = None,
    scope: Annotated[list[str] | None, Scopes] = None,
    directory: Annotated[list[str] | None, Directories] = None,
    expires: Expires = None,
    note: Note = None,
    limit: Limits = None,
    url: Url = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    as_json: Json = False,
) -> None:
    """Change the rights, expiry and limits of a key. Its text, and everything that is not given, stay as they are.

    For example:

        faceserver keys edit 3vQ0x9LkP2aB --scope recognize --limit requests_per_minute=600
    """
    options = _options(
        name=name,
        scope=scope,
        directory=directory,
        expires=expires,
        note=note,
        limit=limit,
    )
    if not options:
        fail(ExitStatus.USAGE, "Give what to change.")
    changed = _Place(url, database_given(data, database_url, database_url_file)).run(
        Key,
        lambda client: [
            client.patch_key(
                key,
                name=unless_none(name),
                scopes=scope or UNCHANGED,
                directories=directory or UNCHANGED,
                note=UNCHANGED if note is None else note or None,
                expires_at=UNCHANGED if expires is None else _expiry(expires),
                limits=dict(limit) if limit else UNCHANGED,
            )
        ],
        "edit",
        *options,
        "--",
        key,
    )
    _print(changed, as_json)


@app.command()
def revoke(
    key: Id,
    *,
    url: Url = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Revoke a key for good. Its waiting jobs are cancelled.

    For example:

        faceserver keys revoke 3vQ0x9LkP2aB
    """
    confirm(f"Revoke the key {key}?", yes=yes)
    place = _Place(url, database_given(data, database_url, database_url_file))
    _print(place.run(Key, lambda client: [client.revoke_key(key)], "revoke", "--", key), as_json)


@app.command()
def rotate(
    key: Id,
    *,
    overlap: Annotated[
        timedelta,
        typer.Option(parser=_duration, metavar="DURATION", help="How long the previous text still works."),
    ] = "1d",  # type: ignore[assignment]  # the parser reads it
    url: Url = None,
    data: Data = None,
    database_url: DatabaseUrl = None,
    database_url_file: DatabaseUrlFile = None,
    as_json: Json = False,
) -> None:
    """Give a key a new text and print it; the previous text still works for the overlap.

    For example:

        faceserver keys rotate 3vQ0x9LkP2aB --overlap 12h
    """
    seconds = round(overlap.total_seconds())
    rotated = _Place(url, database_given(data, database_url, database_url_file)).run(
        NewKey,
        lambda client: [client.rotate_key(key, overlap_seconds=seconds)],
        *("rotate", "--overlap", f"{seconds // 60}m", "--", key),
    )
    _print_new(rotated, as_json)


def _options(
    *,
    name: str | None,
    scope: Sequence[str] | None,
    directory: Sequence[str] | None,
    expires: datetime | str | None,
    note: str | None,
    limit: Sequence[tuple[str, float | None]] | None,
) -> list[str]:
    """Return the options of the gateway's own command."""
    single = {
        "--name": name,
        "--expires": expires.isoformat() if isinstance(expires, datetime) else expires,
        "--note": note,
    }
    limits = [f"{each}={amount or 0}" for each, amount in limit or ()]
    several = {"--scope": scope or (), "--directory": directory or (), "--limit": limits}
    pairs = [(option, each) for option, values in several.items() for each in values]
    return [f"{option}={value}" for option, value in [*single.items(), *pairs] if value is not None]


def _expiry(expires: datetime | str) -> datetime | None:
    return expires if isinstance(expires, datetime) else None


def _print_new(keys: Sequence[NewKey], as_json: bool) -> None:
    for key in keys:
        if as_json:
            print_json(key)
        elif key.access_key_id:
            typer.echo(f"aws_access_key_id = {key.access_key_id}\naws_secret_access_key = {key.key}")
        else:
            typer.echo(key.key)
            if key.images_token:
                typer.echo(f"Photographs are at /api/v1/static/{key.images_token}/images/IMAGE_ID.", err=True)


def _print(keys: list[Key], as_json: bool) -> None:
    if as_json:
        for key in keys:
            print_json(key)
        return
    rows = ((key.name, _scopes(key), " ".join(key.directories), _state(key), key.id) for key in keys)
    print_table(("name", "scopes", "directories", "state", "id"), rows)


def _scopes(key: Key) -> str:
    return "admin" if "admin" in key.scopes else " ".join(key.scopes)


def _state(key: Key) -> str:
    if key.revoked_at:
        return "revoked"
    if key.expires_at is None:
        return "works"
    return f"{'until' if datetime.now(UTC) < key.expires_at else 'expired'} {key.expires_at.astimezone(UTC):%Y-%m-%d}"
