"""Background comparison of approximate answers with exact ones, to detect directories whose search misses persons."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from apiserver.biometrics.face import Embedding
from apiserver.problems import Problem
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search, SearchResult
from apiserver.search.planning import Path

_TIE = 1e-3
"""Precision of similarities of float16 embeddings: below this difference, the order of two persons is arbitrary."""
_PAUSE = 100
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
        self._waiting: asyncio.Queue[tuple[Search, Embedding, SearchResult]] = asyncio.Queue(maxsize=1)

    def offer(self, search: Search, probes: Sequence[Embedding], results: Sequence[SearchResult]) -> None:
        """Queue one of a photograph's approximate answers, chosen by chance, unless another is being checked."""
        inexact = [pair for pair in zip(probes, results, strict=True) if pair[1].path is not Path.EXACT]
        if inexact and random.random() < self._share:  # noqa: S311 - a sample, not a secret
            with suppress(asyncio.QueueFull):
                self._waiting.put_nowait((search, *random.choice(inexact)))  # noqa: S311

    async def run(self) -> None:
        """Check the queued answers until cancelled."""
        while True:
            search, probe, result = await self._waiting.get()
            begun = asyncio.get_running_loop().time()
            try:
                await self.check(search, probe, result)
            except Problem as problem:
                _logger.debug("Not checked: %s", problem)
            await asyncio.sleep(_PAUSE * (asyncio.get_running_loop().time() - begun))

    async def check(self, search: Search, probe: Embedding, result: SearchResult) -> None:
        """Compare an answer with the exact one; the answer about a stranger does not count, since it misses nobody."""
        exact = await self._identification.exactly(search, probe)
        if not exact.candidates or exact.candidates[0].similarity < search.match:
            return
        best = result.candidates[0].similarity if result.candidates else -1.0
        right = best >= exact.candidates[0].similarity - _TIE
        self.verdicts[result.path, right] += 1
        self.efforts.note((search.directory, search.model.id), right=right)
