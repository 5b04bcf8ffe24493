"""Ends the processes that a killed supervisor (SIGKILL, out of memory) left running.

A small process reads a pipe whose other end only the supervisor holds. However the supervisor dies, the kernel closes
that end, and the guard then sends its signal to every process still listed. A parent-death signal (prctl) would need no
extra process, but only Linux has it, and Python would have to set it between fork and exec.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

ENDED = 0  # kill(pid, 0) sends nothing


class Guard:
    """The supervisor's end of the pipe; a context manager."""

    def __enter__(self) -> Self:
        # A new session keeps the terminal's Ctrl-C away from it.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def watch(self, pid: int, orphan_signal: signal.Signals) -> None:
        """Send `orphan_signal` to process `pid` if the supervisor dies."""
        self._send(pid, orphan_signal)

    def forget(self, pid: int) -> None:
        """Stop watching process `pid`: it has exited, and its id may soon be reused."""
        self._send(pid, ENDED)

    def _send(self, pid: int, number: int) -> None:
        assert self._process.stdin is not None  # noqa: S101
        with suppress(BrokenPipeError):
            self._process.stdin.write(b"%d %d\n" % (pid, number))
            self._process.stdin.flush()


def main() -> None:
    """Read `<pid> <signal>` lines until the supervisor's end closes, then send each process its last signal."""
    signals: dict[int, int] = {}
    for line in sys.stdin:
        pid, number = line.split()
        signals[int(pid)] = int(number)
    for pid, number in signals.items():
        with suppress(OSError):
            os.kill(pid, number)


if __name__ == "__main__":
    main()
