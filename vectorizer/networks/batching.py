"""Joins runs of many threads into batches, without which a GPU is mostly idle."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import numpy as np
from numpy.typing import NDArray

from vectorizer.networks.sessions import Session

Outputs = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class _Run:
    """The rows of one caller."""

    rows: NDArray[np.float32]
    outcome: Future[Outputs] = field(default_factory=Future)


class BatchingSession:
    """Wraps a session and joins the runs of many threads into batches.

    One thread owns the wrapped session. A batch has rows of one shape; it is complete with `sizes[-1]` rows, or
    `wait_seconds` after its first row, and is padded to the next of `sizes`, so that a device sees few shapes and
    its memory stays flat. If a batch fails, only its callers fail.
    """

    def __init__(
        self,
        session: Session,
        sizes: Sequence[int],
        wait_seconds: float,
        on_batch: Callable[[int], object] = lambda _: None,
    ) -> None:
        """sizes: the numbers of rows a batch may have, ascending. on_batch: gets the number of rows of each batch."""
        self.outputs: tuple[str, ...] = session.outputs
        self._session = session
        self._sizes = sizes
        self._wait_seconds = wait_seconds
        self._on_batch = on_batch
        self._waiting: SimpleQueue[_Run] = SimpleQueue()
        self._left_over: _Run | None = None
        threading.Thread(target=self._work, name="batches", daemon=True).start()

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        """Run `batch`, of any number of rows, together with others; see `vectorizer.networks.sessions.Session`."""
        largest = self._sizes[-1]
        runs = [_Run(batch[start : start + largest]) for start in range(0, len(batch), largest)]
        for run in runs:
            self._waiting.put(run)
        parts = [run.outcome.result() for run in runs]
        return [np.concatenate(output) for output in zip(*parts, strict=True)]

    def _work(self) -> None:
        while True:
            runs = self._next_batch()
            try:
                self._answer(runs)
            # Whatever the runtime raises goes to the callers of this batch; the thread continues with the next.
            except Exception as error:  # noqa: BLE001
                logging.getLogger("vectorizer").warning("A batch of %d failed: %s", len(runs), error)
                for run in runs:
                    if not run.outcome.done():
                        run.outcome.set_exception(error)

    def _next_batch(self) -> list[_Run]:
        """Wait for a run, then for others of its shape until the batch is full or its wait is over."""
        first, self._left_over = self._left_over or self._waiting.get(), None
        runs, rows = [first], len(first.rows)
        closes = time.monotonic() + self._wait_seconds
        while rows < self._sizes[-1] and (run := self._wait_until(closes)):
            if run.rows.shape[1:] != first.rows.shape[1:] or rows + len(run.rows) > self._sizes[-1]:
                self._left_over = run
                break
            runs.append(run)
            rows += len(run.rows)
        return runs

    def _wait_until(self, closes: float) -> _Run | None:
        try:
            return self._waiting.get(timeout=max(0.0, closes - time.monotonic()))
        except Empty:
            return None

    def _answer(self, runs: list[_Run]) -> None:
        rows = np.concatenate([run.rows for run in runs])
        size = next(size for size in self._sizes if size >= len(rows))
        padded = np.concatenate([rows, np.zeros((size - len(rows), *rows.shape[1:]), np.float32)])
        outputs = self._session.run(padded)
        self._on_batch(len(rows))
        start = 0
        for run in runs:
            end = start + len(run.rows)
            run.outcome.set_result([output[start:end] for output in outputs])
            start = end
