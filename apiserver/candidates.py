"""Whom of a directory probes resemble, as a request wants it."""

from collections.abc import Sequence
from typing import Protocol

from apiserver.directory_settings import DirectorySettings
from apiserver.faces import Model, Probe, Thresholds
from apiserver.identification import Found, Search
from apiserver.image_store import ImageRow
from apiserver.search_sql import Scoring
from apiserver.state import State
from apiserver.unique_persons import assign_once


class Wanted(Protocol):
    """What a request says about its search."""

    @property
    def directory(self) -> str:
        """Where to search."""

    @property
    def k(self) -> int:
        """How many candidates each probe gets."""

    @property
    def unique_persons(self) -> bool:
        """Whether everyone is somebody's best candidate at most once."""

    @property
    def scoring(self) -> Scoring | None:
        """How a person's samples count; None leaves it to the directory."""


async def candidates_of(
    state: State,
    wanted: Wanted,
    model: Model,
    probes: Sequence[Probe],
    *,
    settings: DirectorySettings,
    thresholds: Thresholds,
    image: ImageRow | None = None,
) -> list[Found]:
    """Return the candidates of each probe in a directory with these settings; the row of an image is written if given.

    Raises DatabaseUnavailable.
    """
    scoring = wanted.scoring or settings.scoring or Scoring.MAX
    others = len(probes) - 1 if wanted.unique_persons else 0  # whom the other probes may take away
    search = Search(wanted.directory, model, wanted.k + max(0, others), thresholds.match, scoring)
    found = await state.identification.identify(search, probes, image)
    state.recall_check.offer(search, probes, found)
    if wanted.unique_persons:
        assigned = assign_once([one.candidates for one in found], thresholds.review)
        found = [Found(candidates[: wanted.k], one.path) for candidates, one in zip(assigned, found, strict=True)]
    return found
