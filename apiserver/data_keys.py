"""`python -m apiserver.data_keys`: list the keys of directories, or replace those of some directories.

It reads the gateway's settings and needs neither a gateway nor, to list, a master key. A worker then encrypts what the
replaced keys encrypt again.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from apiserver.access.acts import command_line, set_current_act
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.encryption.rotation import list_keys, replace_key
from apiserver.problems import Problem
from apiserver.resources import master_keys, require_master_keys
from apiserver.settings.settings import Settings
from serving.settings import read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m apiserver.data_keys", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="list the keys, which master key wraps each, and whether it is in use")
    commands.add_parser("replace", help="give directories new keys").add_argument("directories", nargs="+")
    chosen = parser.parse_args(arguments)
    settings = read_settings(Settings)
    require_master_keys(settings)
    try:
        lines = asyncio.run(_run(settings, getattr(chosen, "directories", None)))
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


async def _run(settings: Settings, directories: Sequence[str] | None) -> list[str]:
    set_current_act(command_line("data-keys replace"))
    async with open_database(
        settings.database_url.get_secret_value(),
        pool_size=1,
        timeout_seconds=settings.database_timeout_seconds,
        name="data-keys",
        pooler=settings.database_pooler,
    ) as database:
        if directories is None:
            async with database.unbound() as connection:
                return ["\t".join(row) for row in await list_keys(connection)]
        return [await _replace(database, settings, directory) for directory in directories]


async def _replace(database: Database, settings: Settings, directory: str) -> str:
    if await replace_key(database, master_keys(settings), directory):
        return f"{directory}: new data are encrypted with a new key; a worker encrypts the others again."
    return f"{directory}: it has no key, because nothing is encrypted in it yet."


if __name__ == "__main__":
    sys.exit(main())
