"""The schema that the migrations create, as in db/schema.sql.

    python -m tests.integration.db.schema

writes that file.
"""

import asyncio
import re
import subprocess
from pathlib import Path

from procrastinate.schema import SchemaManager

from db.migrate import MIGRATIONS, migrate
from tests.database import postgres_server

SCHEMA = MIGRATIONS.with_name("schema.sql")

_HEAD = """\
-- What the migrations make, for reading: pg_dump's statements without the 64 partitions of faces, the objects of the
-- queue, which are procrastinate's, and dbmate's schema_migrations. Never run; the comments are in the migrations.
-- Written by: python -m tests.integration.db.schema"""
_ENTRY = re.compile(r"^--\n-- Name: .*\n--\n", re.MULTILINE)
_END = "--\n-- PostgreSQL database dump complete"
_SESSION = re.compile(r"^SET .*\n", re.MULTILINE)
_OF_A_PARTITION = re.compile(r"\bfaces_\d")


def dumped(programs: Path, url: str) -> list[str]:
    """Return the statements that create the database at `url`, in pg_dump's order."""
    options = ["--schema-only", "--no-owner", "--no-privileges", "--no-comments", "--exclude-table=schema_migrations"]
    dump = subprocess.run([programs / "pg_dump", *options, url], check=True, capture_output=True, text=True).stdout
    return [_SESSION.sub("", entry).strip() for entry in _ENTRY.split(dump.partition(_END)[0])[1:]]


def dumped_queue(programs: Path, empty_url: str) -> list[str]:
    """Return the statements of the queue's schema, as the installed library creates it in an empty database."""
    options = ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1"]
    schema = SchemaManager.get_schema()
    subprocess.run([programs / "psql", *options, empty_url], check=True, input=schema, text=True, capture_output=True)
    return dumped(programs, empty_url)


def schema_text(made: list[str], queue: list[str]) -> str:
    """Return the text of db/schema.sql: the statements of the migrations without those of the queue."""
    ours = [entry for entry in made if entry not in queue and not _OF_A_PARTITION.search(entry)]
    return "\n\n".join([_HEAD, *ours]) + "\n"


if __name__ == "__main__":
    with postgres_server() as server:
        asyncio.run(migrate(server.get_uri(database="migrated")))
        server.psql("CREATE DATABASE queue")
        made = dumped(server.bin_path, server.get_uri(database="migrated"))
        queue = dumped_queue(server.bin_path, server.get_uri(database="queue"))
        SCHEMA.write_text(schema_text(made, queue), encoding="utf-8")
