"""Vectorizers and a gateway as separate processes, which tests can end and restart."""

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import httpx

from tests.calls import NO_TLS, post
from tests.checkout import ROOT
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, wait_until


class Service:
    """`python -m <module>`, always on the same port."""

    def __init__(self, module: str, **environment: str) -> None:
        self._module = module
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment | {f"{module.upper()}_PORT": str(self.port), "HOME": str(Path.home())}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process and return when it is ready."""
        self.process = subprocess.Popen([sys.executable, "-m", self._module], cwd=ROOT, env=self._environment)
        wait_until(self._is_ready)
        return self

    def terminate(self) -> None:
        """Send SIGTERM, as a rolling update does, and wait until the process has ended."""
        assert self.process
        self.process.terminate()
        assert self.process.wait(PATIENCE_SECONDS) in {0, -15}

    def kill(self) -> None:
        """Kill the process, if it runs."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, "it ended"
        try:
            return httpx.get(f"{self.url}/health/ready", trust_env=False, verify=NO_TLS).is_success
        except httpx.TransportError:
            return False


@contextmanager
def running(*services: Service) -> Iterator[None]:
    """Run the services, started in the given order, until the context ends."""
    with ExitStack() as stack:
        for service in services:
            stack.callback(service.kill)
            service.start()
        yield


class Crowd:
    """Clients that repeatedly recognize the same photograph and count the answers by kind."""

    def __init__(self, url: str, photograph: bytes, clients: int) -> None:
        self._url = url
        self._photograph = photograph
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._visit) for _ in range(clients)]
        self.statuses: Counter[int] = Counter()
        self.refusals: list[httpx.Response] = []
        self.broken: list[httpx.TransportError] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Return after this many further successful answers."""
        goal = self.statuses[201] + more
        wait_until(lambda: self.statuses[201] >= goal)

    def _visit(self) -> None:
        with httpx.Client(base_url=self._url, timeout=PATIENCE_SECONDS, trust_env=False, verify=NO_TLS) as client:
            while not self._enough.is_set():
                self._recognize(client)

    def _recognize(self, client: httpx.Client) -> None:
        try:
            response = post(client, "/recognize", self._photograph)
        except httpx.TransportError as error:
            self.broken.append(error)
            return
        self.statuses[response.status_code] += 1
        if response.status_code != 201:
            self.refusals.append(response)
            time.sleep(0.01)
