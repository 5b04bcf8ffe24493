"""The standalone stack: PostgreSQL, vectorizer, worker and gateway, started together and stopped in order."""

import asyncio
import logging
import secrets
import signal
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from db.migrate import MigrationFailed, UnknownSchema, migrate
from db.server import UnusableDatabase, require_usable
from faceserver.problems import StartError
from faceserver.standalone import programs
from faceserver.standalone.addresses import ANY_INTERFACE, free_loopback_port, require_free
from faceserver.standalone.child import Child, answer
from faceserver.standalone.data_folder import locked
from faceserver.standalone.guard import Guard
from faceserver.standalone.keys import has_key, write_first_key
from faceserver.standalone.postgres import Cluster
from faceserver.standalone.settings import MasterKeyFile, ServicesSettings, Settings
from serving.host_names import is_loopback
from serving.resource_limits import raise_file_limit

POLL_SECONDS = 0.05
NO_KEYS = (
    "{host} is not loopback, so calls require a key, but none exists: make one with 'faceserver keys create --name "
    'admin --scope admin --directory "*"\' (with the same --data or --database-url), or give --require-keys, which '
    "writes one into the data folder, or --insecure-open, which lets everybody do everything."
)

logger = logging.getLogger(__name__)


async def serve(settings: Settings, announce: Callable[[], None]) -> None:
    """Run the stack until a signal stops it; call `announce` once it is ready.

    Raises `StartError` if it cannot start and `asyncio.CancelledError` when stopped, with nothing left running.
    """
    _cancel_on_signals()
    raise_file_limit()
    require_free(settings.host, settings.port)
    MasterKeyFile().require_apart(settings.data)
    if settings.database_url is not None:
        await _require_usable(settings.database_url.get_secret_value())
    with locked(settings.data) as folder, _cluster(settings, folder) as cluster, Guard() as guard:
        stack = Stack(settings, folder, cluster, guard)
        try:
            await stack.start()
            announce()
            await asyncio.Event().wait()
        finally:
            await stack.stop()


class Stack:
    """The processes of one stack. Without a `cluster`, the database is the one that the settings name."""

    def __init__(self, settings: Settings, folder: Path, cluster: Cluster | None, guard: Guard) -> None:
        vectorizer_port, chosen = free_loopback_port(), ServicesSettings()
        if chosen.apiserver_tls_certificate_file and not settings.tls_certificate:
            raise StartError("Give the certificate as FACESERVER_TLS_CERTIFICATE and FACESERVER_TLS_KEY instead.")
        ports = [each or free_loopback_port() for each in (chosen.vectorizer_health_port, chosen.apiserver_health_port)]
        self._address = ANY_INTERFACE.get(settings.host, settings.host), settings.port
        self._tls = _unverified() if settings.tls_certificate else None
        secret = secrets.token_urlsafe(32)  # other accounts of this machine can reach the vectorizer's port
        self._host, self._key_file = settings.host, folder / "admin.key"
        self._makes_key = settings.require_keys or chosen.apiserver_require_keys
        is_open = settings.insecure_open or chosen.apiserver_insecure_open
        self._keys_required = self._makes_key or not (is_open or is_loopback(settings.host))
        self._accepts_tokens = bool(chosen.apiserver_oidc_issuer)
        self._cluster = cluster
        self._dsn = (
            settings.database_url.get_secret_value() if settings.database_url else cluster.dsn if cluster else ""
        )
        self._postgres = Child(cluster.program, guard) if cluster else None
        self._vectorizer = Child(programs.vectorizer(settings, vectorizer_port, ports[0], secret), guard)
        self._gateway = Child(
            programs.gateway(settings, folder, self._dsn, vectorizer_port, ports[1], secret=secret), guard
        )
        self._worker = Child(programs.worker(folder, self._dsn, vectorizer_port, secret), guard)
        in_order = (self._gateway, self._worker, self._vectorizer, self._postgres)
        self._children = [child for child in in_order if child]

    async def start(self) -> None:
        """Return when the gateway is ready, which implies the others. Raises `StartError` as soon as one exits.

        The vectorizer loads its models, and the gateway its modules, while PostgreSQL starts.
        """
        await self._vectorizer.start()  # first: it takes longest
        await self._gateway.start(held=True)
        await self._start_database()
        await self._require_key()
        self._gateway.release()
        await self._until(self._gateway_is_ready)
        await self._worker.start()  # last: nothing waits for it
        for child in self._children:
            child.keep()

    async def stop(self) -> None:
        """Stop the processes, each before those it depends on."""
        for child in self._children:
            await child.stop()

    async def _start_database(self) -> None:
        if self._cluster and self._postgres:
            await self._cluster.prepare()
            await self._postgres.start()
            await self._until(self._postgres_is_ready)
        try:
            if self._cluster:
                await migrate(self._dsn, place="data folder")
            else:
                await migrate(self._dsn, create=False)
        except UnknownSchema as failure:
            raise StartError(str(failure)) from failure
        except MigrationFailed as failure:
            raise StartError(f"The database cannot be migrated: {failure}") from failure

    async def _require_key(self) -> None:
        """Make a first key where the settings ask for it. Raises `StartError` if one is required and none works.

        Where an identity provider's tokens are accepted, people get in without a key.
        """
        if not self._keys_required or await has_key(self._dsn):
            return
        if not self._makes_key:
            if self._accepts_tokens:
                return
            raise StartError(NO_KEYS.format(host=self._host))
        await write_first_key(self._dsn, self._key_file)
        logger.warning("A first key, which may do everything, is in %s.", self._key_file)

    async def _postgres_is_ready(self) -> bool:
        return bool(self._cluster and self._postgres and self._cluster.is_ready(self._postgres.pid))

    async def _gateway_is_ready(self) -> bool:
        return b" 200 " in (await answer(*self._address, "/health/ready", self._tls)).partition(b"\r\n")[0]

    async def _until(self, ready: Callable[[], Awaitable[bool]]) -> None:
        while not await ready():
            for child in self._children:
                await child.check()
            await asyncio.sleep(POLL_SECONDS)


def _cluster(settings: Settings, folder: Path) -> AbstractContextManager[Cluster | None]:
    return Cluster.opened(folder) if settings.database_url is None else nullcontext()


async def _require_usable(dsn: str) -> None:
    try:
        await require_usable(dsn)
    except UnusableDatabase as fault:
        raise StartError(str(fault)) from fault


def _cancel_on_signals() -> None:
    """Cancel this task on the first signal; later signals change nothing, because stopping has its own deadlines."""
    task = asyncio.current_task()
    assert task  # noqa: S101

    def stop() -> None:
        if not task.cancelling():
            logger.info("Stopping.")
            task.cancel()

    signals = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # ignored under nohup
        signals.append(signal.SIGHUP)
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _unverified() -> ssl.SSLContext:
    """Return a context for the gateway's own certificate, which has the name that clients use; no secret is sent."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
