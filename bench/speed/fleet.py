"""Two gateways and two vectorizers on one database, each a process that can be ended and started separately."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.harness.load import Client
from bench.harness.outcomes import Outcome
from bench.harness.stack import is_ready
from bench.harness.uploads import Upload
from db.migrate import migrate
from faceserver.standalone import programs
from faceserver.standalone.addresses import free_loopback_port
from faceserver.standalone.child import Child, Program
from faceserver.standalone.guard import Guard
from faceserver.standalone.postgres import Cluster
from faceserver.standalone.settings import Settings

READY_SECONDS = 60.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Member:
    """A service's process and its address."""

    url: str
    child: Child

    async def start(self) -> None:
        """Start the process and return once it is ready. Raises TimeoutError when that takes a minute."""
        await self.child.start()
        await _until(lambda: is_ready(self.url))

    async def stop(self) -> None:
        """Send SIGTERM and return once the process is gone."""
        await self.child.stop()


@dataclass(frozen=True)
class Fleet:
    """The running services."""

    gateways: Sequence[Member]
    vectorizers: Sequence[Member]


class Balancer:
    """Sends requests to the gateways in turn, and to the next one when one does not accept the connection.

    As load balancers do. A request that was sent is never sent again.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._clients = [Client(url) for url in urls]
        self._turn = 0
        self.outcomes: list[Outcome] = []

    async def send(self, upload: Upload, due: float | None = None) -> Outcome:
        """See `bench.harness.load.Client.send`."""
        for _ in self._clients:
            self._turn += 1
            outcome = await self._clients[self._turn % len(self._clients)].send(upload, due)
            if outcome.code != "connection-refused":
                break
        self.outcomes.append(outcome)
        return outcome

    def close(self) -> None:
        """Close unused connections."""
        for client in self._clients:
            client.close()


@asynccontextmanager
async def running_fleet(folder: Path, models: str) -> AsyncIterator[Fleet]:
    """Yield a fleet that keeps everything in `folder`; all its processes are ended afterwards."""
    (folder / "images").mkdir()
    with Cluster.opened(folder) as cluster, Guard() as guard:
        database = Child(cluster.program, guard)
        fleet = _fleet(folder, models, cluster.dsn, guard)
        try:
            await _start_database(cluster, database)
            await asyncio.gather(*(member.start() for member in fleet.vectorizers))
            await asyncio.gather(*(member.start() for member in fleet.gateways))
            yield fleet
        finally:
            await asyncio.gather(*(member.stop() for member in (*fleet.gateways, *fleet.vectorizers)))
            await database.stop()


def _fleet(folder: Path, models: str, dsn: str, guard: Guard) -> Fleet:
    ports = [free_loopback_port() for _ in range(4)]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    settings = [Settings(data=folder, models=models, port=port) for port in ports]
    vectorizers = [programs.vectorizer(settings[place], ports[place]) for place in (0, 1)]
    gateways = [_with(programs.gateway(settings[place], folder, dsn, ports[0]), urls[:2]) for place in (2, 3)]
    members = [Member(url, Child(program, guard)) for url, program in zip(urls, [*vectorizers, *gateways], strict=True)]
    return Fleet(gateways=members[2:], vectorizers=members[:2])


def _with(gateway: Program, vectorizer_urls: Sequence[str]) -> Program:
    addresses = {"APISERVER_VECTORIZER_URLS": ",".join(vectorizer_urls)}
    return replace(gateway, environment={**gateway.environment, **addresses})


async def _start_database(cluster: Cluster, database: Child) -> None:
    await cluster.prepare()
    await database.start()
    await _until(lambda: cluster.is_ready(database.pid))
    await migrate(cluster.dsn)


async def _until(ready: Callable[[], bool]) -> None:
    """Return once `ready`, which may block, says so. Raises TimeoutError when that takes a minute."""
    async with asyncio.timeout(READY_SECONDS):
        while True:
            if await asyncio.to_thread(ready):
                return
            await asyncio.sleep(POLL_SECONDS)
