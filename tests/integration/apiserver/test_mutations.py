"""Damaged photographs are answered or refused; none is an error of the service, and no process ends."""

import asyncio
from collections import Counter
from urllib.parse import urlsplit

import httpx
import psutil  # type: ignore[import-untyped]
import pytest
import skimage.data
from PIL import Image

from tests.mutations import mutated, seeds

_CONCURRENCY = 8


def process_at(url: str) -> tuple[int, float]:
    """Return the id and the start of the process that listens there."""
    port = urlsplit(url).port
    [listening] = {
        each.pid
        for each in psutil.net_connections("tcp")
        if each.laddr.port == port and each.status == psutil.CONN_LISTEN
    }
    return listening, psutil.Process(listening).create_time()


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(3_600)])])
async def test_damaged_photographs(gateway: httpx.AsyncClient, vectorizer_url: str, count: int):
    process = process_at(vectorizer_url)
    statuses: Counter[int] = Counter()
    waiting = enumerate(mutated(seeds(Image.fromarray(skimage.data.astronaut())), count))

    async def work() -> None:
        for number, content in waiting:
            path = ("/recognize", "/detect", "/learn")[number % 3]
            data = {"person": f"p{number % 40}", "face": "largest"} if path == "/learn" else {}
            answer = await gateway.post(path, data=data, files={"file": content})
            assert answer.status_code < 500, (number, answer.text)
            statuses[answer.status_code] += 1

    await asyncio.gather(*(work() for _ in range(_CONCURRENCY)))
    assert process_at(vectorizer_url) == process
    assert statuses.total() == count
    assert statuses[422]
    assert statuses[200] + statuses[201]
