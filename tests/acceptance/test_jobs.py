"""The stack runs jobs."""

import uuid

import httpx

from tests.stack import Stack, wait_until


def test_an_unknown_job_is_said_so(client: httpx.Client):
    for job in (uuid.uuid4(), "7", "..%2F7"):
        answer = client.get(f"/jobs/{job}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(f"/jobs/{uuid.uuid4()}").json()["code"] == "job-not-found"


def test_a_worker_runs_and_is_replaced_when_it_dies(stack: Stack):
    wait_until(lambda: "Taking jobs" in stack.log, 20)
    before = stack.log.count("Taking jobs")
    worker = stack.worker
    worker.kill()

    wait_until(lambda: stack.log.count("Taking jobs") > before, 30)
    assert stack.worker.pid != worker.pid
