"""What clients read. The only module that knows the envelope of /learn and /recognize."""

from typing import Annotated, Literal

from asgi_correlation_id import correlation_id
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from apiserver import faces
from apiserver.answer_fields import (
    BoxPixels,
    Cosine,
    DetectorScore,
    DirectoryName,
    ModelId,
    PersonId,
    Probability,
    rounded,
)
from apiserver.enrolment_warnings import EnrolmentWarning
from apiserver.faces import Decision, Face, Model, Thresholds
from apiserver.gallery import Enrolment
from apiserver.identification import Found
from apiserver.last_response import LastResponse
from apiserver.open_set import Applied, Source
from apiserver.problems import (
    GatewayBusy,
    ImageTooLarge,
    InvalidForm,
    InvalidJson,
    Outage,
    Problem,
    RequestInProgress,
    UnsupportedMediaType,
    UploadTimeout,
)
from apiserver.search_paths import Path
from apiserver.tracing import current_trace_id

ENVELOPE_PATHS = {"/learn", "/recognize"}
"""These answer failures as clients of the older face server know them."""
_BODY_UNREAD = (GatewayBusy, ImageTooLarge, InvalidForm, InvalidJson, UnsupportedMediaType, UploadTimeout)
"""Problems found before the body was read to its end; the connection cannot be used for another request."""


_TraceId = Annotated[
    str | None,
    Field(
        description="Where the request is in the traces, if any are sent.",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736"],
    ),
]


class LearnedPerson(BaseModel):
    """The person that was learned."""

    id: PersonId
    box: BoxPixels
    score: DetectorScore
    face: str = Field(examples=["f323466b-1e04-4d87-80eb-e950fde57ede"])


class Candidate(BaseModel):
    """An enrolled person whom a face resembles."""

    id: PersonId
    similarity: Cosine
    probability: Probability


class RecognizedPerson(BaseModel):
    """A detected face; `id` is absent when the decision is `unknown`."""

    id: PersonId | None = None
    box: BoxPixels
    score: DetectorScore
    probability: Probability
    similarity: Cosine | None
    decision: Decision
    candidates: list[Candidate]
    search: Path = Field(description="How it was found: by all embeddings, by their codes first, or by a graph.")


class AppliedThresholds(BaseModel):
    """The cosines that decided, and what made them.

    `match` is for the rate `fpir` unless a request or the directory fixed it; `review` is for ten times that rate.
    """

    match: float = Field(examples=[0.4987])
    review: float = Field(examples=[0.4546])
    source: Source = Field(description="What decided about `match`.")
    fpir: float = Field(description="The share of strangers that may be named.", examples=[0.001])
    faces: int = Field(description="The enrolled faces that a face is compared with.", examples=[812])
    calibrated: bool = Field(description="Whether the model's impostor scores were measured; assumed if not.")


class _Answer(BaseModel):
    status: Literal["OK"]
    url: str | None = Field(examples=["/files/2c116cd3-eff0-8136-b4d5-5e476fa58ff7.jpg"])
    filename: str = Field(examples=["portrait.jpg"])
    directory: DirectoryName
    model: ModelId


class LearnAnswer(_Answer):
    """The success of /learn; `created` is false when this photograph of this person was learned before."""

    persons: list[LearnedPerson]
    created: bool
    warnings: list[EnrolmentWarning]


class RecognizeAnswer(_Answer):
    """The success of /recognize: one entry for each detected face, best score first, and what was decided by."""

    persons: list[RecognizedPerson]
    thresholds: AppliedThresholds


class Refusal(BaseModel):
    """The failure of /learn and /recognize."""

    status: str = Field(examples=["More than one face detected."])
    code: str = Field(examples=["several-faces"])
    persons: None
    request_id: str | None = Field(examples=["288483c29ff94d78875cb8c8dfe4fed7"])
    trace_id: _TraceId


class ProblemDetails(BaseModel):
    """The failure of everything else, as RFC 9457 describes it."""

    type: str = Field(examples=["urn:faceserver:problem:file-not-found"])
    title: str = Field(examples=["There is no such file, or it has expired."])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such file, or it has expired."])
    code: str = Field(examples=["file-not-found"])
    request_id: str | None = Field(examples=["288483c29ff94d78875cb8c8dfe4fed7"])
    trace_id: _TraceId


def answer_response(answer: LearnAnswer | RecognizeAnswer) -> Response:
    """Return the success as the client reads it, without the fields that were never set."""
    return Response(answer.model_dump_json(exclude_unset=True), 201, media_type="application/json")


def file_url(key: str | None) -> str | None:
    """Return where the image can be fetched, if it is kept."""
    return f"/files/{key}" if key else None


def learned_person(person: str, enrolment: Enrolment) -> LearnedPerson:
    """Return the entry for the one person of /learn."""
    return LearnedPerson(id=person, box=list(enrolment.box), score=rounded(enrolment.score), face=str(enrolment.face))


def recognized_person(face: Face, found: Found, model: Model, thresholds: Thresholds) -> RecognizedPerson:
    """Return the entry for one face of /recognize."""
    candidates = found.candidates
    ranked = [_candidate(candidate, model) for candidate in candidates]
    best = ranked[0] if ranked else None
    decision = thresholds.decide(candidates[0].similarity) if candidates else Decision.UNKNOWN
    entry = RecognizedPerson(
        box=list(face.box),
        score=rounded(face.score),
        probability=best.probability if best else 0.0,
        similarity=best.similarity if best else None,
        decision=decision,
        candidates=ranked,
        search=found.path,
    )
    if best and decision is not Decision.UNKNOWN:
        entry.id = best.id
    return entry


def applied_thresholds(applied: Applied, model: Model) -> AppliedThresholds:
    """Return what a client reads of the thresholds."""
    return AppliedThresholds(
        match=rounded(applied.thresholds.match),
        review=rounded(applied.thresholds.review),
        source=applied.source,
        fpir=applied.fpir,
        faces=applied.faces,
        calibrated=model.calibrated,
    )


def _candidate(candidate: faces.Candidate, model: Model) -> Candidate:
    return Candidate(
        id=candidate.person,
        similarity=rounded(candidate.similarity),
        probability=rounded(model.calibration.probability(candidate.similarity)),
    )


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """Return the problem in the form that the path's clients expect, always with the request's id.

    What counts requests finds its code in the request's state. `body_unread` there says that a
    body of any length was not read to its end.
    """
    request.state.problem = problem.code
    headers = {}
    if isinstance(problem, Outage | RequestInProgress):
        headers["Retry-After"] = str(problem.retry_after_seconds)
    unread = isinstance(problem, _BODY_UNREAD) or getattr(request.state, "body_unread", False)
    kind = LastResponse if unread else JSONResponse
    if request.url.path in ENVELOPE_PATHS:
        return kind(refusal(problem).model_dump(), problem.status, headers)
    return kind(problem_details(problem).model_dump(), problem.status, headers, media_type="application/problem+json")


def refusal(problem: Problem) -> Refusal:
    """Return the failure of /learn or /recognize that is served now."""
    return Refusal(
        status=problem.sentence,
        code=problem.code,
        persons=None,
        request_id=correlation_id.get(),
        trace_id=current_trace_id(),
    )


def problem_details(problem: Problem) -> ProblemDetails:
    """Return the problem of the request that is served now."""
    return ProblemDetails(
        type=f"urn:faceserver:problem:{problem.code}",
        title=type(problem).sentence,
        status=problem.status,
        detail=problem.sentence,
        code=problem.code,
        request_id=correlation_id.get(),
        trace_id=current_trace_id(),
    )
