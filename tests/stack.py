"""A real `faceserver serve` for the tests: its address, its output and its processes."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import psutil  # type: ignore[import-untyped]

from faceserver.standalone.accounts import unprivileged_account
from tests.calls import NO_TLS
from tests.database import copy_cluster, in_memory
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, wait_until


class Stack:
    """One stack on a free port, started again and again on the same data folder if need be."""

    def __init__(
        self, folder: Path, *options: str, environment: Mapping[str, str] | None = None, prepared: bool = True
    ) -> None:
        self._folder = folder
        self._prepared = prepared
        self._options = options
        self._environment = {
            "TMPDIR": str(folder),
            "APISERVER_IMAGE_STORE_KEEP_TIMEOUT_SECONDS": "60",  # however busy the machine is
            **(environment or {}),
        }
        self.data = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: Any = None

    def launch(self) -> Self:
        """Start the command and return at once."""
        if self._prepared and not self.data.exists():
            self.data.mkdir()
            account = unprivileged_account()
            copy_cluster(self.data / "postgres", account and account.pw_name)
        command = [sys.executable, "-m", "faceserver", "serve", "--data", str(self.data), "--port", str(self.port)]
        with self._file("out").open("w") as out, self._file("err").open("a") as err, _hang_ups_heeded():
            self.process = psutil.Popen(
                [*command, *self._options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **self._environment},  # noqa: TID251 - handed on, not read
                start_new_session=True,
            )
        return self

    def start(self) -> Self:
        """Start the command and return when it says that it is ready."""
        self.launch()
        wait_until(lambda: "is ready" in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.log
        return self

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send a signal, as Ctrl-C does, and return the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Return the exit status once the command has ended."""
        status: int = self.process.wait(PATIENCE_SECONDS)
        return status

    def kill(self) -> None:
        """End whatever of the stack is left, the supervisor first, which would start the others again."""
        for process in [self.process, *self.processes()]:
            if process and process.is_running():
                process.kill()
        if self.process:
            self.process.wait()

    def processes(self) -> list[Any]:
        """Return every process that the command has running."""
        return self.process.children(recursive=True) if self.process and self.process.is_running() else []

    def child(self, *words: str) -> Any:
        """Return the child whose command line has all `words`."""
        [found] = [child for child in self.process.children() if set(words) <= set(child.cmdline())]
        return found

    @property
    def gateway(self) -> Any:
        """The process of the gateway."""
        return self.child("-m", "apiserver")

    @property
    def worker(self) -> Any:
        """The process of the worker."""
        return self.child("-m", "apiserver.worker")

    @property
    def vectorizer(self) -> Any:
        """The process of the vectorizer."""
        return self.child("-m", "vectorizer")

    @property
    def database(self) -> Any:
        """The process of the PostgreSQL server."""
        [found] = [child for child in self.process.children() if child.name() == "postgres"]
        return found

    @contextmanager
    def unattended(self) -> Iterator[None]:
        """Stop the clock of the supervisor, so that what dies stays dead for as long as this lasts."""
        self.process.suspend()
        try:
            yield
        finally:
            self.process.resume()

    def is_ready(self) -> bool:
        """Tell whether the gateway says that everything is there."""
        try:
            return httpx.get(f"{self.url}/health/ready", trust_env=False, verify=NO_TLS).is_success
        except httpx.TransportError:
            return False

    @property
    def output(self) -> str:
        """What the last start has printed."""
        return self._file("out").read_text()

    @property
    def log(self) -> str:
        """What all starts have logged."""
        return self._file("err").read_text()

    def client(self, **headers: str) -> httpx.Client:
        """Return an HTTP client of the gateway that sends `headers` with every request."""
        return httpx.Client(
            base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False, verify=NO_TLS
        )

    def images(self) -> list[Path]:
        """Return the files in the image store."""
        return [path for path in (self.data / "images").rglob("*") if path.is_file()]

    def _file(self, kind: str) -> Path:
        return self._folder / f"stack.{kind}"


@contextmanager
def _hang_ups_heeded() -> Iterator[None]:
    """Start processes that SIGHUP ends, even below `nohup`: they inherit that it is ignored, but no handler."""
    earlier = signal.getsignal(signal.SIGHUP)
    if earlier is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)
    try:
        yield
    finally:
        if earlier is signal.SIG_IGN:
            signal.signal(signal.SIGHUP, earlier)


@contextmanager
def new_stack(*options: str, environment: Mapping[str, str] | None = None, prepared: bool = True) -> Iterator[Stack]:
    """Yield a stack, not yet started, with a data folder of its own, and leave nothing of it.

    Its first start finds a database with the newest schema; unless `prepared`, it makes one, which takes seconds.

    The folder is not pytest's: that one is closed to the account that runs PostgreSQL when root runs the tests.
    """
    with tempfile.TemporaryDirectory(prefix="faceserver-test-", dir=in_memory()) as folder:
        Path(folder).chmod(0o711)  # it keeps the folder of the socket as well
        stack = Stack(Path(folder), *options, environment=environment, prepared=prepared)
        try:
            yield stack
        finally:
            stack.kill()
