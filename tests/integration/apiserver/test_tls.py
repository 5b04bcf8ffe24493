"""TLS on every way: clients to the gateway, gateway to vectorizer in both directions, everybody to PostgreSQL."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from apiserver.app import create_app
from apiserver.database.opening import open_database
from apiserver.jobs.queue import Lane, Pace, run_jobs
from apiserver.problems import DatabaseUnavailable
from apiserver.settings.settings import Settings
from db.migrate import MigrationFailed, migrate
from faceserver import AsyncClient, Client
from faceserver.errors import Unreachable
from serving.http_server.certificates import Certificate
from serving.http_server.connections import Connections
from serving.http_server.server import Server, http_config
from serving.settings import ServiceSettings
from tests.checkout import ROOT
from tests.citus import allow_changes_everywhere, connected
from tests.commands import run
from tests.integration.apiserver.conftest import patient
from tests.ports import free_port
from tests.servers.certificates import Authority, Pair
from tests.servers.listening import listening
from tests.servers.tls_postgres import tls_before
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "correct-horse-battery"  # noqa: S105 - of the tests
EXPIRED = timedelta(days=-1)


@dataclass(frozen=True)
class World:
    """An authority, another one, and the certificates that they issued."""

    authority: Authority
    stranger: Authority
    gateway: Pair
    vectorizer: Pair
    expired: Pair


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = Authority.new(folder), Authority.new(folder, "stranger")
    return World(
        authority,
        stranger,
        authority.issue("gateway", ["gateway.example.org", "127.0.0.1"]),
        authority.issue("vectorizer", ["127.0.0.1"]),
        authority.issue("expired", ["127.0.0.1"], left=EXPIRED),
    )


@pytest.fixture(scope="module")
def mutual(world: World) -> Iterator[str]:
    """The port of a vectorizer that asks for a certificate and a secret."""
    port = free_port()
    environment = {
        "HOME": str(Path.home()),
        "VECTORIZER_PORT": str(port),
        "VECTORIZER_LANES": "1",
        "VECTORIZER_SECRET": SECRET,
        "VECTORIZER_TLS_CERTIFICATE_FILE": str(world.vectorizer.certificate),
        "VECTORIZER_TLS_KEY_FILE": str(world.vectorizer.key),
        "VECTORIZER_TLS_CLIENT_CA_FILE": str(world.authority.file),
    }
    process = subprocess.Popen([sys.executable, "-m", "vectorizer"], cwd=ROOT, env=environment)
    yield str(port)
    process.terminate()
    process.wait(PATIENCE_SECONDS)


@asynccontextmanager
async def serving_tls(settings: Settings, served: Pair) -> AsyncIterator[int]:
    """Serve a gateway over HTTPS and yield its port."""
    tls = Certificate(*served)
    limits = ServiceSettings(header_timeout_seconds=PATIENCE_SECONDS, shutdown_timeout_seconds=5)
    server = Server(http_config(create_app(settings), limits, Connections(1_000), port=0, tls=tls), tls=tls)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.005)
        yield listener.getsockname()[1]
        server.should_exit = True
        await task


def verified(dsn: str, authority: Authority) -> str:
    return f"{dsn}?sslmode=verify-full&sslrootcert={authority.file}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def database(shared_database_url: str, world: World) -> AsyncIterator[str]:
    """A database that is reached over TLS alone."""
    async with tls_before(shared_database_url, world.authority.issue("database")) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def settings(world: World, mutual: str, database: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    dsn, folder = verified(database, world.authority), tmp_path_factory.mktemp("images")
    return patient(dsn, f"https://127.0.0.1:{mutual}", folder).model_copy(
        update={
            "database_url": SecretStr(dsn),
            "vectorizer_secret": SecretStr(SECRET),
            "vectorizer_ca_file": world.authority.file,
            "vectorizer_certificate_file": world.gateway.certificate,
            "vectorizer_key_file": world.gateway.key,
        }
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def url(settings: Settings, world: World) -> AsyncIterator[str]:
    """The address of a gateway whose three ways are all over TLS."""
    async with serving_tls(settings, world.gateway) as port:
        url = f"https://127.0.0.1:{port}"
        context = ssl.create_default_context(cafile=world.authority.file)
        async with httpx.AsyncClient(base_url=url, verify=context, trust_env=False) as client:
            await until(lambda: _is_ready(client))
        yield url


async def _is_ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health/ready")).is_success


async def test_both_clients_and_the_commands_know_the_gateway_by_its_authority(url, world, ann, tmp_path):
    photograph = tmp_path / "people" / "ann" / "ann.jpg"
    photograph.parent.mkdir(parents=True)
    photograph.write_bytes(ann)

    def enrol() -> bool:
        with Client(url, ca_file=world.authority.file) as client:
            return client.learn("ann", photograph).created

    assert await asyncio.to_thread(enrol)
    async with AsyncClient(url, ca_file=world.authority.file) as client:
        assert [face.person for face in (await client.recognize(photograph)).faces] == ["ann"]
    environment = {
        "FACESERVER_URL": url,
        "FACESERVER_CA_FILE": str(world.authority.file),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    for words in (["recognize", photograph], ["import", photograph.parent.parent]):
        done = await asyncio.to_thread(run, *words, environment=environment)
        assert done.returncode == 0, done.stderr


async def test_curl_knows_the_gateway_by_its_authority_and_nobody_speaks_to_it_in_the_clear(url, world):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed.")
    port = url.rpartition(":")[2]

    async def fetched(*words: str) -> int | None:
        process = await asyncio.create_subprocess_exec(
            curl, "--silent", "--fail", *words, stdout=asyncio.subprocess.DEVNULL, env={}
        )
        return await process.wait()

    assert await fetched("--cacert", str(world.authority.file), f"{url}/health/ready") == 0
    named = f"gateway.example.org:{port}"
    resolved = ("--resolve", f"{named}:127.0.0.1", "--cacert", str(world.authority.file))
    assert await fetched(*resolved, f"https://{named}/health/live", "--header", f"Host: 127.0.0.1:{port}") == 0
    assert await fetched(f"{url}/health/ready") == 60  # it does not know the authority
    assert await fetched(f"http://127.0.0.1:{port}/health/ready") not in {0, None}


@pytest.mark.parametrize("case", ["unknown authority", "another name", "expired"])
async def test_clients_refuse_a_wrong_certificate_with_a_sentence_and_at_once(url, world, settings, case):
    async with AsyncExitStack() as stack:
        address, trusted = url, world.authority.file
        if case == "unknown authority":
            trusted = world.stranger.file
        elif case == "another name":
            address = url.replace("127.0.0.1", "localhost")
        else:
            address = f"https://127.0.0.1:{await stack.enter_async_context(serving_tls(settings, world.expired))}"
        # Patience is for outages; a certificate does not get better.
        with pytest.raises(Unreachable, match=r"certificate .* is not accepted: .* FACESERVER_CA_FILE"):
            async with AsyncClient(address, ca_file=trusted, patience_seconds=10 * PATIENCE_SECONDS) as client:
                await client.version()
        environment = {"FACESERVER_URL": address, "FACESERVER_CA_FILE": str(trusted)}
        done = await asyncio.to_thread(run, "persons", "list", environment=environment)
        assert (done.returncode, "faceserver serve" in done.stderr) == (3, False)
        assert "FACESERVER_CA_FILE" in done.stderr


@dataclass(frozen=True)
class Wrong:
    """A setting that keeps the gateway from its vectorizers, and what its readiness says."""

    update: dict[str, object]
    says: str


def wrong(world: World, port: str) -> dict[str, Wrong]:
    stranger = world.stranger.issue("client")
    return {
        "unknown authority": Wrong({"vectorizer_ca_file": world.stranger.file}, "certificate of the vectorizer"),
        "another name": Wrong({"vectorizer_urls": f"https://localhost:{port}"}, "certificate of the vectorizer"),
        "no certificate of its own": Wrong(
            {"vectorizer_certificate_file": None, "vectorizer_key_file": None}, "APISERVER_VECTORIZER_CERTIFICATE_FILE"
        ),
        "a certificate of a stranger": Wrong(
            {"vectorizer_certificate_file": stranger.certificate, "vectorizer_key_file": stranger.key},
            "APISERVER_VECTORIZER_CERTIFICATE_FILE",
        ),
        "an expired certificate": Wrong(
            {"vectorizer_certificate_file": world.expired.certificate, "vectorizer_key_file": world.expired.key},
            "APISERVER_VECTORIZER_CERTIFICATE_FILE",
        ),
        "no TLS": Wrong({"vectorizer_urls": f"http://127.0.0.1:{port}"}, "vectorizer"),
        "another secret": Wrong({"vectorizer_secret": SecretStr("x" * 20)}, "VECTORIZER_SECRET"),
        "no secret": Wrong({"vectorizer_secret": None}, "VECTORIZER_SECRET"),
    }


@pytest.mark.usefixtures("url")
async def test_vectorizer_and_gateway_know_each_other(world, settings, mutual, ann):
    """The readiness of each gateway that is not let in says why; none of them gets an answer."""
    for case, each in wrong(world, mutual).items():
        async with serving_tls(settings.model_copy(update=each.update), world.gateway) as port:
            context = ssl.create_default_context(cafile=world.authority.file)
            async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=context) as client:
                ready = await client.get("/health/ready")
                assert (ready.status_code, ready.json()["code"]) == (503, "not-ready"), case
                assert each.says in ready.json()["detail"], case
                assert "localhost" not in ready.json()["detail"], case  # clients are told no names of neighbours
                refused = await client.post("/recognize", files={"file": ann})
                assert (refused.status_code, refused.json()["code"]) == (503, "vectorizer-unavailable"), case


@pytest.mark.parametrize("served", ["expired", "nothing"])
async def test_a_vectorizer_with_an_expired_certificate_or_none_is_not_spoken_to(world, settings, served):
    context = None
    if served == "expired":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*world.expired)
    received: list[bytes] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(1_000))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with listening(accept, context) as behind:
        there = f"https://127.0.0.1:{behind}"
        async with serving_tls(settings.model_copy(update={"vectorizer_urls": there}), world.gateway) as port:
            context = ssl.create_default_context(cafile=world.authority.file)
            async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=context) as client:
                ready = (await client.get("/health/ready")).json()["detail"]
    assert ("expired" if served == "expired" else "speak TLS") in ready
    assert not any(SECRET.encode() in sent for sent in received)


async def connects_by_asyncpg(dsn: str) -> None:
    async with open_database(dsn, pool_size=1, timeout_seconds=PATIENCE_SECONDS) as database:
        await database.check_schema()


async def connects_by_psycopg(dsn: str) -> None:
    """As the queue does: without a lane, its worker would have nothing to do."""
    started = asyncio.Event()

    async def begun(*_: object) -> None:
        started.set()

    lanes = [Lane("none", {"none": begun}, 1, crons={})]
    running = asyncio.create_task(run_jobs(dsn, lanes, Pace(lost_seconds=12, stop_seconds=1)))
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('none', 'none')")
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
    running.cancel()
    waiting.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    assert started.is_set()


async def migrates(dsn: str) -> None:
    await migrate(dsn, create=False)


WAYS = {"asyncpg": connects_by_asyncpg, "psycopg": connects_by_psycopg, "dbmate": migrates}
REFUSALS = (DatabaseUnavailable, psycopg.OperationalError, MigrationFailed)


@pytest.mark.parametrize("way", WAYS)
async def test_the_database_is_known_by_its_certificate(database, shared_database_url, world, way):
    async with connected(shared_database_url) as connection:
        await allow_changes_everywhere(connection)
    await WAYS[way](verified(database, world.authority))
    refused = [
        verified(database, world.stranger),
        verified(database.replace("127.0.0.1", "localhost"), world.authority),
        f"{database}?sslmode=disable",
    ]
    for dsn in refused:
        with pytest.raises(REFUSALS):
            await WAYS[way](dsn)
    async with tls_before(shared_database_url, world.expired) as expired:
        with pytest.raises(REFUSALS):
            await WAYS[way](verified(expired, world.authority))
