"""One process of the stack: started, watched, restarted when it exits, stopped within a deadline."""

import asyncio
import logging
import os
import pwd
import signal
import ssl
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Self

from faceserver.problems import StartError
from faceserver.standalone.accounts import credentials
from faceserver.standalone.guard import Guard

FIRST_DELAY_SECONDS = 0.2
MAX_DELAY_SECONDS = 10.0
HEALTHY_AFTER_SECONDS = 30.0
TAIL_BYTES = 4096
PIPE_BYTES = 65_536
RELAY_SECONDS = 0.1
END_SECONDS = 1.0
HANGS_BEFORE_KILL = 3
ASK_SECONDS = 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a child runs, under which account, and how it is stopped.

    `environment` is added to the supervisor's. The program's output goes to `log`, which only we can read, or, without
    one, to our stderr. It runs in `folder`, which is entered before the account changes. With a `health_port`, which is
    asked every `watch_seconds`, a program that hangs is killed and started again.
    """

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(default_factory=dict)
    account: pwd.struct_passwd | None = None
    folder: Path | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    orphan_signal: signal.Signals = signal.SIGKILL
    health_port: int | None = None
    watch_seconds: float = 5.0


class Child:
    """A program in a separate process, registered with the guard."""

    def __init__(self, program: Program, guard: Guard) -> None:
        self._program = program
        self._guard = guard
        self._process: asyncio.subprocess.Process | None = None
        self._relay: _Relay | None = None
        self._restarter: asyncio.Task[None] | None = None
        self._watcher: asyncio.Task[None] | None = None

    async def start(self, *, held: bool = False) -> None:
        """Start the process in a new session, which the terminal's Ctrl-C does not reach.

        held: its standard input ends only with `release`.
        """
        program = self._program
        with ExitStack() as stack:
            if program.log:
                output = stack.enter_context(_private(program.log).open("ab")).fileno()
            else:
                self._relay, output = _Relay.opened()
                stack.callback(os.close, output)
            self._process = await asyncio.create_subprocess_exec(
                *program.command,
                stdin=asyncio.subprocess.PIPE if held else asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **program.environment},  # noqa: TID251 - handed on, not read
                cwd=program.folder,
                start_new_session=True,
                **credentials(program.account),
            )
        self._guard.watch(self._process.pid, program.orphan_signal)

    def release(self) -> None:
        """Let a process continue that waits for the end of its standard input."""
        if self._process and self._process.stdin:
            self._process.stdin.close()

    @property
    def pid(self) -> int | None:
        """The process id, None before the first start."""
        return self._process.pid if self._process else None

    async def check(self) -> None:
        """Raise `StartError` with the last line of output if the process has exited."""
        if self._process and self._process.returncode is not None:
            self._guard.forget(self._process.pid)
            raise StartError(f"The {self._program.name} cannot start: {await self._reason()}")

    def keep(self) -> None:
        """Restart the process whenever it exits, or hangs."""
        self._restarter = asyncio.create_task(self._restart())
        if self._program.health_port:
            self._watcher = asyncio.create_task(self._watch(self._program.health_port))

    async def stop(self) -> None:
        """Ask the process to stop and kill it after the deadline; return when it has exited."""
        for task in (self._watcher, self._restarter):
            if task:
                task.cancel()
                await asyncio.wait([task])
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(self._program.stop_signal)
        try:
            await asyncio.wait_for(self._process.wait(), self._program.stop_seconds)
        except TimeoutError:
            logger.warning(
                "The %s did not stop within %g s and was killed.", self._program.name, self._program.stop_seconds
            )
            self._process.kill()
            await self._process.wait()
        self._guard.forget(self._process.pid)
        if self._relay:
            await self._relay.last_words()

    async def _restart(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while self._process:
            started = monotonic()
            code = await self._process.wait()
            self._guard.forget(self._process.pid)
            if monotonic() - started > HEALTHY_AFTER_SECONDS:
                delay = FIRST_DELAY_SECONDS
            logger.warning(
                "The %s exited unexpectedly (%s); restarting it in %g s.", self._program.name, _ending(code), delay
            )
            await asyncio.sleep(delay)
            delay = min(2 * delay, MAX_DELAY_SECONDS)
            try:
                await self.start()
            except OSError as error:
                logger.warning("The %s cannot be started: %s", self._program.name, error)

    async def _watch(self, port: int) -> None:
        """Kill the process when its health port says repeatedly that it hangs."""
        hangs = 0
        while self._process:
            await asyncio.sleep(self._program.watch_seconds)
            hangs = hangs + 1 if await hanging(port) else 0
            if hangs >= HANGS_BEFORE_KILL and self._process.returncode is None:
                logger.warning("The %s hangs and is killed.", self._program.name)
                self._process.kill()
                hangs = 0

    async def _reason(self) -> str:
        assert self._process  # noqa: S101
        if self._program.log:
            return f"see {self._program.log}."
        lines = (await self._relay.last_words()).decode(errors="replace").split("\n") if self._relay else []
        return next((line.strip() for line in reversed(lines) if line.strip()), _ending(self._process.returncode))


def _private(log: Path) -> Path:
    """Return a log that exists and that only we can read, also if an earlier version made it."""
    log.touch(mode=0o600)
    log.chmod(0o600)
    return log


class _Relay(Thread):
    """Copies a child's output to our stderr, including progress bars, ten times a second.

    A thread that waits costs a tenth of what the event loop does for each line. Reading continues if our stderr is
    closed, because the child would block on a full pipe.
    """

    def __init__(self, pipe: int) -> None:
        super().__init__(daemon=True)  # a process that the child left may keep the pipe open
        self._pipe = pipe
        self._tail = b""
        self._ending = Event()

    @classmethod
    def opened(cls) -> tuple[Self, int]:
        """Return a relay and the end of its pipe to which the child writes."""
        pipe, output = os.pipe()
        relay = cls(pipe)
        relay.start()
        return relay, output

    def run(self) -> None:
        with open(self._pipe, "rb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
            while chunk := pipe.read(PIPE_BYTES):
                with suppress(OSError, ValueError):  # ValueError: it is closed
                    sys.stderr.buffer.write(chunk)
                    sys.stderr.flush()
                self._tail = (self._tail + chunk)[-TAIL_BYTES:]
                self._ending.wait(RELAY_SECONDS)

    async def last_words(self) -> bytes:
        """Return the last 4 KiB of a child that has ended."""
        self._ending.set()
        await asyncio.to_thread(self.join, END_SECONDS)
        return self._tail


async def hanging(port: int) -> bool:
    """Tell whether a process says at its health port that it started, and that its event loop has stopped since.

    No answer is no sign of a hang: the process is starting or ending, or the machine is slow.
    """
    return b'"status": "stalled"' in await answer("127.0.0.1", port, "/health/live")


async def answer(host: str, port: int, path: str, tls: ssl.SSLContext | None = None) -> bytes:
    """Return what a process answers to a GET, with its head; nothing if it does not answer."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls)
            try:
                writer.write(b"GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n" % path.encode())
                return await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""


def _ending(code: int | None) -> str:
    """Describe how a process with this return code ended."""
    return f"killed by {signal.Signals(-code).name}" if code and code < 0 else f"exit status {code}"
