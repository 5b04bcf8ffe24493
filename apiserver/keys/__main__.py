"""`python -m apiserver.keys`: make, list, revoke and rotate keys in the database that APISERVER_DATABASE_URL names."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from apiserver.access.acts import command_line, set_current_act
from apiserver.access.grants import OPEN
from apiserver.database import Connection, open_database
from apiserver.keys import records
from apiserver.keys.records import KeyRecord, Wanted
from apiserver.keys.wishes import directories_of, read_reach, read_scopes
from apiserver.names import Name
from apiserver.problems import Problem

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_NAME: TypeAdapter[str] = TypeAdapter(Name)
_TIMEOUT_SECONDS = 10.0
_PAGE = 1000

Command = Callable[[Connection, argparse.Namespace], Coroutine[Any, Any, list[dict[str, Any]]]]


class Settings(BaseSettings):
    """Where the database is."""

    model_config = SettingsConfigDict(env_prefix="APISERVER_", frozen=True, extra="ignore")

    database_url: SecretStr


def main() -> int:
    """Run a command and return the exit status."""
    parser = _parser()
    options = parser.parse_args()
    try:
        settings = Settings()
    except ValidationError:
        parser.error("set APISERVER_DATABASE_URL, for example to postgresql://user:password@host:5432/faceserver")
    try:
        rows = asyncio.run(_run(settings.database_url.get_secret_value(), options))
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    for row in rows:
        sys.stdout.write((json.dumps(row, ensure_ascii=False) if options.json else _line(row)) + "\n")
    return 0


async def _run(dsn: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    command: Command = options.run
    set_current_act(command_line(f"keys {options.command}"))
    async with (
        open_database(dsn, pool_size=1, timeout_seconds=_TIMEOUT_SECONDS, name="keys") as database,
        database.unbound() as connection,
    ):
        return await command(connection, options)


async def _create(connection: Connection, options: argparse.Namespace) -> list[dict[str, Any]]:
    reach = read_reach(options.directory)
    expires = None if options.expires is None else records.now() + options.expires
    wanted = Wanted(options.name, read_scopes(options.scope, reach), reach, options.note, expires)
    record, text = await records.create(connection, wanted, "command line")
    return [{"key": text, **_shown(record)}]


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
    record, text = await records.rotate(connection, options.id, OPEN, options.overlap)
    return [{"key": text, **_shown(record)}]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m apiserver.keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    create = _command(commands, "create", _create, "Make a key and print it; it cannot be shown again.")
    create.add_argument("--name", required=True, type=_named)
    create.add_argument("--scope", required=True, action="append", help="may be given several times")
    create.add_argument("--directory", required=True, action="append", help="a name, a prefix such as 'acme/*', or '*'")
    create.add_argument("--expires", type=_duration, help="such as 90d, 12h or 30m; never, if not given")
    create.add_argument("--note")
    _command(commands, "list", _list, "List all keys.")
    revoke = _command(commands, "revoke", _revoke, "Revoke a key for good.")
    rotate = _command(commands, "rotate", _rotate, "Give a key a new text and print it.")
    for each in (revoke, rotate):
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


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if not found:
        raise argparse.ArgumentTypeError("must be a number with m, h or d, such as 90d")
    return int(found[1]) * _UNITS[found[2]]


def _shown(record: KeyRecord) -> dict[str, Any]:
    times = ("created_at", "expires_at", "revoked_at", "last_used_at", "previous_until")
    return {
        "id": record.id,
        "name": record.name,
        "note": record.note,
        "scopes": sorted(record.scopes),
        "directories": directories_of(record.reach),
        "created_by": record.created_by,
        **{name: _time(getattr(record, name)) for name in times},
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _line(row: dict[str, Any]) -> str:
    if "key" in row:
        return str(row["key"])
    state = "revoked" if row["revoked_at"] else f"until {row['expires_at'] or 'revoked'}"
    cells = (row["id"], row["name"], ",".join(row["scopes"]), " ".join(row["directories"]), state)
    return "\t".join(map(str, cells))


if __name__ == "__main__":
    sys.exit(main())
