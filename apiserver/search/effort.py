"""The search effort of each directory, adapted to the share of correct answers."""

import logging
from dataclasses import dataclass

from cachetools import FIFOCache

_MIN_CHECKS = 20
"""Minimum number of checked answers before the effort is changed."""
_WINDOW = 200
"""Number of checked answers that count; older ones are weighted less."""
_MAX_WIDTH = 8
_MAX_DIRECTORIES = 10_000
"""Directories whose effort is remembered; the one checked longest ago is forgotten first."""

Key = tuple[str, str]
"""Directory and model."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Effort:
    """The search effort: `width` is a factor of the number of candidates; `exact` means an exact search.

    checked, right: weighted numbers of checked and of correct answers since the effort changed.
    """

    width: int = 1
    exact: bool = False
    checked: float = 0.0
    right: float = 0.0


class Efforts:
    """The effort for each directory and model; the minimum if none of its answers was checked."""

    def __init__(self, lowest_recall: float) -> None:
        self._lowest_recall = lowest_recall
        self._efforts: FIFOCache[Key, Effort] = FIFOCache(_MAX_DIRECTORIES)

    def of(self, key: Key) -> Effort:
        """Return the current effort."""
        return self._efforts.get(key) or Effort()

    def known(self) -> dict[Key, Effort]:
        """Return the efforts of all directories with a checked answer."""
        return dict(self._efforts)

    def note(self, key: Key, *, right: bool) -> None:
        """Count a checked answer; increase the effort if too few recent answers were correct."""
        effort = self._efforts[key] = self.of(key)  # setting it again makes it the last one to be forgotten
        fading = 1 - 1 / _WINDOW
        effort.checked, effort.right = fading * effort.checked + 1, fading * effort.right + right
        if effort.checked >= _MIN_CHECKS and effort.right < self._lowest_recall * effort.checked:
            self._search_harder(key, effort)

    def _search_harder(self, key: Key, effort: Effort) -> None:
        share = f"a share of {effort.right / effort.checked:.3f} of {effort.checked:.0f} checked answers was correct"
        effort.checked = effort.right = 0.0
        if effort.width < _MAX_WIDTH:
            effort.width *= 2
            _logger.warning("Directory %r: %s; now %d times the candidates are compared", key[0], share, effort.width)
        elif not effort.exact:
            effort.exact = True
            _logger.warning("Directory %r: %s; now it is searched exactly", key[0], share)
