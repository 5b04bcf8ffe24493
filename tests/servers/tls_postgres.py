"""TLS in front of a PostgreSQL server: the embedded one is built without it."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from bench.harness.pooler import connected_to
from tests.servers.certificates import Pair
from tests.servers.listening import listening

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)


@asynccontextmanager
async def tls_before(dsn: str, served: Pair, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Yield the DSN of the same database over TCP, where a client that does not ask for TLS is refused."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*served)
    parts = urlsplit(dsn)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readexactly(8) == _SSL_REQUEST:
            writer.write(b"S")
            await _encrypted(reader, writer, context, dsn)
        writer.transport.abort()

    async with listening(serve) as port:
        yield f"postgresql://{parts.username}@{host}:{port}{parts.path}"


async def _encrypted(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext, dsn: str
) -> None:
    loop, protocol = asyncio.get_running_loop(), writer.transport.get_protocol()
    transport = await loop.start_tls(writer.transport, protocol, context, server_side=True)
    if transport is None:  # the client went away
        return
    encrypted = asyncio.StreamWriter(transport, protocol, reader, loop)
    try:
        await _carry(reader, encrypted, dsn)
    finally:
        transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, dsn: str) -> None:
    from_behind, to_behind = await connected_to(dsn)
    try:
        pumps = [asyncio.create_task(_pump(reader, to_behind)), asyncio.create_task(_pump(from_behind, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
    finally:
        to_behind.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
