"""Compares some answers with exact ones, beside the requests, and notices a directory whose search misses people."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from apiserver.faces import Embedding
from apiserver.identification import Identification, Search, SearchResult
from apiserver.problems import Problem
from apiserver.search_effort import Efforts
from apiserver.search_paths import Path

_TIE = 1e-3
"""Similarities of halves: nearer than this, either of two people may come first."""
_REST = 100
"""After a check, so many times its duration passes without one: they take a hundredth of one connection at most."""

_logger = logging.getLogger(__name__)


class RecallCheck:
    """Takes up a share of the answers, at most one at a time."""

    def __init__(self, identification: Identification, efforts: Efforts, share: float) -> None:
        self.efforts = efforts
        self.verdicts: Counter[tuple[Path, bool]] = Counter()
        """How many answers of each path were right, and how many not."""
        self._identification = identification
        self._share = share
        self._waiting: asyncio.Queue[tuple[Search, Embedding, SearchResult]] = asyncio.Queue(maxsize=1)

    def offer(self, search: Search, probes: Sequence[Embedding], results: Sequence[SearchResult]) -> None:
        """Have one of a photograph's answers checked, if it is its turn and nothing else is being checked."""
        inexact = [pair for pair in zip(probes, results, strict=True) if pair[1].path is not Path.EXACT]
        if inexact and random.random() < self._share:  # noqa: S311 - a sample, not a secret
            with suppress(asyncio.QueueFull):
                self._waiting.put_nowait((search, *random.choice(inexact)))  # noqa: S311

    async def run(self) -> None:
        """Check what is offered, until cancelled."""
        while True:
            search, probe, result = await self._waiting.get()
            begun = asyncio.get_running_loop().time()
            try:
                await self.check(search, probe, result)
            except Problem as problem:
                _logger.debug("Not checked: %s", problem)
            await asyncio.sleep(_REST * (asyncio.get_running_loop().time() - begun))

    async def check(self, search: Search, probe: Embedding, result: SearchResult) -> None:
        """Compare an answer with the exact one. That of a stranger tells nothing: it misses nobody."""
        exact = await self._identification.exactly(search, probe)
        if not exact.candidates or exact.candidates[0].similarity < search.match:
            return
        best = result.candidates[0].similarity if result.candidates else -1.0
        right = best >= exact.candidates[0].similarity - _TIE
        self.verdicts[result.path, right] += 1
        self.efforts.note((search.directory, search.model.id), right=right)
