"""What all calls with photographs share: the form and the vectorizer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar, cast

from fastapi import Request

from apiserver.biometrics.face import Analysis, Look
from apiserver.http.access.guard import enter
from apiserver.http.forms import Form
from apiserver.http.multipart import FormLimits, Upload, read_form
from apiserver.problems import DirectoryNotFound, Refused
from apiserver.state import State
from apiserver.storage.photographs import Photograph, without_metadata
from apiserver.vectorizers.wire import Want
from serving.hang_up import while_connected
from serving.problem_responses import ProblemDetails
from serving.stages import Stages

AnyForm = TypeVar("AnyForm", bound=Form)
T = TypeVar("T")

STATUSES = (400, 405, 408, 413, 415, 422, 500, 503, 504)
PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in STATUSES}


_MAX_FACES = 600
"""Faces of all photographs of a call; each of twenty may show a group of thirty."""

_MIN_FACES = 16
"""Faces of a photograph that are embedded whatever the ones before it show: they cost no more than its pixels."""


@dataclass(slots=True)
class FacesLeft:
    """How many faces of a call's photographs were embedded."""

    taken: int = 0

    @property
    def allowed(self) -> int | None:
        """How many faces the next photograph may have; None for the first, which only the vectorizer limits."""
        return max(_MAX_FACES - self.taken, _MIN_FACES) if self.taken else None

    def limiting(self, look: Look) -> Look:
        """Return how the next photograph is looked at, with at most the faces that the call may have and wishes."""
        limits = [limit for limit in (look.max_faces, self.allowed) if limit is not None]
        return look._replace(max_faces=min(limits, default=None))


@dataclass(frozen=True, slots=True)
class PhotographCall:
    """A request with photographs, the gateway that serves it, and the durations of its stages."""

    request: Request
    state: State
    stages: Stages
    faces: FacesLeft

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the call that a request makes."""
        return cls(request, State.of(request), cast("Stages", request.state.stages), FacesLeft())

    async def read(self, kind: type[AnyForm], *, max_files: int = 1) -> AnyForm:
        """Return the form of the request, which is bound to the directory that the form names.

        Raises the problem of a malformed body, of an invalid field, or of a directory that the caller does not have.
        """
        settings = self.state.settings
        limits = FormLimits(settings.max_image_bytes, settings.upload_timeout_seconds, max_files)
        with self.stages.measure("read"):
            form = kind.of(await read_form(self.request, limits))
        if directory := getattr(form, "directory", None):
            enter(directory, missing=form.missing)
        return form

    async def analyse(self, upload: Upload, look: Look, wants: frozenset[Want] = frozenset()) -> Analysis:
        """Return the faces on a photograph.

        Raises the problem of a bad photograph, an Outage, or ClientDisconnect when the client hangs up.
        """
        look = self.faces.limiting(look)
        with self.stages.measure("vectorize"):
            async with while_connected(self.request.receive):
                analysis = await self.state.vectorizer.analyse(upload.content, wants, look)
        self.faces.taken += len(analysis.faces)
        self.stages.add(analysis.timings)
        return analysis

    async def analyse_to_store(
        self, upload: Upload, look: Look, wants: frozenset[Want] = frozenset()
    ) -> tuple[Analysis, Photograph]:
        """Return the faces on a photograph, and what may be stored of it. Raises as `analyse` does."""
        cleaned = await without_metadata(upload.content)
        analysis = await self.analyse(upload, look, wants if cleaned else wants | {Want.PICTURE})
        return analysis, Photograph(upload.content, cleaned, analysis.image, analysis.picture)

    async def analyse_both(
        self, source: Upload, target: Upload, look: Look, wants: frozenset[Want] = frozenset()
    ) -> tuple[Analysis, Analysis]:
        """Return the faces on two photographs, analysed concurrently.

        Raises the problem of the first bad one, an Outage, or ClientDisconnect.
        """
        with self.stages.measure("vectorize"):
            async with while_connected(self.request.receive):
                first, second = await asyncio.gather(
                    *(self.state.vectorizer.analyse(upload.content, wants, look) for upload in (source, target)),
                    return_exceptions=True,
                )
        if isinstance(first, BaseException):
            raise first
        if isinstance(second, BaseException):
            raise second
        self.stages.add(first.timings)
        self.stages.add(second.timings)
        return first, second


@contextmanager
def noting_refusal(outcomes: list[T | Refused]) -> Iterator[None]:
    """Append the refusal of one of several photographs to the outcomes.

    Raises what concerns all of them: an Outage, or DirectoryNotFound.
    """
    try:
        yield
    except DirectoryNotFound:
        raise
    except Refused as refusal:
        outcomes.append(refusal)
