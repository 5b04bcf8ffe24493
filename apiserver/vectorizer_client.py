"""Speaks to the vectorizer, and is the only place that turns httpx's errors into problems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgpack
import numpy as np
from asgi_correlation_id import correlation_id

from apiserver.faces import Analysis, Calibration, Face, Image, Model, Thresholds
from apiserver.problems import (
    FileEmpty,
    ImageTooLarge,
    ImageTooManyPixels,
    ImageUnreadable,
    InvalidFileFormat,
    Problem,
    VectorizerBusy,
    VectorizerTimeout,
    VectorizerUnavailable,
)

PROBLEM_OF_ERROR: dict[type[httpx.HTTPError], type[Problem]] = {
    httpx.PoolTimeout: VectorizerBusy,
    httpx.TimeoutException: VectorizerTimeout,
    httpx.NetworkError: VectorizerUnavailable,
    httpx.ProtocolError: VectorizerUnavailable,
    httpx.ProxyError: VectorizerUnavailable,
    httpx.UnsupportedProtocol: VectorizerUnavailable,
    httpx.DecodingError: VectorizerUnavailable,
    httpx.TooManyRedirects: VectorizerUnavailable,
    httpx.HTTPStatusError: VectorizerUnavailable,
}

_PROBLEM_OF_CODE: dict[str, type[Problem]] = {
    "image-missing": FileEmpty,
    "invalid-file-format": InvalidFileFormat,
    "image-unreadable": ImageUnreadable,
    "image-too-many-pixels": ImageTooManyPixels,
    "image-too-large": ImageTooLarge,
    "busy": VectorizerBusy,
    "not-ready": VectorizerUnavailable,
}

_CONNECT_TIMEOUT_SECONDS = 2
_READY_TIMEOUT_SECONDS = 2
# Shorter than any server keeps an idle connection, so that none is reused in the moment the server closes it.
_KEEPALIVE_SECONDS = 2


class VectorizerClient:
    """The vectorizer behind an httpx client that knows its address."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def analyse(self, image: bytes, *, crops: bool) -> Analysis:
        """Return the faces of an encoded image, with their aligned crops if asked for.

        Raises the problem of a bad image, VectorizerBusy, VectorizerTimeout or VectorizerUnavailable.
        """
        response = await self._send(self._http.build_request("POST", "/faces", params={"crops": crops}, content=image))
        try:
            return _analysis(msgpack.unpackb(response.content))
        except (ValueError, TypeError, KeyError, AttributeError, msgpack.UnpackException) as error:
            raise VectorizerUnavailable("The vectorizer's answer cannot be read.") from error

    async def models(self) -> object:
        """Return the vectorizer's own description of its models."""
        response = await self._send(self._http.build_request("GET", "/models"))
        try:
            return response.json()
        except ValueError as error:
            raise VectorizerUnavailable("The vectorizer's answer cannot be read.") from error

    async def check_ready(self) -> None:
        """Raise a problem unless the vectorizer says that it takes work."""
        await self._send(self._http.build_request("GET", "/health/ready", timeout=_READY_TIMEOUT_SECONDS))

    async def _send(self, request: httpx.Request) -> httpx.Response:
        if request_id := correlation_id.get():
            request.headers["X-Request-ID"] = request_id
        try:
            response = await self._http.send(request)
        except httpx.HTTPError as error:
            raise translated(error) from error
        if response.status_code != httpx.codes.OK:
            raise _refusal(response)
        return response


@asynccontextmanager
async def open_vectorizer(url: str, *, timeout_seconds: float, connections: int) -> AsyncIterator[VectorizerClient]:
    """Yield a client of the vectorizer at `url`; nothing connects before the first use."""
    timeout = httpx.Timeout(timeout_seconds, connect=_CONNECT_TIMEOUT_SECONDS)
    limits = httpx.Limits(max_connections=connections, keepalive_expiry=_KEEPALIVE_SECONDS)
    async with httpx.AsyncClient(base_url=url, timeout=timeout, limits=limits, trust_env=False) as http:
        yield VectorizerClient(http)


def translated(error: httpx.HTTPError) -> Problem:
    """Return the problem that an error of httpx means to a client."""
    return next(problem for kind, problem in PROBLEM_OF_ERROR.items() if isinstance(error, kind))()


def _refusal(response: httpx.Response) -> Problem:
    """Return the problem a response other than 200 tells of; the vectorizer's own sentence is the most precise."""
    try:
        body = response.json()
        return _PROBLEM_OF_CODE[body["code"]](body.get("detail"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return VectorizerUnavailable(f"The vectorizer answered with status {response.status_code}.")


def _analysis(body: dict[str, Any]) -> Analysis:
    """Return what the map says; one of another form raises KeyError, TypeError, ValueError or AttributeError."""
    model, image = _model(body["model"]), body["image"]
    return Analysis(
        model=model,
        image=Image(image["media_type"], image["extension"], image["width"], image["height"]),
        faces=[_face(entry, model.dimension) for entry in body["faces"]],
        timings=dict(body["timings"]),
    )


def _model(entry: dict[str, Any]) -> Model:
    calibration, thresholds = entry["calibration"], entry["thresholds"]
    return Model(
        id=entry["id"],
        dimension=entry["dimension"],
        calibration=Calibration(calibration["slope"], calibration["intercept"]),
        thresholds=Thresholds(match=thresholds["match"], review=thresholds["review"]),
    )


def _face(entry: dict[str, Any], dimension: int) -> Face:
    left, top, right, bottom = entry["box"]
    embedding = np.frombuffer(entry["embedding"], dtype="<f4")
    if embedding.shape != (dimension,):
        raise ValueError(f"An embedding of {embedding.shape} does not fit the model's {dimension}.")
    return Face((left, top, right, bottom), entry["score"], embedding, entry.get("crop"))
