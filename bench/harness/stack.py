"""The measured stack: a running one, or a new one on a free port with an empty data folder."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from faceserver.standalone.addresses import free_loopback_port

START_SECONDS = 120
STOP_SECONDS = 60


@dataclass(frozen=True)
class RunningStack:
    """The gateway's address; the process whose children the services are, and their data folder, if they are known."""

    url: str
    supervisor: int | None
    data: Path | None = None


@contextmanager
def measured_stack(
    url: str | None, supervisor: int | None, models: str, settings: Sequence[str]
) -> Iterator[RunningStack]:
    """Yield the stack at `url`, or one started with `models` and `settings` (NAME=VALUE) that is removed afterwards."""
    if url:
        yield RunningStack(url, supervisor)
        return
    with tempfile.TemporaryDirectory(prefix="faceserver-bench-") as folder, started(folder, models, settings) as stack:
        yield stack


@contextmanager
def started(folder: str, models: str, settings: Sequence[str]) -> Iterator[RunningStack]:
    """Yield a stack whose data are in a folder, which is left."""
    port, log = free_loopback_port(), Path(folder, "log")
    command = [sys.executable, "-m", "faceserver", "serve", "--port", str(port), "--models", models]
    with log.open("w") as output:
        process = _launch([*command, "--data", str(Path(folder, "data"))], settings, output)
    try:
        _await_ready(process, f"http://127.0.0.1:{port}", log)
        yield RunningStack(f"http://127.0.0.1:{port}", process.pid, Path(folder, "data"))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)


def _launch(command: list[str], settings: Sequence[str], output: IO[str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **dict(_assignment(setting) for setting in settings)}  # noqa: TID251 - handed on
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )


def _assignment(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not equals:
        raise ValueError(f"A setting must be NAME=VALUE, not {setting!r}.")
    return name, value


def _await_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_ready(url):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"The stack does not start:\n{log.read_text()}")
        time.sleep(0.05)


def is_ready(url: str) -> bool:
    """Return whether the service at `url` says that it is ready."""
    try:
        return httpx.get(f"{url}/health/ready", trust_env=False).is_success
    except httpx.TransportError:
        return False
