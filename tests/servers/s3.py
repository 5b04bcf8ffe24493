"""An S3 server in this process, and a line to it that can be disturbed."""

import asyncio
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

import httpx
from moto.server import ThreadedMotoServer

ACCESS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}

_ANSWER = "HTTP/1.1 {} \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Fault(StrEnum):
    """What is wrong with a store."""

    REFUSES_CONNECTIONS = "refuses connections"
    NEVER_ANSWERS = "never answers"
    FORBIDS = "forbids"
    FAILS = "fails"
    DROPS_REQUESTS = "drops requests"
    LOSES_ANSWERS = "loses answers"
    STALLS_ANSWERS = "stalls answers"


@contextmanager
def s3_server() -> Iterator[str]:
    """Run a server with no buckets and yield its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(url: str) -> str:
    """Make a bucket and return its name."""
    name = f"faces-{uuid.uuid4().hex}"
    httpx.put(f"{url}/{name}", trust_env=False, timeout=60).raise_for_status()
    return name


class Line:
    """A proxy in front of an S3 server, always at the same address, with a fault or none.

    It runs in a thread of its own, because some reads of a store block.
    """

    def __init__(self, server: str) -> None:
        self._port = httpx.URL(server).port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._listener: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.fault: Fault | None = None
        self.connections = 0

    @classmethod
    @contextmanager
    def to(cls, server: str) -> Iterator["Line"]:
        """Yield a line without a fault."""
        line = cls(server)
        line._thread.start()
        try:
            line.mend()
            yield line
            line._run(line._close())
        finally:
            line._loop.call_soon_threadsafe(line._loop.stop)
            line._thread.join()
            line._loop.close()

    def break_down(self, fault: Fault) -> None:
        """Have a fault from now on; end all connections."""
        self._run(self._change(fault))

    def mend(self) -> None:
        """Have no fault; end all connections."""
        self._run(self._change(None))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _change(self, fault: Fault | None) -> None:
        await self._close()
        self.fault = fault
        if fault is not Fault.REFUSES_CONNECTIONS:
            self._listener = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self.fault:
            case Fault.NEVER_ANSWERS:
                while await reader.read(65_536):
                    pass
            case Fault.DROPS_REQUESTS:
                await reader.readuntil(b"\r\n\r\n")
            case Fault.FORBIDS | Fault.FAILS:
                await reader.readuntil(b"\r\n\r\n")
                status = "403 Forbidden" if self.fault is Fault.FORBIDS else "500 Internal Server Error"
                writer.write(_ANSWER.format(status).encode())
                await writer.drain()
                while await reader.read(65_536):  # or the client sees a reset instead of the answer
                    pass
            case _:
                await self._carry(reader, writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, to_behind = await asyncio.open_connection("127.0.0.1", self._port)
        sending = asyncio.create_task(_pump(reader, to_behind))
        try:
            while data := await behind.read(65_536):
                if self.fault is Fault.LOSES_ANSWERS:
                    return
                if self.fault is Fault.STALLS_ANSWERS:
                    head, _, _ = data.partition(b"\r\n\r\n")
                    writer.write(head + b"\r\n\r\n")
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()
        finally:
            sending.cancel()
            to_behind.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
