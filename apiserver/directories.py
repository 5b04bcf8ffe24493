"""The directories and their settings. The SQL stands beside the function that runs it."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, NamedTuple, Self

from apiserver.database import Connection, Database
from apiserver.directory_settings import DirectorySettings, QualitySettings
from apiserver.directory_sizes import DirectorySize, DirectorySizes
from apiserver.faces import Model
from apiserver.open_set import Applied, apply
from apiserver.problems import DirectoryNotFound, InvalidSettings
from apiserver.revisions import ALWAYS, Condition
from apiserver.search_sql import Scoring

_SETTINGS = """
fpir, threshold, threshold_model, scoring, recognized_retention_seconds, unseen_retention_days, quality
"""

_READ = f"SELECT created_at, updated_at, revision, {_SETTINGS} FROM directories WHERE directory = $1"  # noqa: S608
_LOCK = f"{_READ} FOR NO KEY UPDATE"
_MAKE = "INSERT INTO directories (directory) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true"

_WRITE = f"""
UPDATE directories
SET ({_SETTINGS}, revision, updated_at) = ($2, $3, $4, $5, $6, $7, $8, $9, now())
WHERE directory = $1
RETURNING created_at, updated_at, revision, {_SETTINGS}
"""  # noqa: S608

_MOST_REMEMBERED = 10_000
"""Some hundred bytes each; the one read longest ago is forgotten first."""

_GOOD_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory, what was set for it, and the revision of that."""

    settings: DirectorySettings
    created_at: datetime
    updated_at: datetime
    revision: int

    @classmethod
    def of(cls, row: Any) -> Self:  # noqa: ANN401 - asyncpg's records have no type
        """Return the directory in a row of `_READ`."""
        created_at, updated_at, revision, fpir, threshold, model, scoring, recognized, unseen, quality = row
        settings = DirectorySettings(
            fpir,
            threshold,
            model,
            Scoring(scoring) if scoring else None,
            recognized,
            unseen,
            QualitySettings.model_validate_json(quality) if quality else None,
        )
        return cls(settings, created_at, updated_at, revision)


class _Remembered(NamedTuple):
    settings: DirectorySettings | None
    good_until: float


class Directories:
    """What was set for each directory, and the thresholds that follow from it.

    Recognition sees settings that may be a second old, so that it costs no round trip of its own; a change made
    through this gateway is seen at once.
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
        self._now = clock
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()

    async def applied(self, directory: str, model: Model, requested: float | None = None) -> Applied:
        """Return the thresholds for a search now, `requested` being the request's own. Raises DatabaseUnavailable."""
        size = await self._sizes.of(directory, model.id)
        return apply(model, await self.settings(directory), self._default_fpir, size.faces, requested)

    async def size(self, directory: str, model: Model) -> DirectorySize:
        """Count the people and faces of the model. Raises DatabaseUnavailable."""
        return await self._sizes.counted(directory, model.id)

    async def settings(self, directory: str) -> DirectorySettings:
        """Return what was set for a directory, nothing where there is no such one. Raises DatabaseUnavailable."""
        return await self._known(directory) or DirectorySettings()

    async def require(self, directory: str) -> None:
        """Raise DirectoryNotFound where there is no such directory, or was none a second ago."""
        if await self._known(directory) is None:
            raise DirectoryNotFound

    async def read(self, directory: str) -> Directory:
        """Return a directory as it is now. Raises DirectoryNotFound or DatabaseUnavailable."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_READ, directory)
        found = Directory.of(row) if row else None
        self._remember(directory, found.settings if found else None)
        if found is None:
            raise DirectoryNotFound
        return found

    async def write(
        self, directory: str, settings: DirectorySettings, condition: Condition = ALWAYS
    ) -> tuple[Directory, bool]:
        """Replace all settings of a directory; return it, and whether it was missing and has been made.

        Raises PreconditionFailed or DatabaseUnavailable.
        """
        async with self._database.connection() as connection, connection.transaction():
            created = bool(await connection.fetchval(_MAKE, directory))
            known = await _locked(connection, directory)
            condition.check(None if created else known.revision)
            written = await _write(connection, directory, settings, 1 if created else known.revision + 1)
        self._remember(directory, settings)
        return written, created

    async def edit(self, directory: str, changes: dict[str, Any], condition: Condition = ALWAYS) -> Directory:
        """Change some settings, by the names of DirectorySettings, and return the directory as it is then.

        Raises DirectoryNotFound, PreconditionFailed, InvalidSettings where they exclude each other, and
        DatabaseUnavailable.
        """
        async with self._database.connection() as connection, connection.transaction():
            known = await _locked(connection, directory)
            condition.check(known.revision)
            if not changes:
                return known
            settings = replace(known.settings, **changes)
            if settings.fpir is not None and settings.threshold is not None:
                raise InvalidSettings("fpir and threshold exclude each other: set one, and the other to null.")
            written = await _write(connection, directory, settings, known.revision + 1)
        self._remember(directory, written.settings)
        return written

    def forget(self, directory: str) -> None:
        """Have what is remembered read anew."""
        self._remembered.pop(directory, None)

    async def _known(self, directory: str) -> DirectorySettings | None:
        remembered = self._remembered.get(directory)
        if remembered and self._now() < remembered.good_until:
            self._remembered.move_to_end(directory)
            return remembered.settings
        try:
            return (await self.read(directory)).settings
        except DirectoryNotFound:
            return None

    def _remember(self, directory: str, settings: DirectorySettings | None) -> None:
        self._remembered[directory] = _Remembered(settings, self._now() + _GOOD_SECONDS)
        self._remembered.move_to_end(directory)
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)


async def read_settings(connection: Connection, directory: str) -> DirectorySettings:
    """Return what is set for a directory now, nothing where there is no such one."""
    row = await connection.fetchrow(_READ, directory)
    return Directory.of(row).settings if row else DirectorySettings()


async def _locked(connection: Connection, directory: str) -> Directory:
    row = await connection.fetchrow(_LOCK, directory)
    if row is None:
        raise DirectoryNotFound
    return Directory.of(row)


async def _write(connection: Connection, directory: str, settings: DirectorySettings, revision: int) -> Directory:
    *columns, quality = (getattr(settings, field.name) for field in fields(settings))
    written = quality.model_dump_json(exclude_none=True) if quality else None
    return Directory.of(await connection.fetchrow(_WRITE, directory, *columns, written, revision))
