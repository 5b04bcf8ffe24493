"""Calls a running service and waits for its answers."""

import time
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


class Client:
    """A running service at an address. Threads may share it; connections are kept until it is closed.

    directory: for every call that names no other. timeout_seconds: longest wait for one answer. patience_seconds: how
    long a call is repeated while no connection can be made or the service says that it is busy; 0 never repeats.
    http: an httpx.Client of your own, for certificates, proxies or headers; it has its own timeouts, and you close it.

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
        http: httpx.Client | None = None,
    ) -> None:
        self.url = base_url(url)
        self.directory = directory
        self._patience_seconds = patience_seconds
        self._closes = http is None
        self._http = http or httpx.Client(**http_options(url, timeout_seconds))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        if self._closes:
            self._http.close()

    def learn(
        self, person: str, photograph: Photograph, *, directory: str | None = None, face: FaceChoice = "only"
    ) -> Enrolment:
        """Enrol the person shown on a photograph; the same one again changes nothing."""
        return self._answer(calls.learn(person, photograph, self._named(directory), face))

    def recognize(
        self,
        photograph: Photograph,
        *,
        directory: str | None = None,
        k: int | None = None,
        threshold: float | None = None,
    ) -> Recognition:
        """Say of every face on a photograph who it is, if anybody; with the `k` most similar people."""
        return self._answer(calls.recognize(photograph, self._named(directory), k, threshold))

    def embed(self, photograph: Photograph) -> Embeddings:
        """Return the embedding of every face on a photograph; nothing is kept."""
        return self._answer(calls.embed(photograph))

    def fetch(self, url: str) -> bytes:
        """Return a photograph that was learned, or recognized a while ago, by the `url` of that answer."""
        return self._answer(calls.fetch(url))

    def get_directory(self, directory: str | None = None) -> Directory:
        """Return the settings of a directory, how much it holds, and its thresholds."""
        return self._answer(calls.get_directory(self._named(directory)))

    def put_directory(
        self, directory: str | None = None, *, fpir: float | None = None, threshold: float | None = None
    ) -> Directory:
        """Replace the settings of a directory, which is made where it is missing; None leaves it to the service."""
        return self._answer(calls.put_directory(self._named(directory), fpir, threshold))

    def models(self) -> Models:
        """Return the models in use and the others that are known, with their licences."""
        return self._answer(calls.models())

    def version(self) -> Version:
        """Return the version of the service."""
        return self._answer(calls.version())

    def check_ready(self) -> None:
        """Return once the service can do its work; raise the reason when patience ends."""
        self._answer(calls.ready())

    def _named(self, directory: str | None) -> str:
        return self.directory if directory is None else directory

    def _answer(self, call: Call[T]) -> T:
        request = prepared(call, self._http, self.url)
        patience = Patience(self._patience_seconds)
        while True:
            outcome: Outcome
            try:
                outcome = self._http.send(request)
            except httpx.RequestError as error:
                outcome = error
            pause = patience.pause_after(outcome)
            if pause is None:
                return result(call, outcome, self.url)
            time.sleep(pause)
