"""What the calls have in common that take a photograph: a place while they last, the form, and the vectorizer."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from apiserver.faces import Analysis
from apiserver.hang_up import while_connected
from apiserver.problems import DirectoryNotFound, Refused
from apiserver.responses import ProblemDetails
from apiserver.state import State
from apiserver.telemetry import Stages
from apiserver.uploads import Fields, FormLimits, Upload, places_needed, read_form
from apiserver.vectorizer_wire import Want

T = TypeVar("T")

STATUSES = (400, 405, 408, 413, 415, 422, 500, 503, 504)
PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in STATUSES}


class PhotographRoute(APIRoute):
    """Calls its function with the request alone, which takes its place.

    FastAPI, which does not read these forms, only documents it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request."""

        async def handle(request: Request) -> Response:
            state = State.of(request)
            with state.places.taken(places_needed(request, state.settings.max_image_bytes)):
                response: Response = await self.endpoint(request)
                return response

        return handle


async def read_fields(request: Request, state: State, *, most_files: int = 1) -> Fields:
    """Return the fields of the request's form. Raises the problems of a body that is no such form."""
    settings = state.settings
    return await read_form(request, FormLimits(settings.max_image_bytes, settings.upload_timeout_seconds, most_files))


async def analyse(
    request: Request, upload: Upload, state: State, stages: Stages, wants: frozenset[Want] = frozenset()
) -> Analysis:
    """Return what the vectorizer sees on a photograph. Raises ClientDisconnect when nobody waits for it any more."""
    with stages.measure("vectorize"):
        async with while_connected(request.receive):
            analysis = await state.vectorizer.analyse(upload.content, wants)
    stages.add(analysis.timings)
    return analysis


async def analyse_both(
    request: Request, uploads: tuple[Upload, Upload], state: State, stages: Stages
) -> tuple[Analysis, Analysis]:
    """Return what the vectorizers see on two photographs, which they look at together.

    Raises the problem of the first bad one, or ClientDisconnect.
    """
    with stages.measure("vectorize"):
        async with while_connected(request.receive):
            one, other = await asyncio.gather(
                *(state.vectorizer.analyse(upload.content) for upload in uploads), return_exceptions=True
            )
    if isinstance(one, BaseException):
        raise one
    if isinstance(other, BaseException):
        raise other
    stages.add(one.timings)
    stages.add(other.timings)
    return one, other


async def each(attempts: Iterable[Coroutine[Any, Any, T]]) -> list[T | Refused]:
    """Return what becomes of each of several photographs, one after the other.

    Raises what concerns all of them: an Outage, or DirectoryNotFound.
    """
    outcomes: list[T | Refused] = []
    for attempt in attempts:
        try:
            outcomes.append(await attempt)
        except DirectoryNotFound:
            raise
        except Refused as refusal:
            outcomes.append(refusal)
    return outcomes
