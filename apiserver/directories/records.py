"""The directories and their settings."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from cachetools import TTLCache

from apiserver.access.grants import current_grant
from apiserver.access.limits import Limit
from apiserver.audit import records as audit
from apiserver.biometrics.model import Model
from apiserver.biometrics.recognizability import applied_floor
from apiserver.database.pool import Database, Share
from apiserver.database.session import Connection
from apiserver.directories import tags
from apiserver.directories.settings import DirectorySettings
from apiserver.directories.sizes import DirectorySize, DirectorySizes
from apiserver.directories.thresholds import Applied, apply
from apiserver.keys.usage import Usage
from apiserver.problems import DirectoryNotFound, InvalidSettings
from apiserver.revisions import ALWAYS, Condition

# The settings are read and written as one JSON object, whose keys are the names of the columns.
_COLUMNS = "created_at, updated_at, revision, to_jsonb(directories) AS settings"
_READ = f"SELECT {_COLUMNS} FROM directories WHERE directory = $1"  # noqa: S608
_LOCK = f"{_READ} FOR NO KEY UPDATE"
_MAKE = "INSERT INTO directories (directory) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true"

_IS_THERE = "SELECT EXISTS (SELECT FROM directories WHERE directory = $1)"
_COUNT = "SELECT count(*) FROM directories WHERE $1 OR directory = ANY ($2::text[]) OR directory ^@ ANY ($3::text[])"

_SETTINGS = ", ".join(DirectorySettings.model_fields)
_WRITE = f"""
UPDATE directories
SET ({_SETTINGS}) = (SELECT {_SETTINGS} FROM jsonb_populate_record(NULL::directories, $2)),
    revision = $3, updated_at = now()
WHERE directory = $1
RETURNING created_at, updated_at, revision
"""  # noqa: S608

_MAX_REMEMBERED = 10_000
"""A few hundred bytes each; the one read longest ago is forgotten first."""

_GOOD_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory, its settings, and their revision."""

    settings: DirectorySettings
    created_at: datetime
    updated_at: datetime
    revision: int

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - asyncpg's records have no type
        """Return the directory in a row of `_COLUMNS`."""
        settings = DirectorySettings.model_validate_json(row["settings"])
        return cls(settings, row["created_at"], row["updated_at"], row["revision"])


class SearchTerms(NamedTuple):
    """What a search of a directory depends on: its settings, its size, and the thresholds that follow from both.

    exists: False if the directory did not exist a second ago.
    """

    settings: DirectorySettings
    size: DirectorySize
    applied: Applied
    exists: bool = True


class Directories:
    """The settings of each directory, and the thresholds that follow from them.

    Searches see settings that may be a second old, which saves a round trip; a change made through this gateway is
    seen at once.
    """

    def __init__(
        self,
        database: Database,
        sizes: DirectorySizes,
        default_fpir: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._sizes = sizes
        self._default_fpir = default_fpir
        self._remembered: TTLCache[str, DirectorySettings | None] = TTLCache(_MAX_REMEMBERED, _GOOD_SECONDS, clock)

    async def search_terms(self, directory: str, model: Model, threshold: float | None = None) -> SearchTerms:
        """Return the terms of a search, with its own match threshold if it has one. Raises DatabaseUnavailable."""
        known = await self._known(directory)
        settings = known or DirectorySettings()
        size = await self._sizes.of(directory, model.id)
        applied = apply(model, settings, self._default_fpir, size.faces, threshold)
        return SearchTerms(settings, size, applied, exists=known is not None)

    async def describe(self, directory: str, settings: DirectorySettings, model: Model) -> SearchTerms:
        """Return the terms of a search with these settings, with the people and faces counted now.

        Raises DatabaseUnavailable.
        """
        size = await self._sizes.counted(directory, model.id)
        return SearchTerms(settings, size, apply(model, settings, self._default_fpir, size.faces))

    async def floor(self, directory: str, model: Model) -> float | None:
        """Return the recognizability below which faces are unknown. Raises DatabaseUnavailable."""
        settings = await self._known(directory) or DirectorySettings()
        return applied_floor(model, settings.recognizability_floor)

    async def requires_consent(self, directory: str) -> bool:
        """Return whether only persons with a valid consent are enrolled and named. Raises DatabaseUnavailable."""
        return bool((await self._known(directory) or DirectorySettings()).require_consent)

    async def require(self, directory: str) -> None:
        """Raise DirectoryNotFound if the directory does not exist, or did not a second ago."""
        if await self._known(directory) is None:
            raise DirectoryNotFound

    async def read(self, directory: str) -> Directory:
        """Return a directory as it is now. Raises DirectoryNotFound or DatabaseUnavailable."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_READ, directory)
        found = Directory.of(row) if row else None
        self._remembered[directory] = found.settings if found else None
        if found is None:
            raise DirectoryNotFound
        return found

    async def write(
        self,
        directory: str,
        settings: DirectorySettings,
        condition: Condition = ALWAYS,
        *,
        added_tags: Mapping[str, str] | None = None,
    ) -> tuple[Directory, bool]:
        """Replace all settings of a directory, created if it does not exist; return it, and whether it was created.

        Raises PreconditionFailed, AlreadyExists, InvalidField for too many tags, or DatabaseUnavailable.
        """
        async with self._database.connection() as connection, connection.transaction():
            created = await make_directory(connection, directory)
            known = await _locked(connection, directory)
            condition.check(None if created else known.revision)
            written = await _write(connection, directory, settings, 1 if created else known.revision + 1)
            counts = {"created": int(created)} | _changed(known.settings, settings)
            await audit.record(connection, directory=directory, counts=counts)
            if added_tags:
                await tags.change(connection, directory, added_tags)
        self._remembered[directory] = settings
        return written, created

    async def edit(self, directory: str, changes: dict[str, Any], condition: Condition = ALWAYS) -> Directory:
        """Change some settings, by the names of DirectorySettings, and return the changed directory.

        Raises DirectoryNotFound, PreconditionFailed, InvalidSettings if they exclude each other, and
        DatabaseUnavailable.
        """
        async with self._database.connection() as connection, connection.transaction():
            known = await _locked(connection, directory)
            condition.check(known.revision)
            if not changes:
                return known
            settings = known.settings.model_copy(update=changes)
            if settings.fpir is not None and settings.threshold is not None:
                raise InvalidSettings("fpir and threshold exclude each other: set one, and the other to null.")
            written = await _write(connection, directory, settings, known.revision + 1)
            await audit.record(connection, directory=directory, counts=_changed(known.settings, settings))
        self._remembered[directory] = written.settings
        return written

    def forget(self, directory: str) -> None:
        """Read the settings again when they are needed next."""
        self._remembered.pop(directory, None)

    async def _known(self, directory: str) -> DirectorySettings | None:
        with suppress(KeyError):
            return self._remembered[directory]
        with suppress(DirectoryNotFound):
            return (await self.read(directory)).settings
        return None


async def make_directory(connection: Connection, directory: str) -> bool:
    """Make the directory unless it exists; tell whether it is new."""
    return bool(await connection.fetchval(_MAKE, directory))


async def read_settings(connection: Connection, directory: str) -> DirectorySettings:
    """Return the settings of a directory now, all unset if it does not exist."""
    row = await connection.fetchrow(_READ, directory)
    return Directory.of(row).settings if row else DirectorySettings()


def _changed(before: DirectorySettings, after: DirectorySettings) -> dict[str, int]:
    """Return which settings a change concerns; they decide who is named, and for how long photographs are kept."""
    return {name: 1 for name in DirectorySettings.model_fields if getattr(before, name) != getattr(after, name)}


async def _locked(connection: Connection, directory: str) -> Directory:
    row = await connection.fetchrow(_LOCK, directory)
    if row is None:
        raise DirectoryNotFound
    return Directory.of(row)


async def _write(connection: Connection, directory: str, settings: DirectorySettings, revision: int) -> Directory:
    values = settings.model_dump_json(exclude_none=True)
    return Directory(settings, *await connection.fetchrow(_WRITE, directory, values, revision))


async def require_room(database: Database, usage: Usage, directory: str) -> None:
    """Raise TooManyDirectories if the directory does not exist and the caller may make no more.

    All directories that the caller covers count, including those of other callers. Calls at the same time may exceed
    the limit by their number. Or DatabaseUnavailable.
    """
    grant = current_grant()
    if usage.limit(grant, Limit.DIRECTORIES) is None:
        return
    reach = grant.reach
    async with database.unbound(Share.READS) as connection:  # the caller covers several
        if await connection.fetchval(_IS_THERE, directory):
            return
        count = await connection.fetchval(_COUNT, reach.everywhere, list(reach.names), list(reach.prefixes))
    usage.check_directories(grant, count)
