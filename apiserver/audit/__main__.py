"""`python -m apiserver.audit`: export and verify the audit, without a gateway."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from apiserver.audit.verification import Verification, export, verify, verify_lines
from apiserver.database import Share, open_database
from apiserver.problems import Problem

_TIMEOUT_SECONDS = 600

_NOT_READABLE = 2


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APISERVER_", extra="ignore")

    database_url: SecretStr = SecretStr("")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 1 if the audit does not verify, 2 if it cannot be read."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "export":
            asyncio.run(_export(options.database_url, options.directory))
            return 0
        if options.file:
            with options.file.open(encoding="utf-8") as lines:
                verification = verify_lines(lines, options.expect)
        else:
            verification = asyncio.run(_verify(options.database_url, options.expect))
    except Problem as problem:
        return _fail(problem.sentence)
    except OSError as error:
        return _fail(f"{options.file} cannot be read: {error.strerror}.")
    except (KeyError, TypeError, ValueError):
        return _fail(f"{options.file} is not an export of the audit.")
    return _report(verification)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m apiserver.audit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    exporting = commands.add_parser("export", help="Print the sealed entries as lines of JSON, with their hashes.")
    exporting.add_argument("--directory", help="Only this directory; empty: what concerns none.")
    verifying = commands.add_parser("verify", help="Verify the chains of the database, or of an exported file.")
    verifying.add_argument("file", nargs="?", type=Path, help="An exported file.")
    verifying.add_argument(
        "--expect", action="append", default=[], metavar="HASH", help="A head noted earlier, which must still be there."
    )
    for command in (exporting, verifying):
        command.add_argument(
            "--database-url",
            default=_Settings().database_url.get_secret_value(),
            help="DSN; or APISERVER_DATABASE_URL.",
        )
    return parser


async def _export(dsn: str, directory: str | None) -> None:
    async with (
        open_database(dsn, pool_size=1, timeout_seconds=_TIMEOUT_SECONDS, name="audit") as database,
        database.unbound(Share.LONG) as connection,
    ):
        async for line in export(connection, directory):
            print(json.dumps(line, ensure_ascii=False))  # noqa: T201 - it is what the command is for


async def _verify(dsn: str, expected: Sequence[str]) -> Verification:
    async with (
        open_database(dsn, pool_size=1, timeout_seconds=_TIMEOUT_SECONDS, name="audit") as database,
        database.unbound(Share.LONG) as connection,
    ):
        return await verify(connection, expected)


def _report(verification: Verification) -> int:
    for chain, head in verification.heads.items():
        print(f"{head}  {chain or '(no directory)'}")  # noqa: T201
    for fault in verification.faults:
        print(fault, file=sys.stderr)  # noqa: T201
    chains = len(verification.heads)
    print(f"{verification.entries:,} entries in {chains:,} chains, {len(verification.faults):,} faults.")  # noqa: T201
    return int(bool(verification.faults))


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return _NOT_READABLE


if __name__ == "__main__":
    sys.exit(main())
