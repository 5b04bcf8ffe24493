"""Brings a PostgreSQL database to the newest schema by running the dbmate binary."""

import asyncio
import sysconfig
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

MIGRATIONS = Path(__file__).with_name("migrations")


class MigrationFailed(RuntimeError):
    """dbmate refused or could not reach the database; the text is its own."""


async def migrate(dsn: str) -> str:
    """Apply every pending migration to the database at `dsn` and return dbmate's report.

    Any number of processes may call this at once: dbmate's advisory lock lets one migrate while the others wait, and
    those then find nothing left to do. The database is created if it is missing. Raises MigrationFailed.
    """
    process = await asyncio.create_subprocess_exec(
        Path(sysconfig.get_path("scripts"), "dbmate"),
        "--migration-lock",
        "--no-dump-schema",
        "--migrations-dir",
        MIGRATIONS,
        "up",
        env={"DATABASE_URL": _with_sslmode(dsn)},  # not an argument: those are readable by everyone on the machine
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:  # cancelled
            process.kill()
            await process.wait()
    report = output.decode(errors="replace").strip()
    if process.returncode != 0:
        raise MigrationFailed(report)
    return report


def _with_sslmode(dsn: str) -> str:
    """Make libpq's default explicit, since dbmate's driver would insist on TLS where asyncpg only prefers it."""
    parts = urlsplit(dsn)
    if "sslmode=" in parts.query:
        return dsn
    query = f"{parts.query}&sslmode=prefer" if parts.query else "sslmode=prefer"
    return urlunsplit(parts._replace(query=query))
