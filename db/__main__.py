"""`python -m db migrate`: migrate the database that DATABASE_URL names, which must exist."""

import argparse
import asyncio
import sys

from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from db.migrate import MigrationFailed, UnknownSchema, migrate
from db.server import UnusableDatabase, require_usable
from serving.secret_files import SettingsWithSecrets, UnusableSecret


class Settings(SettingsWithSecrets):
    """Where the database is."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid")

    database_url: SecretStr


def main() -> int:
    """Run the one command there is and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m db", description=__doc__)
    parser.add_argument("command", choices=["migrate"])
    parser.parse_args()
    try:
        settings = Settings()
    except UnusableSecret as error:
        parser.error(str(error))
    except ValidationError:
        parser.error("set DATABASE_URL, for example to postgresql://user:password@host:5432/faceserver")
    try:
        report = asyncio.run(_migrate(settings.database_url.get_secret_value()))
    except (UnusableDatabase, UnknownSchema) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    except MigrationFailed as failure:
        sys.stderr.write(f"The database was not migrated. {failure}\n")
        return 1
    sys.stdout.write(f"{report or 'The schema is up to date.'}\n")
    return 0


async def _migrate(dsn: str) -> str:
    await require_usable(dsn)
    return await migrate(dsn, create=False)


if __name__ == "__main__":
    sys.exit(main())
