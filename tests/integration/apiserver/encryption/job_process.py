"""`python -m tests.integration.apiserver.encryption.job_process`: run the job that encrypts, as a worker does, once."""

import asyncio

import asyncpg

from apiserver.settings.settings import Settings
from serving.settings import read_settings
from tests.integration.apiserver.encryption.conftest import Jobs, resources_of


async def main() -> None:
    """Run it with the settings of the environment."""
    settings = read_settings(Settings)
    database = await asyncpg.connect(settings.database_url.get_secret_value())
    async with resources_of(settings) as resources:
        await Jobs(database).run(resources)
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
