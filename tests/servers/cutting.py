"""A line between two parts of the service that is cut after a number of bytes, in the middle of a request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_CHUNK_BYTES = 65_536


class CuttingLine:
    """A TCP proxy in front of a server at a port or a Unix socket. cuts: how often it was cut."""

    def __init__(self, behind: int | Path) -> None:
        self._behind = behind
        self._left: int | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.carried = 0
        self.cuts = 0
        self.port = 0

    def cut_after(self, size: int) -> None:
        """Cut all connections once, when this many more bytes have been carried in both directions together."""
        self._left = size

    @property
    def is_armed(self) -> bool:
        """Whether the cut is still to come."""
        return self._left is not None

    def disarm(self) -> None:
        """Carry everything."""
        self._left = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        self._writers.add(writer)
        try:
            with suppress(OSError):
                await self._carry(reader, writer)
        finally:
            self._abort(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(self._behind, int):
            from_behind, to_behind = await asyncio.open_connection("127.0.0.1", self._behind)
        else:
            from_behind, to_behind = await asyncio.open_unix_connection(self._behind)
        self._writers.add(to_behind)
        pumps = [asyncio.create_task(self._pump(*way)) for way in ((reader, to_behind), (from_behind, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._abort(to_behind)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK_BYTES):
                if self._left is not None and self._left < len(data):
                    writer.write(data[: self._left])
                    await writer.drain()
                    self.cut()
                    return
                if self._left is not None:
                    self._left -= len(data)
                self.carried += len(data)
                writer.write(data)
                await writer.drain()

    def cut(self) -> None:
        """Cut all connections."""
        self._left = None
        self.cuts += 1
        for writer in [*self._writers]:
            self._abort(writer)

    def _abort(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.transport.abort()


@asynccontextmanager
async def cutting_line(behind: int | Path) -> AsyncIterator[CuttingLine]:
    """Yield a line that is whole until it is told to be cut."""
    line = CuttingLine(behind)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    line.port = server.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        server.close()
        line.cut()
