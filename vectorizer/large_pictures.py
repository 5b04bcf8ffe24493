"""One lane is left for smaller pictures, however many large ones there are."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vectorizer.problems import DeadlineExceeded


class LargePictures:
    """Turns of pictures with more than half of the pixels that one may have.

    Each takes a lane for seconds and most of the memory that a lane may use, so they get all lanes but one.
    """

    def __init__(self, lanes: int) -> None:
        self._turns = asyncio.Semaphore(max(lanes - 1, 1))

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """Hold a turn during the block, after those who came before.

        deadline: on the clock of `time.monotonic`. Raises DeadlineExceeded.
        """
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                await self._turns.acquire()
        except TimeoutError as error:
            raise DeadlineExceeded from error
        try:
            yield
        finally:
            self._turns.release()
