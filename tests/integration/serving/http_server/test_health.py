"""The health port, while the event loop turns and while it does not."""

import asyncio
from typing import Any

import httpx
import pytest

from serving.http_server.health import Health, health_served
from tests.calls import NO_TLS
from tests.integration.serving.http_server.conftest import served
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, until, wait_until

pytestmark = pytest.mark.timing


def ask(port: int, path: str = "live") -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{port}/health/{path}", trust_env=False, verify=NO_TLS, timeout=PATIENCE_SECONDS)


async def test_the_port_answers_while_the_event_loop_is_blocked_and_says_so():
    health, port = Health(stall_seconds=0.5), free_port()
    with health_served(health, "127.0.0.1", port):
        assert (await asyncio.to_thread(ask, port)).status_code == 503, "it has not started"
        async with served(health=health):
            await until(lambda: asyncio.to_thread(lambda: ask(port).is_success))
            await until(lambda: asyncio.to_thread(lambda: ask(port, "ready").is_success))
            wait_until(lambda: ask(port).status_code == 503)  # which blocks the loop meanwhile
            assert ask(port).json()["status"] == "stalled"
            assert ask(port, "ready").status_code == 503
            await until(lambda: asyncio.to_thread(lambda: ask(port).is_success))
        assert ask(port).is_success, "it stops, and does not hang"
        assert ask(port, "ready").status_code == 503
        assert ask(port, "other").status_code == 404


async def test_silent_clients_hold_up_no_other():
    health, port = Health(stall_seconds=PATIENCE_SECONDS), free_port()
    health.turned()
    with health_served(health, "127.0.0.1", port):
        silent: list[Any] = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
        assert (await asyncio.to_thread(ask, port)).is_success
        for _, writer in silent:
            writer.close()


def test_a_port_that_is_taken_ends_the_process_with_a_sentence():
    health, port = Health(30), free_port()
    with (
        health_served(health, "127.0.0.1", port),
        pytest.raises(SystemExit, match=r"^The health cannot be served at "),
        health_served(health, "127.0.0.1", port),
    ):
        pass
