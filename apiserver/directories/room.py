"""How many directories a key may have."""

from apiserver.access.grants import current_grant
from apiserver.access.limits import Limit
from apiserver.database import Database, Share
from apiserver.keys.usage import Usage

_EXISTS = "SELECT EXISTS (SELECT FROM directories WHERE directory = $1)"

_COUNT = "SELECT count(*) FROM directories WHERE $1 OR directory = ANY ($2::text[]) OR directory ^@ ANY ($3::text[])"


async def require_room(database: Database, usage: Usage, directory: str) -> None:
    """Raise TooManyDirectories if the directory does not exist and the caller may make no more.

    Those that the caller covers count, whoever made them. Several calls at the same time may make as many too many.
    Or DatabaseUnavailable.
    """
    grant = current_grant()
    if usage.limit(grant, Limit.DIRECTORIES) is None:
        return
    reach = grant.reach
    async with database.unbound(Share.READS) as connection:  # the caller covers several
        if await connection.fetchval(_EXISTS, directory):
            return
        count = await connection.fetchval(_COUNT, reach.everywhere, list(reach.names), list(reach.prefixes))
    usage.check_directories(grant, count)
