"""The directories and their settings. The SQL stands beside the function that runs it."""

import asyncio
from collections import OrderedDict
from typing import NamedTuple

from apiserver.database import Database
from apiserver.directory_sizes import DirectorySize, DirectorySizes
from apiserver.faces import Model
from apiserver.open_set import Applied, DirectorySettings, apply

_READ = "SELECT fpir, threshold, threshold_model FROM directories WHERE directory = $1"

_WRITE = """
INSERT INTO directories (directory, fpir, threshold, threshold_model) VALUES ($1, $2, $3, $4)
ON CONFLICT (directory) DO UPDATE
SET fpir = excluded.fpir, threshold = excluded.threshold, threshold_model = excluded.threshold_model
RETURNING xmax = 0 -- a row that was only updated has been locked by this transaction
"""

_MOST_REMEMBERED = 10_000
"""Some hundred bytes each; the one read longest ago is forgotten first."""

_GOOD_SECONDS = 1.0


class _Remembered(NamedTuple):
    settings: DirectorySettings
    good_until: float


class Directories:
    """What was set for each directory, and the thresholds that follow from it.

    Recognition sees settings that may be a second old, so that it costs no round trip of its own; a change made
    through this gateway is seen at once.
    """

    def __init__(self, database: Database, sizes: DirectorySizes, default_fpir: float) -> None:
        self._database = database
        self._sizes = sizes
        self._default_fpir = default_fpir
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()

    async def applied(self, directory: str, model: Model, requested: float | None = None) -> Applied:
        """Return the thresholds for a search now, `requested` being the request's own. Raises DatabaseUnavailable."""
        size = await self._sizes.of(directory, model.id)
        return apply(model, await self._settings(directory), self._default_fpir, size.faces, requested)

    async def size(self, directory: str, model: Model) -> DirectorySize:
        """Return how many people and faces of the model there are. Raises DatabaseUnavailable."""
        return await self._sizes.of(directory, model.id)

    async def read(self, directory: str) -> DirectorySettings | None:
        """Return what was set for a directory, None where there is no such one. Raises DatabaseUnavailable."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_READ, directory)
        settings = DirectorySettings(*row) if row else None
        self._remember(directory, settings or DirectorySettings())
        return settings

    async def write(self, directory: str, settings: DirectorySettings) -> bool:
        """Replace all settings of a directory, which is made where it is missing; tell whether it was."""
        async with self._database.connection() as connection:
            created: bool = await connection.fetchval(
                _WRITE, directory, settings.fpir, settings.threshold, settings.threshold_model
            )
        self._remember(directory, settings)
        return created

    async def _settings(self, directory: str) -> DirectorySettings:
        remembered = self._remembered.get(directory)
        if remembered and _now() < remembered.good_until:
            self._remembered.move_to_end(directory)
            return remembered.settings
        return await self.read(directory) or DirectorySettings()

    def _remember(self, directory: str, settings: DirectorySettings) -> None:
        self._remembered[directory] = _Remembered(settings, _now() + _GOOD_SECONDS)
        self._remembered.move_to_end(directory)
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def _now() -> float:
    return asyncio.get_running_loop().time()
