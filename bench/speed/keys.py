"""What the check of a key costs a request, and how soon a revoked key stops working at two gateways.

python -m bench key-check
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from apiserver.access.grants import EVERYWHERE, OPEN
from apiserver.access.scopes import Scope
from apiserver.database.opening import open_database
from apiserver.database.pool import Database
from apiserver.http.access.rate_store import RateStore
from apiserver.http.access.rates import Rates, Shown
from apiserver.keys import records
from apiserver.keys.authenticator import Authenticator
from apiserver.keys.usage import Usage
from apiserver.settings.settings import Settings
from bench.harness.connections import Connection
from bench.harness.options import RESULTS, Results
from bench.harness.outcomes import percentile
from bench.harness.pooler import pooled
from bench.harness.provenance import provenance
from bench.harness.records import write
from bench.search.server import embedded_database
from faceserver.standalone.addresses import free_loopback_port
from faceserver.standalone.child import Child, Program
from faceserver.standalone.guard import Guard

_WANTED = records.Wanted("bench", frozenset(Scope), EVERYWHERE, limits={"requests_per_minute": 1_000_000})
_WARM_UP = 500


async def checks(database: Database, dsn: str, count: int) -> dict[str, Any]:
    """Return the milliseconds of checks of a key that the gateway has in memory, without and with its limits."""
    settings = Settings.model_validate({"database_url": dsn, "image_store_url": "memory:///", "require_keys": True})
    authenticator, rates = Authenticator(database, settings), Rates(settings, RateStore())
    usage, shown = Usage(database, {}), list[Shown]()
    async with database.unbound() as connection:
        _, text = await records.create(connection, _WANTED, "bench")
    scope = {"client": ("127.0.0.1", 1), "headers": [(b"host", b"localhost"), (b"x-api-key", text.encode())]}

    async def authenticate() -> None:
        await authenticator.grant_of(scope)

    async def authenticate_and_limit() -> None:
        grant = await authenticator.grant_of(scope)
        assert grant
        await rates.admit(grant, usage, shown, exempt=False)
        with rates.place(grant, usage, exempt=False):
            shown.clear()

    async with authenticator.running():
        await asyncio.sleep(1)  # until changes are heard
        return {
            "the key": await _timed(authenticate, count),
            "the key and its limits": await _timed(authenticate_and_limit, count),
        }


async def _timed(check: Callable[[], Awaitable[None]], count: int) -> dict[str, Any]:
    milliseconds: list[float] = []
    for _ in range(count + _WARM_UP):
        begun = time.perf_counter()
        await check()
        milliseconds.append(1000 * (time.perf_counter() - begun))
        await asyncio.sleep(0)
    measured = milliseconds[_WARM_UP:]
    return {"count": count, "p50_ms": percentile(measured, 0.5), "p99_ms": percentile(measured, 0.99)}


async def revocations(database: Database, gateways: dict[str, Connection], rounds: int) -> dict[str, Any]:
    """Return the seconds from the revocation of a key to its first refusal, and after which none followed."""
    seconds: dict[str, list[float]] = {name: [] for name in gateways}
    for _ in range(rounds):
        async with database.unbound() as connection:
            record, text = await records.create(connection, _WANTED, "bench")
        request = f"GET /directories HTTP/1.1\r\nHost: localhost\r\nx-api-key: {text}\r\n\r\n".encode()
        for gateway in gateways.values():
            while (await gateway.ask(request)).status != 200:  # noqa: ASYNC110 - another process, which tells nothing
                await asyncio.sleep(0.01)
        async with database.unbound() as connection:
            begun = time.perf_counter()
            await records.revoke(connection, record.id, OPEN)
        lasted = await asyncio.gather(*(_last_success(gateway, request, begun) for gateway in gateways.values()))
        for name, each in zip(gateways, lasted, strict=True):
            seconds[name].append(each)
    return {
        name: {"rounds": rounds, "p50_s": percentile(each, 0.5), "longest_s": max(each)}
        for name, each in seconds.items()
    }


async def _last_success(gateway: Connection, request: bytes, begun: float) -> float:
    """Return the seconds until the last answer to the key; two seconds are watched."""
    last = 0.0
    while (now := time.perf_counter() - begun) < 2:
        if (await gateway.ask(request)).status == 200:
            last = max(last, now)
        await asyncio.sleep(0.002)
    return last


@asynccontextmanager
async def _gateway(dsn: str, folder: Path) -> AsyncIterator[Connection]:
    """Yield a connection to a new gateway that requires keys, without a vectorizer."""
    port = free_loopback_port()
    environment = {
        "APISERVER_DATABASE_URL": dsn,
        "APISERVER_IMAGE_STORE_URL": f"file://{folder}/images",
        "APISERVER_PORT": str(port),
        "APISERVER_LOG_LEVEL": "error",
        "APISERVER_REQUIRE_KEYS": "true",
    }
    program = Program(name="gateway", command=[sys.executable, "-m", "apiserver"], environment=environment)
    with Guard() as guard:
        process = Child(program, guard)
        await process.start()
        try:
            while True:
                await process.check()
                try:
                    connection = await Connection.opened("127.0.0.1", port)
                    break
                except OSError:
                    await asyncio.sleep(0.1)
            yield connection
        finally:
            await process.stop()


async def measure(folder: Path, count: int, rounds: int) -> dict[str, Any]:
    """Return both measurements; the folder is empty."""
    async with (
        embedded_database(folder) as dsn,
        open_database(dsn, pool_size=2, timeout_seconds=10, name="bench") as database,
        AsyncExitStack() as stack,
    ):
        checked = await checks(database, dsn, count)
        (folder / "pooler").mkdir(mode=0o700)
        deaf = await stack.enter_async_context(pooled(dsn, folder / "pooler"))
        addresses = {"hears of changes": dsn, "behind a pooler": deaf}
        gateways = {
            name: await stack.enter_async_context(_gateway(address, folder)) for name, address in addresses.items()
        }
        return {"checks": checked, "revocations": await revocations(database, gateways, rounds)}


def main(
    count: Annotated[int, typer.Option(help="Number of checks.", min=1000)] = 20_000,
    rounds: Annotated[int, typer.Option(help="Number of revoked keys.", min=1)] = 20,
    results: Results = RESULTS,
) -> None:
    """Measure the check of keys and their revocation."""
    with tempfile.TemporaryDirectory(prefix="faceserver-bench-") as folder:
        Path(folder).chmod(0o711)
        measured = asyncio.run(measure(Path(folder), count, rounds))
    packages = ("uvicorn", "fastapi", "asyncpg", "limits")
    account = asdict(provenance("key-check", sys.argv[1:], None, packages))
    record = {"kind": "keys", "photographs": "none", "models": "none", "provenance": account, **measured}
    print(write(record, results))
    for group in measured.values():
        for name, times in group.items():
            print(f"{name:24} {times}")


if __name__ == "__main__":
    typer.run(main)
