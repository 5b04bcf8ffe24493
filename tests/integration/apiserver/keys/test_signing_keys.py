"""Keys that sign links, in the database."""

import pytest

from apiserver.database.opening import open_database
from apiserver.keys.signing_keys import SigningKeys


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=2, timeout_seconds=60) as database:
        yield database


async def days_pass(database, days: int) -> None:
    """Move the keys into the past."""
    await database.execute("UPDATE signing_keys SET day = day - $1", days)


async def test_gateways_share_a_key(connections):
    first, second = SigningKeys(connections), SigningKeys(connections)
    signing = await first.newest()
    assert await second.newest() == signing
    assert await second.find(signing.kid) == signing
    assert await second.find("none") is None


async def test_the_key_of_yesterday_verifies_and_no_longer_signs(connections, database):
    earlier = await SigningKeys(connections).newest()
    await days_pass(database, 1)

    after = SigningKeys(connections)
    assert (await after.newest()).secret != earlier.secret
    yesterday = await after.find(str(int(earlier.kid) - 1))
    assert yesterday is not None
    assert yesterday.secret == earlier.secret


async def test_older_keys_are_forgotten(connections, database):
    earlier = await SigningKeys(connections).newest()
    await days_pass(database, 2)

    after = SigningKeys(connections)
    assert await after.find(str(int(earlier.kid) - 2)) is None
    assert earlier.secret not in [row["secret"] for row in await database.fetch("SELECT secret FROM signing_keys")]
