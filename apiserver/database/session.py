"""Connections to PostgreSQL that are bound to a directory, by row-level security."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from apiserver.access.binding import EVERY, Binding, Every
from apiserver.database.quoting import literal

ROLE = "faceserver_directory"
"""The role of bound connections, which row-level security restricts to the rows of one directory."""

# One round trip. The third parameter: whether all end with the transaction.
_BIND = """
SELECT set_config('role', $1, $3), set_config('faceserver.directory', $2, $3), set_config('plan_cache_mode', $4, $3),
    set_config('enable_seqscan', $5, $3), set_config('max_parallel_workers_per_gather', $6, $3)
"""

# Only SET LOCAL reaches the shards, and each statement opens their connections with the role of this one.
_BIND_SHARDS = (
    "SET LOCAL citus.propagate_set_commands = 'local'; SET LOCAL ROLE {}; SET LOCAL faceserver.directory = {}"
)

# A plan for any directory must not scan a partition, where another directory may have a million rows, or start workers.
PLANNED_ONCE = ("force_generic_plan", "off", "0")

Connection = asyncpg.Connection


class Session(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that remembers what it is bound to, and whether it plans once; None for what is not known.

    can_bind: whether the role of bound connections may be used. planning: the server's settings of plans.
    is_distributed: whether the tables are spread over the servers of Citus.
    """

    can_bind = False
    is_distributed = False
    planning: tuple[str, str, str] = PLANNED_ONCE
    bound_to: tuple[Binding, bool] | None = (EVERY, False)

    async def bind(self, binding: Binding, *, plans_once: bool) -> None:
        """Bind the connection, unless it is bound so."""
        if self.bound_to != (binding, plans_once) and self.can_bind:
            self.bound_to = None  # until the answer has arrived: the statement may be cancelled
            planning = PLANNED_ONCE if plans_once else self.planning
            await self.fetchrow(_BIND, *_role_and_directory(binding), False, *planning)
            self.bound_to = (binding, plans_once)

    async def bind_transaction(self, binding: Binding) -> None:
        """Bind the connection until its transaction ends, and turn JIT compilation off."""
        await self.execute("SET LOCAL jit = off")
        if isinstance(binding, Every) or not self.can_bind:
            return
        if self.is_distributed:
            await self.bind_shards(binding)
        else:
            await self.fetchrow(_BIND, *_role_and_directory(binding), True, *self.planning)

    async def bind_shards(self, binding: str | None) -> None:
        """Bind the connection, and those that it opens to shards, until its transaction ends."""
        await self.execute(_BIND_SHARDS.format(ROLE, literal(binding or "")))

    async def reset(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's
        """Reset the session, also to all directories."""
        self.bound_to = None
        await super().reset(timeout=timeout)


def _role_and_directory(binding: Binding) -> tuple[str, str]:
    """Return the values of the two settings; no directory has an empty name."""
    return ("none", "") if isinstance(binding, Every) else (ROLE, binding or "")


@asynccontextmanager
async def bound_shards(connection: Session, binding: Binding, isolation: Mapping[str, Any]) -> AsyncIterator[None]:
    """Bind a connection of a distributed database for the block, which is a transaction if anything is bound."""
    directory = EVERY if not connection.can_bind else binding
    if isinstance(directory, Every) and not isolation:
        yield
        return
    async with connection.transaction(**isolation):
        if not isinstance(directory, Every):
            await connection.bind_shards(directory)
        yield
