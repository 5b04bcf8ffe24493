"""Receives from the database which keys changed, and knows for how long nothing can have been missed."""

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

import asyncpg

from apiserver.keys.records import CHANGED

MAX_SILENCE_SECONDS = 0.9
"""Later, a change may have been missed. With the time of a message, revocation holds within one second."""

_BEAT_SECONDS = 0.25
_RETRY_SECONDS = 0.5
_POOLED_RETRY_SECONDS = 60.0
_APART = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)

_logger = logging.getLogger(__name__)


class Listener:
    """A connection that only listens.

    PostgreSQL delivers what it has to tell before it answers the next statement of the connection. An answer therefore
    shows that every change before the question has been heard.
    """

    def __init__(self, dsn: str, *, on_change: Callable[[str], None], on_start: Callable[[], None]) -> None:
        """on_change: called with the id of a key. on_start: called when listening begins; changes were missed."""
        self._dsn = dsn
        self._on_change = on_change
        self._on_start = on_start
        self._certain_until = 0.0

    def is_certain(self) -> bool:
        """Tell whether every change up to less than a second ago has been heard."""
        return monotonic() < self._certain_until

    async def run(self) -> None:
        """Listen until cancelled."""
        reported = ""
        while True:
            pause = _RETRY_SECONDS
            try:
                pause = await self._listen()
            except _APART as error:
                if self._certain_until or reported != repr(error):  # one line for each outage, not two a second
                    reported = repr(error)
                    _logger.warning(
                        "Changes of keys are not heard, so each key is looked up every second: %s", reported
                    )
            self._certain_until = 0.0
            await asyncio.sleep(pause)

    async def _listen(self) -> float:
        connection = await asyncpg.connect(
            self._dsn, timeout=5, statement_cache_size=0, server_settings={"application_name": "apiserver-keys"}
        )
        try:
            if await connection.fetchval("SELECT pg_backend_pid()") != connection.get_server_pid():
                _logger.warning("A connection pooler passes no changes of keys on; each key is looked up every second.")
                return _POOLED_RETRY_SECONDS
            await connection.add_listener(CHANGED, lambda *heard: self._on_change(str(heard[-1])))
            self._on_start()
            while True:
                asked = monotonic()
                await connection.fetchval("SELECT 1", timeout=MAX_SILENCE_SECONDS)
                self._certain_until = asked + MAX_SILENCE_SECONDS
                await asyncio.sleep(_BEAT_SECONDS)
        finally:
            connection.terminate()
