"""`python -m apiserver.audit`: list, export and verify the audit, without a gateway."""

import argparse
import asyncio
import json
import os
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from apiserver.access.grants import OPEN
from apiserver.audit.chain import fields
from apiserver.audit.listing import AuditFilter, page
from apiserver.audit.verification import Verification, export, verify, verify_lines
from apiserver.database.opening import open_database
from apiserver.database.pool import Pooler
from apiserver.database.session import Connection
from apiserver.problems import Problem

_TIMEOUT_SECONDS = 600
_PAGE_ENTRIES = 1_000

_NOT_READABLE = 2


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APISERVER_", extra="ignore")

    database_url: SecretStr = SecretStr("")
    database_pooler: Pooler = Pooler.NONE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 1 if the audit does not verify, 2 if it cannot be read."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.database_url and getattr(options, "file", None) is None:
        parser.error("set APISERVER_DATABASE_URL, or give --database-url or an exported file")
    try:
        if options.command in _READING:
            asyncio.run(_READING[options.command](options))
            return 0
        return _report(_verified(options))
    except (Problem, _UnreadableFile) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return _NOT_READABLE
    except BrokenPipeError:  # the reader of the output has closed it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


class _UnreadableFile(Exception):
    """A file that cannot be read, or is not an export."""


def _verified(options: Namespace) -> Verification:
    if not options.file:
        return asyncio.run(_verify(options.database_url, options.expect))
    try:
        with _opened(options.file) as lines:
            return verify_lines(lines, options.expect)
    except OSError as error:
        raise _UnreadableFile(f"{options.file} cannot be read: {error.strerror}.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise _UnreadableFile(f"{options.file} is not an export of the audit.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m apiserver.audit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    exporting = commands.add_parser("export", help="Print the sealed entries as lines of JSON, with their hashes.")
    exporting.add_argument("--directory", help="Only entries of this directory; empty: entries without a directory.")
    listing = commands.add_parser("list", help="Print entries as lines of JSON, the newest first.")
    for name in ("directory", "subject", "action", "person"):
        listing.add_argument(f"--{name}")
    for name in ("since", "until"):
        listing.add_argument(f"--{name}", type=_time, help="A time, in UTC unless it has a zone.")
    listing.add_argument("--limit", type=int, default=100)
    verifying = commands.add_parser("verify", help="Verify the chains of the database, or of an exported file.")
    verifying.add_argument("file", nargs="?", type=Path, help="An exported file; - is the standard input.")
    verifying.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="HASH",
        help="A head noted earlier, which the chain must contain.",
    )
    for command in (exporting, listing, verifying):
        command.add_argument(
            "--database-url",
            default=_Settings().database_url.get_secret_value(),
            help="DSN; or APISERVER_DATABASE_URL.",
        )
    return parser


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Connection]:
    async with (
        open_database(
            dsn, pool_size=1, timeout_seconds=_TIMEOUT_SECONDS, name="audit", pooler=_Settings().database_pooler
        ) as database,
        database.snapshot() as connection,
    ):
        yield connection


async def _export(options: Namespace) -> None:
    async with _connected(options.database_url) as connection:
        async for line in export(connection, options.directory):
            print(json.dumps(line, ensure_ascii=False))  # noqa: T201 - it is what the command is for


async def _list(options: Namespace) -> None:
    wanted = AuditFilter(
        directory=options.directory,
        subject=options.subject,
        action=options.action,
        person=options.person,
        since=options.since,
        until=options.until,
    )
    left, after = options.limit, None
    async with _connected(options.database_url) as connection:
        while left > 0:
            found, after = await page(connection, OPEN.reach, wanted, min(left, _PAGE_ENTRIES), after)
            for entry in found:
                shown = fields(entry) | {"hash": entry.hash and entry.hash.hex()}
                print(json.dumps(shown, ensure_ascii=False))  # noqa: T201
            left -= len(found)
            if after is None:
                return


_READING = {"export": _export, "list": _list}


async def _verify(dsn: str, expected: Sequence[str]) -> Verification:
    async with _connected(dsn) as connection:
        return await verify(connection, expected)


def _opened(file: Path) -> AbstractContextManager[TextIO]:
    return nullcontext(sys.stdin) if str(file) == "-" else file.open(encoding="utf-8")


def _report(verification: Verification) -> int:
    for chain, head in verification.heads.items():
        print(f"{head}  {chain or '(no directory)'}")  # noqa: T201
    for fault in verification.faults:
        print(fault, file=sys.stderr)  # noqa: T201
    chains = len(verification.heads)
    counts = f"Entries: {verification.entries:,}. Chains: {chains:,}. Faults: {len(verification.faults):,}."
    print(counts)  # noqa: T201
    return int(bool(verification.faults))


def _time(text: str) -> datetime:
    """Return a time; without a zone it is in UTC."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
