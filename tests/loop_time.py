"""A watchdog over an event loop: the processor time that its thread takes between two turns, and where."""

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_SAMPLE_SECONDS = 0.01


class MeasuredLoop(asyncio.SelectorEventLoop):
    """An event loop that notes the longest processor time of a turn."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0
        self.begun = 0.0
        """Processor time of the thread at the beginning of the current turn."""
        self.turn = 0

    def _run_once(self) -> None:
        self.turn += 1
        self.begun = time.thread_time()
        super()._run_once()  # type: ignore[misc]
        self.longest = max(self.longest, time.thread_time() - self.begun)


@dataclass
class Measured:
    """What a watchdog saw: the longest turn, and where the loop was while a turn was longer than allowed."""

    seconds: float = 0.0
    stacks: list[str] = field(default_factory=list)


@contextmanager
def watched(loop: MeasuredLoop, max_seconds: float) -> Iterator[Measured]:
    """Measure the turns of the loop of this thread; take its stack once in each turn that exceeds the limit."""
    measured, ended = Measured(), threading.Event()
    loop.longest, thread = 0.0, threading.get_ident()
    clock = time.pthread_getcpuclockid(thread)

    def watch() -> None:
        sampled = 0
        while not ended.wait(_SAMPLE_SECONDS):
            turn, begun = loop.turn, loop.begun
            if turn != sampled and time.clock_gettime(clock) - begun > max_seconds and turn == loop.turn:
                sampled = turn
                frame = sys._current_frames()[thread]
                measured.stacks.append("".join(traceback.format_stack(frame)[-6:]))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield measured
    finally:
        ended.set()
        watcher.join()
        measured.seconds = loop.longest
