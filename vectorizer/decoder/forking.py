"""The service's end of the process that decoders are forked from."""

import logging
import os
import pickle
import socket
import subprocess
import sys
import threading

from vectorizer.decoder import messages
from vectorizer.decoder.setup import FAILED, FORK, MESSAGE_BYTES, UNKNOWN, Setup

_START = "import sys; sys.path[:] = {path!r}; from vectorizer.decoder.template import main; main({descriptor})"

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",  # a process with threads cannot be forked safely
    "MALLOC_ARENA_MAX": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
"""The environment of the process, in addition to the paths of its interpreter and libraries."""

_INHERITED = ("LD_LIBRARY_PATH", "PYTHONHOME")

_ANSWER_SECONDS = 10.0
"""A process that takes longer for a fork hangs, and is replaced."""

_END_SECONDS = 2.0


_logger = logging.getLogger(__name__)


class Template:
    """Forks decoders for all lanes; started again if it is gone."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._lock = threading.Lock()
        self._warned = False
        self._start()

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def fork(self, connection: socket.socket, memory: int) -> int:
        """Fork a decoder that has one end of a connection, and the shared memory; return its process id.

        Raises OSError.
        """
        with self._lock:
            try:
                pid = self._fork(connection, memory)
            except OSError:
                self._stop()
                self._start()
                pid = self._fork(connection, memory)
        if pid == FAILED:
            raise BlockingIOError("No process is left for a decoder.")
        return pid

    def end(self, pid: int) -> int | None:
        """End a decoder; return its exit status, negative if a signal has ended it, or None if nobody knows it."""
        with self._lock:
            try:
                self._control.sendall(pid.to_bytes(MESSAGE_BYTES, signed=True))
                status = self._answer()
            except OSError:
                self._stop()  # an answer that is late would be taken for that of the next request
                return None
        return None if status == UNKNOWN else status

    def warn_unfiltered(self) -> None:
        """Log, once, that decoders are confined less than they should be."""
        if not self._warned:
            self._warned = True
            _logger.warning("This system does not filter system calls, so decoders could open network connections.")

    def close(self) -> None:
        """End all decoders."""
        with self._lock:
            self._stop()

    def _start(self) -> None:
        self._control, other = socket.socketpair()
        with other:
            inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}  # noqa: TID251 - handed on
            start = _START.format(path=sys.path, descriptor=other.fileno())
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and text
                [sys.executable, "-c", start],
                env=_ENVIRONMENT | inherited,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders write there what they dislike of a file
                pass_fds=[other.fileno()],
                process_group=0,  # the terminal's Ctrl-C does not reach it
            )
        self._control.settimeout(_ANSWER_SECONDS)
        messages.send(self._control, [pickle.dumps(self.setup)])

    def _stop(self) -> None:
        self._control.close()  # upon which it ends its decoders, and itself
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _fork(self, connection: socket.socket, memory: int) -> int:
        descriptors = [connection.fileno(), memory]
        socket.send_fds(self._control, [FORK.to_bytes(MESSAGE_BYTES, signed=True)], descriptors)
        return self._answer()

    def _answer(self) -> int:
        answer = self._control.recv(MESSAGE_BYTES, socket.MSG_WAITALL)
        if len(answer) < MESSAGE_BYTES:
            raise ConnectionResetError
        return int.from_bytes(answer, signed=True)
