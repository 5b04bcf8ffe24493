"""The vectorizer as a process."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.calls import NO_TLS
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS


class Vectorizer:
    """A running vectorizer and a client to it."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.client = httpx.Client(base_url=url, timeout=PATIENCE_SECONDS, verify=NO_TLS)

    def faces(self, data: bytes, *wants: str) -> httpx.Response:
        return self.client.post("/faces", content=data, params={"want": wants})


def start(cache: Path, **settings: str) -> Vectorizer:
    port = free_port()
    environment = {f"VECTORIZER_{name.upper()}": value for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "vectorizer"],
        env={"PATH": "/usr/bin:/bin", "VECTORIZER_PORT": str(port), "VECTORIZER_MODEL_CACHE": str(cache)} | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    vectorizer = Vectorizer(process, f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            vectorizer.client.get("/health/ready").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return vectorizer
    process.kill()
    pytest.fail(f"the vectorizer did not become ready: {process.communicate()[1]}")
