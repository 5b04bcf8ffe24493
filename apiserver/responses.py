"""What clients read. The only module that knows the envelope of /learn and /recognize."""

from collections.abc import Sequence
from typing import Any, Literal

from asgi_correlation_id import correlation_id
from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from apiserver import faces
from apiserver.faces import Decision, Face, Model, Thresholds
from apiserver.gallery import Enrolment
from apiserver.problems import ImageTooLarge, InvalidForm, Outage, Problem, UnsupportedMediaType, UploadTimeout

_ENVELOPE_PATHS = {"/learn", "/recognize"}
_BODY_UNREAD = (ImageTooLarge, InvalidForm, UnsupportedMediaType, UploadTimeout)
"""Problems found before the body was read to its end; the connection cannot be used for another request."""

_DECIMALS = 6


class LearnedPerson(BaseModel):
    """The person that was learned."""

    id: str
    box: list[int]
    score: float
    face: str


class Candidate(BaseModel):
    """An enrolled person whom a face resembles."""

    id: str
    similarity: float
    probability: float


class RecognizedPerson(BaseModel):
    """A detected face; `id` is absent when the decision is `unknown`."""

    id: str | None = None
    box: list[int]
    score: float
    probability: float
    similarity: float | None
    decision: Decision
    candidates: list[Candidate]


class _Answer(BaseModel):
    status: Literal["OK"]
    url: str | None
    filename: str
    directory: str
    model: str


class LearnAnswer(_Answer):
    """The success of /learn; `created` is false when this photograph of this person was learned before."""

    persons: list[LearnedPerson]
    created: bool


class RecognizeAnswer(_Answer):
    """The success of /recognize: one entry for each detected face, best score first."""

    persons: list[RecognizedPerson]


class Refusal(BaseModel):
    """The failure of /learn and /recognize."""

    status: str
    code: str
    persons: None
    request_id: str | None


class ProblemDetails(BaseModel):
    """The failure of everything else, as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    code: str
    request_id: str | None


def file_url(key: str | None) -> str | None:
    """Return where the image can be fetched, if it is kept."""
    return f"/files/{key}" if key else None


def learned_person(person: str, enrolment: Enrolment) -> LearnedPerson:
    """Return the entry for the one person of /learn."""
    return LearnedPerson(
        id=person, box=list(enrolment.box), score=round(enrolment.score, _DECIMALS), face=str(enrolment.face)
    )


def recognized_person(
    face: Face, candidates: Sequence[faces.Candidate], model: Model, thresholds: Thresholds
) -> RecognizedPerson:
    """Return the entry for one face of /recognize, whose `candidates` come best first."""
    ranked = [_candidate(candidate, model) for candidate in candidates]
    best = ranked[0] if ranked else None
    decision = thresholds.decide(candidates[0].similarity) if candidates else Decision.UNKNOWN
    entry = RecognizedPerson(
        box=list(face.box),
        score=round(face.score, _DECIMALS),
        probability=best.probability if best else 0.0,
        similarity=best.similarity if best else None,
        decision=decision,
        candidates=ranked,
    )
    known = best is not None and decision is not Decision.UNKNOWN
    return entry.model_copy(update={"id": best.id}) if best and known else entry


def _candidate(candidate: faces.Candidate, model: Model) -> Candidate:
    return Candidate(
        id=candidate.person,
        similarity=round(candidate.similarity, _DECIMALS),
        probability=round(model.calibration.probability(candidate.similarity), _DECIMALS),
    )


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """Return the problem in the form that the path's clients expect, always with the request's id."""
    headers = {}
    if isinstance(problem, Outage):
        headers["Retry-After"] = str(problem.retry_after_seconds)
    if isinstance(problem, _BODY_UNREAD):
        headers["Connection"] = "close"
    if request.url.path in _ENVELOPE_PATHS:
        return JSONResponse(_envelope(problem), problem.status, headers)
    return JSONResponse(_details(problem), problem.status, headers, media_type="application/problem+json")


def _envelope(problem: Problem) -> dict[str, Any]:
    return Refusal(
        status=problem.sentence, code=problem.code, persons=None, request_id=correlation_id.get()
    ).model_dump()


def _details(problem: Problem) -> dict[str, Any]:
    return ProblemDetails(
        type=f"urn:faceserver:problem:{problem.code}",
        title=problem.sentence,
        status=problem.status,
        code=problem.code,
        request_id=correlation_id.get(),
    ).model_dump()
