"""The client for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, overload

import httpx

from faceserver.client.call import Call, Page, T
from faceserver.client.calls import Calls
from faceserver.client.connection import (
    DEFAULT_DIRECTORY,
    DEFAULT_URL,
    MAX_CONNECTIONS,
    PATIENCE_SECONDS,
    TIMEOUT_SECONDS,
    base_url,
    checked_key,
    http_options,
)
from faceserver.client.exchange import (
    Outcome,
    Patience,
    build_request,
    is_misdirected,
    read_result,
    written_atomically,
)
from faceserver.client.method import AsyncCaller
from faceserver.client.pools import AsyncPool, Source
from faceserver.client.results import Deletion, Job
from faceserver.client.waiting import Work, is_finished, pauses, progress_call


class AsyncClient(Calls, AsyncCaller):
    """A client of a running service, for asyncio. Tasks, event loops, threads and forked processes may share it.

    Connections are kept until it is closed or the event loop ends.

    key: sent with every call. ca_file: file of the authorities (PEM) that sign the service's certificate, instead of
    those that httpx knows.
    directory: the default for calls that name none. timeout_seconds: maximum wait for one answer. patience_seconds: how
    long a call is repeated while the service cannot be reached or is busy; 0 never repeats. Neither includes the time
    in which a call waits for one of `max_connections`.
    http: your own httpx.AsyncClient, for proxies, headers or client certificates, which you close and only one process
    and event loop may use; or a function that returns a new one. Its timeouts apply.

    Raises ValueError if `url`, `key` or `ca_file` is not valid.
    Every call raises FaceserverError, OSError if a file cannot be read or
    written, or RuntimeError if an `http` that may not be shared is.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        key: str | None = None,
        ca_file: Path | str | None = None,
        directory: str = DEFAULT_DIRECTORY,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        max_connections: int = MAX_CONNECTIONS,
        http: httpx.AsyncClient | Callable[[], httpx.AsyncClient] | None = None,
    ) -> None:
        self.url = base_url(url)
        self._key = checked_key(key, url)
        self.directory = directory
        self._patience_seconds = patience_seconds
        options = http_options(url, timeout_seconds, max_connections, ca_file)
        source = Source(http, lambda: httpx.AsyncClient(**options))
        self._pool = AsyncPool(source, max_connections)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections of this process and event loop."""
        await self._pool.close()

    @overload
    async def wait(self, work: Deletion) -> Deletion: ...
    @overload
    async def wait(self, work: Work) -> Job: ...
    async def wait(self, work: Work | Deletion) -> Job | Deletion:
        """Return a job when it is done, or a deletion when the last image is deleted. Raises JobFailed."""
        pause = pauses()
        while True:
            now = await self.answer(progress_call(work))
            if is_finished(now):
                return now
            await asyncio.sleep(next(pause))

    async def answer(self, call: Call[T]) -> T:
        """Send a call and return its result; all other methods use this one."""
        async with self._pool.connection() as http:
            with ExitStack() as files:
                request = await asyncio.to_thread(build_request, call, http, self.url, files, self._key)
                outcome = await self._repeat(call, http, request)
        return read_result(call, outcome, self.url)

    async def _repeat(self, call: Call[T], http: httpx.AsyncClient, request: httpx.Request) -> Outcome:
        patience = Patience(self._patience_seconds, call)
        while True:
            outcome = await self._attempt(http, request, call.into)
            pause = patience.pause_after(outcome)
            if pause is None:
                return outcome
            await asyncio.sleep(pause)

    async def answers(self, first: Call[Page[T]]) -> AsyncIterator[T]:
        """Yield the entries of a list, sending the call for each page when it is needed."""
        page = await self.answer(first)
        while True:
            for item in page.items:
                yield item
            if page.next is None:
                return
            page = await self.answer(first.after(page.next))

    async def _attempt(self, http: httpx.AsyncClient, request: httpx.Request, into: Path | None) -> Outcome:
        try:
            response = await http.send(request, stream=True)
            try:
                await self._read(response, into)
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            return error
        return response

    async def _read(self, response: httpx.Response, into: Path | None) -> None:
        """Read the body, or write it to a file. A connection whose answer is unread is closed."""
        if is_misdirected(response):
            return
        if into is None or not response.is_success:
            await response.aread()
            return
        with written_atomically(into) as file:
            async for chunk in response.aiter_bytes():
                file.write(chunk)
