"""The connections of a client: separate ones in each process, and for asyncio in each event loop.

A forked process shares the sockets of its parent. If both sent requests through them, each could read an answer to the
other's. The connections of the parent are therefore neither used nor closed in a child: closing one can send bytes.
"""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Generic, TypeVar

import httpx

Http = TypeVar("Http", bound=httpx.Client | httpx.AsyncClient)


class Source(Generic[Http]):
    """Where clients of httpx come from: a given one that only one process and event loop may use, or a function."""

    def __init__(self, given: Http | Callable[[], Http] | None, create: Callable[[], Http]) -> None:
        self._given = given if isinstance(given, httpx.Client | httpx.AsyncClient) else None
        self._create: Callable[[], Http] = given if callable(given) else create
        self._user: object = None
        self.closes = self._given is None

    def get(self, user: object) -> Http:
        """Return the given client, or a new one. Raises RuntimeError if another `user` has got the given one."""
        if self._given is None:
            return self._create()
        self._user = self._user or user
        if self._user != user:
            raise RuntimeError(
                "This httpx client belongs to another process or event loop, and its connections cannot be shared: "
                "give a function that returns a new one, such as http=lambda: httpx.Client(...)."
            )
        return self._given


class Pool:
    """The connections of a synchronous client in each process, and a queue of the calls that wait for one."""

    def __init__(self, source: Source[httpx.Client], max_connections: int) -> None:
        self._source = source
        self._max_connections = max_connections
        self._of_process: dict[int, tuple[httpx.Client, threading.Semaphore]] = {}

    @contextmanager
    def connection(self) -> Iterator[httpx.Client]:
        """Yield the client of this process once one of its connections is free."""
        http, free = self._current()
        with free:
            yield http

    def close(self) -> None:
        """Close the connections of this process."""
        if self._source.closes:
            self._current()[0].close()

    def _current(self) -> tuple[httpx.Client, threading.Semaphore]:
        pid = os.getpid()
        if pid not in self._of_process:  # in a child: a lock could be held by a thread that only the parent has
            new = self._source.get(pid), threading.Semaphore(self._max_connections)
            return self._of_process.setdefault(pid, new)
        return self._of_process[pid]


_User = tuple[int, asyncio.AbstractEventLoop]


class AsyncPool:
    """The connections of an asynchronous client in each event loop, and a queue of the calls that wait for one."""

    def __init__(self, source: Source[httpx.AsyncClient], max_connections: int) -> None:
        self._source = source
        self._max_connections = max_connections
        self._of_loop: dict[_User, _Connections] = {}

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[httpx.AsyncClient]:
        """Yield the client of this event loop once one of its connections is free."""
        connections = await self._current()
        async with connections.free:
            yield connections.http

    async def close(self) -> None:
        """Close the connections of this event loop; those of other loops are closed when they end."""
        if connections := self._of_loop.get(_user()):
            await connections.end.aclose()

    async def _current(self) -> "_Connections":
        user = _user()
        if user not in self._of_loop:
            self._forget_closed_loops()
            http = self._source.get(user)
            self._of_loop[user] = _Connections(http, self._max_connections, self._closed_at_end(user, http))
            await anext(self._of_loop[user].end)
        return self._of_loop[user]

    async def _closed_at_end(self, user: _User, http: httpx.AsyncClient) -> AsyncGenerator[None, None]:
        """Close the connections when this generator is closed, as event loops do with generators when they end."""
        try:
            yield
        finally:
            if user[0] == os.getpid():  # otherwise a child ends a loop of its parent
                self._of_loop.pop(user, None)
                if self._source.closes:
                    await http.aclose()

    def _forget_closed_loops(self) -> None:
        """Drop the connections of loops that were closed without being ended."""
        for pid, loop in list(self._of_loop):
            if loop.is_closed() and pid == os.getpid():
                self._of_loop.pop((pid, loop), None)


class _Connections:
    """The connections in one event loop; `end` closes them."""

    def __init__(self, http: httpx.AsyncClient, max_connections: int, end: AsyncGenerator[None, None]) -> None:
        self.http = http
        self.free = asyncio.Semaphore(max_connections)
        self.end = end


def _user() -> _User:
    return os.getpid(), asyncio.get_running_loop()
