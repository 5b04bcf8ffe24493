"""The stack runs jobs."""

import uuid

import httpx
import pytest

from tests.stack import Stack
from tests.waiting import wait_until


def test_an_unknown_job_is_not_found(client: httpx.Client):
    for job in (uuid.uuid4(), "7", "..%2F7"):
        answer = client.get(f"/jobs/{job}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(f"/jobs/{uuid.uuid4()}").json()["code"] == "job-not-found"


@pytest.mark.timing
def test_a_worker_runs_and_is_replaced_when_it_dies(stack: Stack):
    wait_until(lambda: "Taking jobs" in stack.log)
    before = stack.log.count("Taking jobs")
    worker = stack.worker
    worker.kill()

    wait_until(lambda: stack.log.count("Taking jobs") > before)
    assert stack.worker.pid != worker.pid
