"""The sessions of browsers: made of a key or a token, and known by a cookie."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from apiserver.access.grants import Grant
from apiserver.access.sessions import SessionCookie
from apiserver.audit import records as audit
from apiserver.database.pool import Database, Share
from apiserver.keys import session_records
from apiserver.keys.known import Known
from apiserver.keys.records import now
from apiserver.keys.session_records import SessionRecord
from apiserver.settings.settings import Settings


class Sessions:
    """Starts, knows and ends sessions. Raises what Database raises."""

    def __init__(self, database: Database, settings: Settings, is_certain: Callable[[], bool]) -> None:
        self._database = database
        self._idle = timedelta(seconds=settings.session_idle_seconds)
        self._longest = timedelta(seconds=settings.session_seconds)
        self._known: Known[SessionRecord] = Known(database, is_certain, partial(session_records.find, idle=self._idle))
        self._used: set[str] = set()

    async def start(self, grant: Grant) -> tuple[SessionCookie, SessionRecord]:
        """Store a session of what a key or a token gave."""
        cookie = SessionCookie.new()
        async with self._database.unbound() as connection, connection.transaction():
            record = await session_records.create(connection, cookie.id, grant, longest=self._longest, idle=self._idle)
            await audit.record(connection, subject=grant.subject)
        return cookie, record

    async def find(self, cookie: SessionCookie) -> SessionRecord | None:
        """Return the session with this cookie; None if there is none, or if it has ended."""
        held = self._known.held(cookie.id)
        if held is not None and not held.is_usable(now(), self._idle):
            self._known.changed(cookie.id)  # another gateway may have seen it since
            held = None
        found = held or await self._known.find(cookie.id)
        if found is not None:
            self._used.add(found.id)
        return found

    def is_new(self, cookie: SessionCookie) -> bool:
        """Tell whether memory has nothing about the session, however old."""
        return self._known.is_new(cookie.id)

    async def end(self, cookie: SessionCookie) -> None:
        """End a session, if there is one, within a second on every gateway."""
        async with self._database.unbound() as connection, connection.transaction():
            if subject := await session_records.end(connection, cookie.id):
                await audit.record(connection, subject=subject)
        self._known.changed(cookie.id)

    def changed(self, session_id: str) -> None:
        """Forget a session that ended."""
        self._known.changed(session_id)

    def forget(self) -> None:
        """Trust nothing that memory has."""
        self._known.forget()

    async def record_uses(self) -> None:
        """Store when sessions were used."""
        used, self._used = self._used, set()
        if not used:
            return
        try:
            async with self._database.unbound(Share.READS) as connection:
                await session_records.note_uses(connection, sorted(used))
        except BaseException:
            self._used |= used
            raise
