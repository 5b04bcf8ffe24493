"""Background comparison of approximate answers with exact ones, to detect directories whose search misses persons."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from apiserver.faces import Probe
from apiserver.identification import Found, Identification, Search
from apiserver.problems import Problem
from apiserver.search_effort import Efforts
from apiserver.search_paths import Path

_TIE = 1e-3
"""Precision of similarities of float16 embeddings: below this difference, the order of two persons is arbitrary."""
_REST = 100
"""Pause after a check, in multiples of its duration, so that checks use at most a hundredth of one connection."""

_logger = logging.getLogger(__name__)


class RecallCheck:
    """Checks a share of the answers, one at a time."""

    def __init__(self, identification: Identification, efforts: Efforts, share: float) -> None:
        self.efforts = efforts
        self.verdicts: Counter[tuple[Path, bool]] = Counter()
        """Number of correct (True) and wrong (False) answers by search path."""
        self._identification = identification
        self._share = share
        self._waiting: asyncio.Queue[tuple[Search, Probe, Found]] = asyncio.Queue(maxsize=1)

    def offer(self, search: Search, faces: Sequence[Probe], found: Sequence[Found]) -> None:
        """Queue a random approximate answer of a photograph for a check, with the configured probability, if idle."""
        inexact = [(face, answer) for face, answer in zip(faces, found, strict=True) if answer.path is not Path.EXACT]
        if inexact and random.random() < self._share:  # noqa: S311 - a sample, not a secret
            with suppress(asyncio.QueueFull):
                self._waiting.put_nowait((search, *random.choice(inexact)))  # noqa: S311

    async def run(self) -> None:
        """Check the queued answers until cancelled."""
        while True:
            search, face, found = await self._waiting.get()
            begun = asyncio.get_running_loop().time()
            try:
                await self.check(search, face, found)
            except Problem as problem:
                _logger.debug("Not checked: %s", problem)
            await asyncio.sleep(_REST * (asyncio.get_running_loop().time() - begun))

    async def check(self, search: Search, face: Probe, found: Found) -> None:
        """Compare an answer with the exact one. Answers for strangers are not counted, as they cannot miss anybody."""
        exact = await self._identification.exactly(search, face)
        if not exact.candidates or exact.candidates[0].similarity < search.match:
            return
        best = found.candidates[0].similarity if found.candidates else -1.0
        right = best >= exact.candidates[0].similarity - _TIE
        self.verdicts[found.path, right] += 1
        self.efforts.note((search.directory, search.model.id), right=right)
