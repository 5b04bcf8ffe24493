"""`python -m db migrate` migrates the database of DATABASE_URL, which must exist.

`python -m db distribute` spreads its tables over the servers of Citus, by directory; run it after each migration.
"""

import argparse
import asyncio
import sys

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from db.distribute import DEFAULT_SHARDS, MAX_SHARDS, distribute, wait_until_distributed
from db.migrate import MigrationFailed, UnknownSchema, migrate
from db.server import UnusableDatabase, require_usable
from serving.secret_files import SettingsWithSecrets, UnusableSecret


class Settings(SettingsWithSecrets):
    """Where the database is."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    database_url: SecretStr


def main() -> int:
    """Run the command and return the exit status."""
    parser = _parser()
    options = parser.parse_args()
    try:
        settings = Settings()
    except UnusableSecret as error:
        parser.error(str(error))
    except ValidationError:
        parser.error("set DATABASE_URL, for example to postgresql://user:password@host:5432/faceserver")
    dsn = settings.database_url.get_secret_value()
    migrates = options.command == "migrate"
    try:
        report = asyncio.run(_migrate(dsn) if migrates else _distribute(dsn, options))
    except (UnusableDatabase, UnknownSchema) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except MigrationFailed as failure:
        sys.stderr.write(f"The database was not {'migrated' if migrates else 'distributed'}. {failure}\n")
        return 1
    sys.stdout.write(f"{report}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m db", description="Prepare the database of DATABASE_URL.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("migrate", help="bring the schema to the newest version; the database must exist")
    distribute = commands.add_parser(
        "distribute", help="spread the tables over the servers of Citus, by directory; run it after each migration"
    )
    distribute.add_argument(
        "--shards",
        type=_shards,
        help=f"number of shards of each table, {DEFAULT_SHARDS} by default; it cannot be changed later",
    )
    distribute.add_argument(
        "--wait", action="store_true", help="only wait until another process has distributed the tables"
    )
    return parser


def _shards(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MAX_SHARDS:
        return int(text)
    raise argparse.ArgumentTypeError(f"give a number from 1 to {MAX_SHARDS}")


async def _distribute(dsn: str, options: argparse.Namespace) -> str:
    if options.wait:
        await wait_until_distributed(dsn, lambda reason: print(reason, flush=True))  # noqa: T201
        return "The tables are distributed."
    return await distribute(dsn, options.shards)


async def _migrate(dsn: str) -> str:
    await require_usable(dsn)
    return await migrate(dsn, create=False) or "The schema is up to date."


if __name__ == "__main__":
    sys.exit(main())
