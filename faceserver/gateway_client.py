"""Asks a running gateway for what a calibration needs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from apiserver.faces import Face, FaceChoice, Image, Model, choose
from apiserver.problems import Problem
from apiserver.vectorizer_wire import read_model_in_use
from faceserver.problems import CalibrationError

TIMEOUT_SECONDS = 60
ATTEMPTS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """The face a photograph is for, or why it is of no use."""

    face: Face | None
    skipped: str = ""


class Gateway:
    """A gateway at an address. Every call raises CalibrationError where it cannot answer."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def model(self) -> Model:
        """Return the model in use."""
        try:
            return read_model_in_use(_succeeded(self._send("GET", "/models")).json())
        except Problem as problem:
            raise CalibrationError(f"{self._http.base_url} does not describe its models; is it a gateway?") from problem

    def embed(self, photograph: bytes, choice: FaceChoice, model: Model) -> Embedded:
        """Return the face on a photograph that `choice` means, if there is such a one, as `model` embeds it."""
        response = self._send("POST", "/embeddings", photograph=photograph)
        if response.is_client_error and response.status_code != HTTPStatus.NOT_FOUND:
            return Embedded(None, _detail(response))
        answer = _succeeded(response).json()
        if answer["model"] != model.id:
            raise CalibrationError(f"The vectorizers run different models, {model.id} and {answer['model']}.")
        faces = [_face(entry) for entry in answer["faces"]]
        face = choose(faces, choice, Image("", "", answer["width"], answer["height"]))
        return Embedded(face, "" if face else f"{len(faces) or 'no'} face{'s' * (len(faces) != 1)} found")

    def faces(self, directory: str) -> int:
        """Return how many faces a directory holds, 0 for one that is not there."""
        response = self._send("GET", _path(directory))
        if response.status_code == HTTPStatus.NOT_FOUND:
            return 0
        faces: int = _succeeded(response).json()["faces"]
        return faces

    def set_threshold(self, directory: str, threshold: float) -> None:
        """Fix the match threshold of a directory."""
        _succeeded(self._send("PUT", _path(directory), settings={"threshold": threshold}))

    def _send(
        self, method: str, path: str, *, photograph: bytes | None = None, settings: dict[str, float] | None = None
    ) -> httpx.Response:
        """Return the answer, after a few attempts where the service is busy."""
        files = {"file": photograph} if photograph is not None else None
        for attempt in range(ATTEMPTS):
            try:
                response = self._http.request(method, path, files=files, json=settings)
            except httpx.HTTPError as error:
                raise CalibrationError(
                    f"There is no answer from {self._http.base_url} ({error}). Start the stack with "
                    "'faceserver serve', or name its address with --url."
                ) from error
            if response.status_code != HTTPStatus.SERVICE_UNAVAILABLE or attempt == ATTEMPTS - 1:
                break
            time.sleep(float(response.headers.get("Retry-After", 1)))
        return response


@contextmanager
def open_gateway(url: str) -> Iterator[Gateway]:
    """Yield the gateway at `url`; nothing connects before the first call. Raises CalibrationError for no address."""
    try:
        http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)
    except (httpx.InvalidURL, ValueError) as error:
        raise CalibrationError(f"{url} is no address: {error}.") from error
    with http:
        yield Gateway(http)


def _path(directory: str) -> str:
    return f"/directories/{quote(directory, safe='')}"


def _face(entry: dict[str, Any]) -> Face:
    left, top, right, bottom = entry["box"]
    return Face((left, top, right, bottom), entry["score"], entry["embedding"])


def _succeeded(response: httpx.Response) -> httpx.Response:
    if not response.is_success:
        raise CalibrationError(f"{response.url} answered {response.status_code}: {_detail(response)}")
    return response


def _detail(response: httpx.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, TypeError, KeyError):
        return response.reason_phrase
