"""Turns: a long job lets those of other directories run, if any wait, and continues behind them.

Jobs of a kind run in the order of their turns, by start-time fair queuing (Goyal, Vin and Cheng, "Start-time fair
queuing", SIGCOMM 1996): a job joins behind the running ones, and a directory's next job, or the rest of a long one,
counts one turn more. A directory with many jobs, or a long one, thus delays others by one turn. The turn is the
negative of procrastinate's priority, by which it orders jobs.
"""

import time

from apiserver.database.pool import Database

# Of the directory's other jobs, which wait under the same lock, the order must not change.
_COUNT = """
UPDATE procrastinate_jobs AS queue SET priority = queue.priority - 1 FROM procrastinate_jobs AS own
WHERE own.id = $1 AND (queue.id = own.id OR queue.lock = own.lock AND queue.status = 'todo')
"""

# As procrastinate chooses the next job, without those that wait for another job of their directory.
_OTHERS_WAIT = """
SELECT EXISTS (
    SELECT FROM procrastinate_jobs AS own JOIN procrastinate_jobs AS other USING (queue_name)
    WHERE own.id = $1 AND other.status = 'todo' AND (other.scheduled_at IS NULL OR other.scheduled_at <= now())
    AND (other.priority, -other.id) > (own.priority, -own.id)
    AND NOT EXISTS (SELECT FROM procrastinate_jobs AS running WHERE running.lock = other.lock AND status = 'doing')
)
"""


class TurnOver(Exception):
    """The job has had its turn and is not done; it waits for the next one."""


class Turn:
    """The turn of a running job. It lasts for `seconds`, and is extended as long as no other job waits.

    It begins with the first question whether it is over, so that a job whose preparations are long still gets on.
    """

    def __init__(self, database: Database, number: int, seconds: float) -> None:
        self._database = database
        self._number = number
        self._seconds = seconds
        self._ends_at: float | None = None
        self._is_over = False

    async def is_over(self) -> bool:
        """Return whether the job has to stop; it may ask as often as convenient. Raises DatabaseUnavailable."""
        now = time.monotonic()
        if self._ends_at is None:
            self._ends_at = now + self._seconds
        elif not self._is_over and now >= self._ends_at:
            self._is_over, self._ends_at = await self._count(), now + self._seconds
        return self._is_over

    async def _count(self) -> bool:
        """Count the turn, and return whether others wait for theirs."""
        async with self._database.connection() as connection:
            await connection.execute(_COUNT, self._number)
            return bool(await connection.fetchval(_OTHERS_WAIT, self._number))
