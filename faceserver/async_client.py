"""Calls a running service from asyncio."""

import asyncio
from types import TracebackType
from typing import Self, TypeVar

import httpx

from faceserver import calls
from faceserver.calls import Call, FaceChoice
from faceserver.connection import (
    DEFAULT_DIRECTORY,
    DEFAULT_URL,
    PATIENCE_SECONDS,
    TIMEOUT_SECONDS,
    base_url,
    http_options,
)
from faceserver.exchange import Outcome, Patience, prepared, result
from faceserver.photographs import Photograph
from faceserver.results import Directory, Embeddings, Enrolment, Models, Recognition, Version

T = TypeVar("T")


class AsyncClient:
    """A running service at an address, for asyncio. Tasks may share it; connections are kept until it is closed.

    directory: for every call that names no other. timeout_seconds: longest wait for one answer. patience_seconds: how
    long a call is repeated while no connection can be made or the service says that it is busy; 0 never repeats.
    http: an httpx.AsyncClient of your own, for certificates, proxies or headers; it has its own timeouts, and you close
    it.

    Raises ValueError where `url` is no address. Every call raises a FaceserverError, or OSError where a photograph
    cannot be read.
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

    async def learn(
        self, person: str, photograph: Photograph, *, directory: str | None = None, face: FaceChoice = "only"
    ) -> Enrolment:
        """Enrol the person shown on a photograph; the same one again changes nothing."""
        return await self._answer(calls.learn(person, photograph, self._named(directory), face))

    async def recognize(
        self,
        photograph: Photograph,
        *,
        directory: str | None = None,
        k: int | None = None,
        threshold: float | None = None,
    ) -> Recognition:
        """Say of every face on a photograph who it is, if anybody; with the `k` most similar people."""
        return await self._answer(calls.recognize(photograph, self._named(directory), k, threshold))

    async def embed(self, photograph: Photograph) -> Embeddings:
        """Return the embedding of every face on a photograph; nothing is kept."""
        return await self._answer(calls.embed(photograph))

    async def fetch(self, url: str) -> bytes:
        """Return a photograph that was learned, or recognized a while ago, by the `url` of that answer."""
        return await self._answer(calls.fetch(url))

    async def get_directory(self, directory: str | None = None) -> Directory:
        """Return the settings of a directory, how much it holds, and its thresholds."""
        return await self._answer(calls.get_directory(self._named(directory)))

    async def put_directory(
        self, directory: str | None = None, *, fpir: float | None = None, threshold: float | None = None
    ) -> Directory:
        """Replace the settings of a directory, which is made where it is missing; None leaves it to the service."""
        return await self._answer(calls.put_directory(self._named(directory), fpir, threshold))

    async def models(self) -> Models:
        """Return the models in use and the others that are known, with their licences."""
        return await self._answer(calls.models())

    async def version(self) -> Version:
        """Return the version of the service."""
        return await self._answer(calls.version())

    async def check_ready(self) -> None:
        """Return once the service can do its work; raise the reason when patience ends."""
        await self._answer(calls.ready())

    def _named(self, directory: str | None) -> str:
        return self.directory if directory is None else directory

    async def _answer(self, call: Call[T]) -> T:
        request = await asyncio.to_thread(prepared, call, self._http, self.url)
        patience = Patience(self._patience_seconds)
        while True:
            outcome: Outcome
            try:
                outcome = await self._http.send(request)
            except httpx.RequestError as error:
                outcome = error
            pause = patience.pause_after(outcome)
            if pause is None:
                return result(call, outcome, self.url)
            await asyncio.sleep(pause)
