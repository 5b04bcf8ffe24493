"""The client for asyncio."""

import asyncio
from collections.abc import AsyncIterator
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
    PATIENCE_SECONDS,
    TIMEOUT_SECONDS,
    base_url,
    http_options,
)
from faceserver.client.exchange import Outcome, Patience, build_request, read_result, written_atomically
from faceserver.client.method import AsyncCaller
from faceserver.client.results import Deletion, Job
from faceserver.client.waiting import Work, is_finished, pauses, progress_call


class AsyncClient(Calls, AsyncCaller):
    """A client of a running service, for asyncio. Tasks may share it; connections are kept until it is closed.

    directory: the default for calls that name none. timeout_seconds: maximum wait for one answer. patience_seconds: how
    long a call is repeated while the service cannot be reached or is busy; 0 never repeats.
    http: your own httpx.AsyncClient, for certificates, proxies or headers; its timeouts apply, and you close it.

    Raises ValueError if `url` is not valid. Every call raises FaceserverError, or OSError if a file cannot be read or
    written.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        *,
        directory: str = DEFAULT_DIRECTORY,
        timeout_seconds: float = TIMEOUT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.url = base_url(url)
        self.directory = directory
        self._patience_seconds = patience_seconds
        self._closes = http is None
        self._http = http or httpx.AsyncClient(**http_options(url, timeout_seconds))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._closes:
            await self._http.aclose()

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
        with ExitStack() as files:
            request = await asyncio.to_thread(build_request, call, self._http, self.url, files)
            patience = Patience(self._patience_seconds, call)
            while True:
                outcome = await self._attempt(request, call.into)
                pause = patience.pause_after(outcome)
                if pause is None:
                    return read_result(call, outcome, self.url)
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

    async def _attempt(self, request: httpx.Request, into: Path | None) -> Outcome:
        try:
            response = await self._http.send(request, stream=into is not None)
            if into:
                await self._write(response, into)
        except httpx.RequestError as error:
            return error
        return response

    async def _write(self, response: httpx.Response, into: Path) -> None:
        try:
            if not response.is_success:
                await response.aread()
                return
            with written_atomically(into) as file:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)
        finally:
            await response.aclose()
