"""How hard each directory is searched, from how often its answers turned out to be right."""

import logging
from collections import OrderedDict
from dataclasses import dataclass

_MIN_CHECKS = 20
"""Answers checked before anything follows from them."""
_WINDOW = 200
"""Answers that count; older ones fade."""
_MAX_WIDTH = 8
_MAX_DIRECTORIES = 10_000

Key = tuple[str, str]
"""A directory and a model."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Effort:
    """How hard to search: `width` times the candidates set, or exactly; and what is known of the answers.

    `checked` and `right` count answers compared with exact ones since the effort changed.
    """

    width: int = 1
    exact: bool = False
    checked: float = 0.0
    right: float = 0.0


class Efforts:
    """The effort for each directory and model; a directory never asked about has the least."""

    def __init__(self, lowest_recall: float) -> None:
        self._lowest_recall = lowest_recall
        self._efforts: OrderedDict[Key, Effort] = OrderedDict()

    def of(self, key: Key) -> Effort:
        """Return how hard to search now."""
        return self._efforts.get(key) or Effort()

    def known(self) -> dict[Key, Effort]:
        """Return every directory of which an answer was checked."""
        return dict(self._efforts)

    def note(self, key: Key, *, right: bool) -> None:
        """Count a checked answer, and search harder from now on where too few of the last ones were right."""
        effort = self._efforts.setdefault(key, Effort())
        self._efforts.move_to_end(key)
        while len(self._efforts) > _MAX_DIRECTORIES:
            self._efforts.popitem(last=False)
        fading = 1 - 1 / _WINDOW
        effort.checked, effort.right = fading * effort.checked + 1, fading * effort.right + right
        if effort.checked >= _MIN_CHECKS and effort.right < self._lowest_recall * effort.checked:
            self._search_harder(key, effort)

    def _search_harder(self, key: Key, effort: Effort) -> None:
        found = f"{effort.right / effort.checked:.3f} of {effort.checked:.0f} checked answers were right"
        effort.checked = effort.right = 0.0
        if effort.width < _MAX_WIDTH:
            effort.width *= 2
            _logger.warning("Directory %r: %s; comparing %d times the candidates", key[0], found, effort.width)
        elif not effort.exact:
            effort.exact = True
            _logger.warning("Directory %r: %s; searching it exactly from now on", key[0], found)
