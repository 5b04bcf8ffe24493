"""The services on their hosts: two gateways behind a balancer, vectorizers behind one name, PostgreSQL."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from apiserver.vectorizers.discovery import LOOK_UP_SECONDS
from bench.cluster import services
from bench.cluster.member import POLL_SECONDS, START_SECONDS, Member, until
from bench.cluster.network import Host, Network
from bench.cluster.quota import Quota
from db.migrate import migrate
from faceserver.standalone.child import Child, Program
from faceserver.standalone.guard import Guard
from faceserver.standalone.postgres import Cluster

NAMES_KNOWN_SECONDS = LOOK_UP_SECONDS + 1.0
"""By then every gateway has looked the vectorizers' name up again."""


@dataclass(frozen=True)
class Shape:
    """The services to run: their number, models and settings, and the cores that a vectorizer may use."""

    models: str = "opencv"
    gateways: int = 2
    vectorizers: int = 3
    cores: float | None = None
    vectorizer_settings: Mapping[str, str] = field(default_factory=lambda: {"VECTORIZER_LANES": "1"})
    gateway_settings: Mapping[str, str] = field(default_factory=lambda: {"APISERVER_DRAIN_SECONDS": "3"})


class Topology:
    """The running services. Their data and logs are in `folder`."""

    def __init__(self, network: Network, folder: Path, shape: Shape) -> None:
        self.network = network
        self.folder = folder
        self.shape = shape
        self.gateways: list[Member] = []
        self.vectorizers: list[Member] = []
        self.lost: Member | None = None
        self.url = ""
        self._vectorizers_ever = 0
        self._stack = AsyncExitStack()

    async def open(self, stack: AsyncExitStack) -> None:
        """Start everything; `stack` ends it."""
        self._stack = stack
        self._guard = stack.enter_context(Guard())
        self._names = self.folder / "names"
        await self._start_name_server()
        await self._start_database()
        await asyncio.gather(*(self.add_vectorizer() for _ in range(self.shape.vectorizers)))
        self.gateways = [self._gateway(number) for number in range(1, self.shape.gateways + 1)]
        await asyncio.gather(*(gateway.start() for gateway in self.gateways))
        await self._start_balancer()

    async def add_vectorizer(self) -> Member:
        """Add a host with a vectorizer, and its address to the name once it is ready."""
        self._vectorizers_ever += 1
        host = self._host(f"vectorizer-{self._vectorizers_ever}")
        program = services.vectorizer(host, self.shape.models, self._log(host), self.shape.vectorizer_settings)
        if self.shape.cores is not None:
            quota = self._stack.enter_context(Quota.opened(host.name, self.shape.cores))
            program = _limited(program, quota)
        member = Member(host, self._child(program), services.url(host, services.VECTORIZER_PORT))
        await member.start()
        self.vectorizers.append(member)
        await self._publish()
        return member

    async def remove_vectorizer(self, member: Member) -> None:
        """Take its address from the name, wait until no gateway uses it, then end the service and remove the host."""
        self.vectorizers.remove(member)
        await self._publish()
        await asyncio.sleep(NAMES_KNOWN_SECONDS)
        await member.stop()
        self.network.remove(member.host)

    async def roll(self, gateway: Member) -> None:
        """Replace a gateway's process, as an upgrade does, and return once the balancer knows it again."""
        await gateway.stop()
        await gateway.start()
        await self._balanced()

    async def restart_database(self, down_seconds: float) -> None:
        """End PostgreSQL, disconnecting everyone, and start it again after a while."""
        await self._database.stop()
        await asyncio.sleep(down_seconds)
        await self._start_server()

    async def use_vectorizers(self, members: Sequence[Member]) -> None:
        """Let the name resolve to these addresses only, and return when the gateways know."""
        await self._publish(members)
        await asyncio.sleep(NAMES_KNOWN_SECONDS)

    async def _publish(self, members: Sequence[Member] | None = None) -> None:
        addresses = [member.host.address for member in (self.vectorizers if members is None else members)]
        self._names.write_text("".join(f"{address} {services.NAME}\n" for address in addresses))
        assert self._name_server.pid
        os.kill(self._name_server.pid, signal.SIGHUP)

    async def _start_name_server(self) -> None:
        host = self.network.add("names")
        self._name_server_address = host.address
        self._names.touch()
        self._name_server = self._child(services.name_server(host, self._names))
        await self._name_server.start()

    async def _start_database(self) -> None:
        self._cluster = self._stack.enter_context(Cluster.opened(self.folder))
        host = self._database_host = self._host("database")
        await self._cluster.prepare()
        services.allow_access(self.folder)
        self._database = self._child(services.database(host, self._cluster))
        await self._start_server()
        await migrate(services.dsn(host))

    async def _start_server(self) -> None:
        await self._database.start()
        await until(lambda: self._cluster.is_ready(self._database.pid), self._database)

    def _gateway(self, number: int) -> Member:
        host = self._host(f"gateway-{number}")
        images = self.folder / "images"
        settings = self.shape.gateway_settings
        program = services.gateway(host, self._database_host, images, self._log(host), settings)
        return Member(host, self._child(program), services.url(host, services.GATEWAY_PORT))

    async def _start_balancer(self) -> None:
        host = self._host("balancer")
        self._balancer = self.folder / "haproxy.cfg"
        hosts = [gateway.host for gateway in self.gateways]
        child = self._child(services.balancer(host, hosts, self._balancer))
        await child.start()
        await self._balanced()
        self.url = services.url(host, services.BALANCER_PORT)

    async def _balanced(self) -> None:
        """Return once the balancer finds every gateway ready."""
        async with asyncio.timeout(START_SECONDS):
            while await services.servers_up(self._balancer) < len(self.gateways):  # noqa: ASYNC110 - another process
                await asyncio.sleep(POLL_SECONDS)

    def _host(self, name: str) -> Host:
        return self.network.add(name, self._name_server_address)

    def _log(self, host: Host) -> Path:
        return self.folder / f"{host.name}.log"

    def _child(self, program: Program) -> Child:
        child = Child(program, self._guard)
        self._stack.push_async_callback(child.stop)
        return child


@asynccontextmanager
async def running_topology(network: Network, folder: Path, shape: Shape) -> AsyncIterator[Topology]:
    """Yield the services, started and warm; all of them are ended afterwards."""
    (folder / "images").mkdir()
    topology = Topology(network, folder, shape)
    async with AsyncExitStack() as stack:
        await topology.open(stack)
        yield topology


def _limited(program: Program, quota: Quota) -> Program:
    return replace(program, command=quota.command(program.command))
