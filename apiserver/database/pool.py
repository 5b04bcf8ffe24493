"""The pool of connections to PostgreSQL, and how they are shared out."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from enum import StrEnum
from typing import Any, NamedTuple

import asyncpg

from apiserver.access.binding import EVERY, Binding, bound_directory
from apiserver.database.errors import PROBLEM_OF_ERROR, problem_of
from apiserver.database.schema import require_schema
from apiserver.database.session import bound_shards
from apiserver.problems import DatabaseBusy

_SNAPSHOT: Mapping[str, Any] = {"isolation": "repeatable_read", "readonly": True}
_READ_COMMITTED: Mapping[str, Any] = {"isolation": "read_committed"}
_DEFAULT_ISOLATION: Mapping[str, Any] = {}


class Share(StrEnum):
    """The purposes for which the connections are shared out, so that none of them takes all.

    recognition: recognition, enrolment, and whatever has no other share. reads: lists and other answers that only show
    rows. long: work that may hold a connection for minutes, such as deletions, merges, snapshots, and index builds.
    """

    RECOGNITION = "recognition"
    READS = "reads"
    LONG = "long"


def share_limits(pool_size: int) -> dict[Share, int]:
    """Return the maximum number of connections of each share; recognition leaves one more than those of the reads."""
    reads = max(1, pool_size // 4)
    return {
        Share.RECOGNITION: max(1, pool_size - reads - 1),
        Share.READS: reads,
        Share.LONG: max(1, pool_size // 3),
    }


Waited = Callable[[Share, float], object]
"""Called with the share and the seconds that a caller waited for a connection."""


class PoolUse(NamedTuple):
    """Number of open connections, of idle ones among them, and the maximum."""

    open: int
    idle: int
    limit: int


class Pooler(StrEnum):
    """What is between this process and PostgreSQL, such as PgBouncer, and what it shares out among its clients.

    none: nothing. session: a pooler that keeps a connection for a client. transaction: one that gives each transaction
    another connection, so that nothing outlives a transaction: neither settings nor prepared statements.
    """

    NONE = "none"
    SESSION = "session"
    TRANSACTION = "transaction"


class Database:
    """Connections to one database, opened on demand; the database need not be reachable at the start."""

    def __init__(
        self, pool: asyncpg.Pool, timeout_seconds: float, waited: Waited, pooler: Pooler = Pooler.NONE
    ) -> None:
        self._pool = pool
        self._pooler = pooler
        self.timeout_seconds = timeout_seconds
        self._waited = waited
        self._slots = {share: asyncio.Semaphore(limit) for share, limit in share_limits(pool.get_max_size()).items()}

    def connection(
        self, share: Share = Share.RECOGNITION, *, plans_once: bool = False
    ) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection of a share, which sees only the rows of the directory that the current task is bound to.

        plans_once: each statement keeps its first plan, whatever its parameters, and reads tables by their indexes.
        To plan a small statement over all partitions of `faces` takes longer than to run it.
        Translates errors of asyncpg raised in the block into problems. A caller that holds a connection must not wait
        for a second one of the same share. Raises DatabaseBusy if all connections of the share stay in use.
        """
        return self._acquired(share, bound_directory(), plans_once=plans_once)

    def transaction(
        self, share: Share = Share.RECOGNITION, *, plans_once: bool = False
    ) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection as `connection` does, in a transaction, which is rolled back if the block raises."""
        return self._acquired(share, bound_directory(), plans_once=plans_once, isolation=_READ_COMMITTED)

    def unbound(self, share: Share = Share.RECOGNITION) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection that sees the rows of all directories, as `connection` does.

        For statements that cross directories by their nature. What they find must not reach a caller unchecked.
        """
        return self._acquired(share, EVERY)

    def snapshot(self, share: Share = Share.LONG) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """Yield a connection as `connection` does, in a transaction that only reads, and sees no later changes."""
        return self._acquired(share, bound_directory(), isolation=_SNAPSHOT)

    @asynccontextmanager
    async def _acquired(
        self,
        share: Share,
        binding: Binding,
        *,
        plans_once: bool = False,
        isolation: Mapping[str, Any] = _DEFAULT_ISOLATION,
    ) -> AsyncIterator[asyncpg.Connection]:
        begun = time.perf_counter()
        try:
            async with self._slot(share), self._pool.acquire(timeout=self.timeout_seconds) as connection:
                self._waited(share, time.perf_counter() - begun)
                if self._pooler is Pooler.TRANSACTION:
                    async with connection.transaction(**isolation):
                        await connection.bind_transaction(binding)
                        yield connection
                elif connection.is_distributed:
                    async with bound_shards(connection, binding, isolation):
                        yield connection
                else:
                    await connection.bind(binding, plans_once=plans_once)
                    async with connection.transaction(**isolation) if isolation else nullcontext():
                        yield connection
        except (asyncpg.PostgresError, *PROBLEM_OF_ERROR) as error:
            raise problem_of(error) from error

    @asynccontextmanager
    async def _slot(self, share: Share) -> AsyncIterator[None]:
        slots = self._slots[share]
        if slots.locked():
            try:
                async with asyncio.timeout(self.timeout_seconds):
                    await slots.acquire()
            except TimeoutError as error:
                raise DatabaseBusy("Too many requests of this kind use the database; retry later.") from error
        else:  # a timer would cost more than what it guards
            await slots.acquire()
        try:
            yield
        finally:
            slots.release()

    @property
    def keeps_sessions(self) -> bool:
        """Whether what is done on a connection is committed before the connection is given back."""
        return self._pooler is not Pooler.TRANSACTION

    @property
    def hold_seconds(self) -> float:
        """Maximum time to hold row locks that others wait for: half of the statement timeout."""
        return self.timeout_seconds / 2

    def use(self) -> PoolUse:
        """Return the state of the connection pool."""
        return PoolUse(self._pool.get_size(), self._pool.get_idle_size(), self._pool.get_max_size())

    async def check_schema(self) -> None:
        """Raise DatabaseUnavailable unless pgvector and the schema are recent enough."""
        async with self.unbound() as connection:
            await require_schema(connection)
