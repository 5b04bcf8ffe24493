"""Rates that gateways count together in Redis, and what happens without it."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute
from prometheus_client import generate_latest
from pydantic import SecretStr

from apiserver.access.scopes import Scope
from apiserver.app import create_app
from apiserver.http.access.rate_store import RateStore
from apiserver.telemetry.gateway import Metrics
from tests.integration.apiserver.http.callers import Callers
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, Clock, wait_until

TWO = RateLimitItemPerMinute(2)


class Redis:
    """A server that keeps nothing on disk."""

    def __init__(self, program: str, folder: Path) -> None:
        port = free_port()
        self._command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self.url = f"redis://127.0.0.1:{port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        wait_until(self._is_ready)

    def _is_ready(self) -> bool:
        assert self.process.stdout
        return "Ready to accept connections" in self.process.stdout.readline()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    if (program := shutil.which("redis-server") or shutil.which("valkey-server")) is None:
        pytest.skip("redis-server is not installed.")
    server = Redis(program, tmp_path)
    yield server
    if server.process.poll() is None:
        server.kill()


async def admitted(store: RateStore, key: str = "a", number: int = 1) -> list[bool]:
    return [(await store.hit(TWO, key))[0] for _ in range(number)]


async def test_gateways_count_together_and_each_by_itself_while_redis_is_dead(serve_app, settings, redis, database):
    few = await Callers(database).add(frozenset(Scope), "acme", requests_per_minute=3)
    locked = settings.model_copy(update={"require_keys": True, "rates_url": SecretStr(redis.url)})
    metrics = Metrics()
    first, second = await serve_app(create_app(locked, metrics)), await serve_app(create_app(locked))

    async def asked(gateway):
        answer = await gateway.get("/directories", headers=few)
        return answer.status_code, answer.headers["ratelimit"].split(";")[1]

    assert [await asked(each) for each in (first, second, first)] == [(200, "r=2"), (200, "r=1"), (200, "r=0")]
    assert [await asked(each) for each in (first, second)] == [(429, "r=0")] * 2
    assert b"\nfaceserver_gateway_rates_store_down 0.0" in generate_latest(metrics.registry)

    redis.kill()
    own = [(200, "r=2"), (200, "r=1"), (200, "r=0"), (429, "r=0")]
    assert [await asked(first) for _ in own] == own
    assert [await asked(second) for _ in own] == own
    shown = generate_latest(metrics.registry)
    assert b"\nfaceserver_gateway_rates_store_down 1.0" in shown
    assert b"\nfaceserver_gateway_rates_store_failures_total 1.0" in shown


async def test_redis_is_asked_again_after_a_pause(redis):
    clock = Clock()
    store, other = RateStore(redis.url, clock), RateStore(redis.url, clock)
    assert await admitted(store) + await admitted(other) + await admitted(store) == [True, True, False]

    redis.process.send_signal(signal.SIGSTOP)  # it accepts connections and answers nothing
    assert await admitted(store, number=3) == [True, True, False], "counted here"
    assert store.is_down
    assert store.failures == 1
    redis.process.send_signal(signal.SIGCONT)
    assert await admitted(store) == [False]
    assert store.is_down, "it is not asked yet"
    clock.seconds += 5
    assert await admitted(store, "b", 2) == [True, True]
    assert not store.is_down
    assert await admitted(other, "b") == [False]
    await store.close()
    await other.close()


async def test_a_gateway_starts_without_redis():
    store = RateStore(f"redis://127.0.0.1:{free_port()}/0")
    assert await admitted(store, number=3) == [True, True, False]
    assert store.failures == 1
    await store.close()
