"""A way to PostgreSQL that looks like a connection pooler: nothing is heard of changes on it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_SOCKET = ".s.PGSQL.5432"
_KEY_DATA = b"K\x00\x00\x00\x0c"
"""The message with the number of the server's process. A pooler gives its own number."""


@asynccontextmanager
async def pooled(dsn: str, folder: Path) -> AsyncIterator[str]:
    """Yield the DSN of a database as it is behind a pooler, whose socket is in an empty folder."""
    parts = urlsplit(dsn)
    carrying: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        carrying.add(task)
        try:
            from_server, to_server = await connected_to(dsn)
            await asyncio.gather(_pump(reader, to_server), _pump(from_server, writer, renumbered=True))
        finally:
            carrying.discard(task)

    server = await asyncio.start_unix_server(carry, folder / _SOCKET)
    try:
        account, at, _ = parts.netloc.rpartition("@")
        yield parts._replace(netloc=account + at, query=f"host={folder}").geturl()
    finally:
        server.close()
        for task in [*carrying]:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)


async def connected_to(dsn: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the server of a DSN, which names the folder of its socket or an address."""
    parts = urlsplit(dsn)
    if parts.hostname:
        return await asyncio.open_connection(parts.hostname, parts.port or 5432)
    return await asyncio.open_unix_connection(Path(parse_qs(parts.query)["host"][0], _SOCKET))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, renumbered: bool = False) -> None:
    try:
        if renumbered:
            writer.write(await reader.readuntil(_KEY_DATA))
            number = int.from_bytes(await reader.readexactly(4))
            writer.write((number ^ 1).to_bytes(4))
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        with suppress(OSError):
            writer.close()
