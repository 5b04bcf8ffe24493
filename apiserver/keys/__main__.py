"""`python -m apiserver.keys`: make, list, change, revoke and rotate keys in the database of APISERVER_DATABASE_URL."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_settings import SettingsConfigDict

from apiserver.access.acts import command_line, set_current_act
from apiserver.access.grants import OPEN
from apiserver.access.limits import read_limits
from apiserver.database.opening import open_database
from apiserver.database.pool import Pooler
from apiserver.database.session import Connection
from apiserver.encryption.master_keys import MasterKeys, read_master_keys
from apiserver.keys import changing, new_keys, records
from apiserver.keys.new_keys import NewKey
from apiserver.keys.records import KeyRecord, Kind
from apiserver.keys.wishes import directories_of
from apiserver.names import Name
from apiserver.problems import InvalidField, Problem
from serving.moments import read_duration, read_moment
from serving.secret_files import SettingsWithSecrets, UnusableSecret

_NAME: TypeAdapter[str] = TypeAdapter(Name)
_TIMEOUT_SECONDS = 10.0
_PAGE = 1000
_COMPREFACE_SCOPE = "manage"

T = TypeVar("T")

Command = Callable[[Connection, argparse.Namespace], Coroutine[Any, Any, list[dict[str, Any]]]]


class Settings(SettingsWithSecrets):
    """Where the database is, and the master keys of pairs."""

    model_config = SettingsConfigDict(env_prefix="APISERVER_", frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr
    database_pooler: Pooler = Pooler.NONE
    master_key_file: Path | None = None
    master_key: SecretStr | None = None
    master_key_command: str | None = None

    def masters(self) -> MasterKeys:
        """Return the master keys. Raises InvalidField if they cannot be read."""
        keys = self.master_key.get_secret_value() if self.master_key else None
        try:
            return read_master_keys(command=self.master_key_command, file=self.master_key_file, keys=keys)
        except ValueError as error:
            raise InvalidField(str(error)) from error


def main() -> int:
    """Run a command and return the exit status."""
    parser = _parser()
    options = parser.parse_args()
    try:
        settings = Settings()
    except UnusableSecret as error:
        parser.error(str(error))
    except ValidationError:
        parser.error("set APISERVER_DATABASE_URL, for example to postgresql://user:password@host:5432/faceserver")
    try:
        rows = asyncio.run(_run(settings, options))
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    for row in rows:
        sys.stdout.write((json.dumps(row, ensure_ascii=False) if options.json else _line(row)) + "\n")
    return 0


async def _run(settings: Settings, options: argparse.Namespace) -> list[dict[str, Any]]:
    command: Command = options.run
    set_current_act(command_line(f"keys {options.command}"))
    async with (
        open_database(
            settings.database_url.get_secret_value(),
            pool_size=1,
            timeout_seconds=_TIMEOUT_SECONDS,
            name="keys",
            pooler=settings.database_pooler,
        ) as database,
        database.unbound() as connection,
    ):
        return await command(connection, options)


async def _create(connection: Connection, options: argparse.Namespace) -> list[dict[str, Any]]:
    kind = Kind.PAIR if options.rekognition else Kind.UUID if options.compreface else Kind.BEARER
    usual = {"kind": kind, "scopes": [_COMPREFACE_SCOPE] if options.compreface else []}
    masters = Settings().masters() if options.rekognition else MasterKeys()
    return [
        _with_text(
            await new_keys.create(connection, masters, changing.wanted(usual | _fields(options)), "command line")
        )
    ]


async def _edit(connection: Connection, options: argparse.Namespace) -> list[dict[str, Any]]:
    return [_shown(await changing.change(connection, options.id, OPEN, _fields(options)))]


async def _list(connection: Connection, _: argparse.Namespace) -> list[dict[str, Any]]:
    listed: list[KeyRecord] = []
    after: str | None = ""
    while after is not None:
        found, after = await records.page(connection, OPEN, _PAGE, after)
        listed += found
    return [_shown(record) for record in listed]


async def _revoke(connection: Connection, options: argparse.Namespace) -> list[dict[str, Any]]:
    return [_shown(await records.revoke(connection, options.id, OPEN))]


async def _rotate(connection: Connection, options: argparse.Namespace) -> list[dict[str, Any]]:
    return [_with_text(NewKey(*await records.rotate(connection, options.id, OPEN, options.overlap)))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m apiserver.keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    create = _command(commands, "create", _create, "Make a key and print it; it cannot be shown again.")
    edit = _command(commands, "edit", _edit, "Change a key; what is not given stays as it is.")
    for each in (create, edit):
        is_new = each is create
        each.add_argument("--name", required=is_new, type=_named)
        each.add_argument("--scope", action="append", help="may be given several times")
        each.add_argument(
            "--directory", required=is_new, action="append", help="a name, a prefix such as 'acme/*', or '*'"
        )
        each.add_argument(
            "--expires", type=_moment, help="a time, a duration from now such as 90d, 12h or 30m, or never"
        )
        each.add_argument("--note", type=_noted)
        each.add_argument(
            "--limit",
            action="append",
            default=[],
            type=_limit,
            metavar="NAME=N",
            help="such as requests_per_minute=600; 0: that of the service; may be given several times",
        )
    kinds = create.add_mutually_exclusive_group()
    kinds.add_argument(
        "--compreface",
        action="store_true",
        help="make a UUID for clients of CompreFace, with exactly one directory; --scope is manage by default",
    )
    kinds.add_argument(
        "--rekognition",
        action="store_true",
        help="make an access key id and a secret access key for clients of Amazon Rekognition; requires the master key",
    )
    _command(commands, "list", _list, "List all keys.")
    revoke = _command(commands, "revoke", _revoke, "Revoke a key for good.")
    rotate = _command(commands, "rotate", _rotate, "Give a key a new text and print it.")
    for each in (edit, revoke, rotate):
        each.add_argument("id")
    rotate.add_argument("--overlap", type=_duration, default=records.DEFAULT_OVERLAP, help="such as 1d")
    return parser


def _command(commands: Any, name: str, run: Command, text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - private type
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each key")
    return parser


def _named(text: str) -> str:
    try:
        return _NAME.validate_python(text)
    except ValidationError as error:
        raise argparse.ArgumentTypeError("must have 1 to 255 characters and no control characters") from error


def _noted(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError("is not UTF-8") from error
    return text


def _fields(options: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of a key that the options give."""
    named = {"name": options.name, "scopes": options.scope, "directories": options.directory}
    fields = {name: value for name, value in named.items() if value is not None}
    clearable = {"note": options.note, "expires_at": options.expires}
    fields |= {name: value or None for name, value in clearable.items() if value is not None}
    return fields | ({"limits": dict(options.limit)} if options.limit else {})


def _moment(text: str) -> datetime | bool:
    """Return a time; False stands for never."""
    return text != "never" and _typed(text, lambda given: read_moment(given, records.now()))


def _duration(text: str) -> timedelta:
    return _typed(text, read_duration)


def _limit(text: str) -> tuple[str, float | None]:
    """Return the name and the amount of a limit; None for that of the service."""
    name, _, amount = text.partition("=")
    try:
        return name, read_limits({name: float(amount) or None})[name]
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a name and a number, such as requests_per_minute=600") from error
    except InvalidField as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _typed(text: str, read: Callable[[str], T]) -> T:
    """Return what an option means. Raises ArgumentTypeError."""
    try:
        return read(text)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _with_text(key: NewKey) -> dict[str, Any]:
    return {**key.fields, **_shown(key.record)}


def _shown(record: KeyRecord) -> dict[str, Any]:
    times = ("created_at", "expires_at", "revoked_at", "last_used_at", "previous_until")
    return {
        "id": record.id,
        "kind": record.kind,
        "name": record.name,
        "note": record.note,
        "scopes": sorted(record.scopes),
        "directories": directories_of(record.reach),
        "limits": dict(record.limits),
        "created_by": record.created_by,
        **{name: _time(getattr(record, name)) for name in times},
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _line(row: dict[str, Any]) -> str:
    if row.get("access_key_id"):
        return f"aws_access_key_id = {row['access_key_id']}\naws_secret_access_key = {row['key']}"
    if "key" in row:
        return str(row["key"])
    state = "revoked" if row["revoked_at"] else f"until {row['expires_at'] or 'revoked'}"
    cells = (row["id"], row["name"], ",".join(row["scopes"]), " ".join(row["directories"]), state)
    return "\t".join(map(str, cells))


if __name__ == "__main__":
    sys.exit(main())
