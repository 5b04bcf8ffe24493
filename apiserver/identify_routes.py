"""Identification of embeddings, by whoever made them elsewhere with the model in use: no photograph comes here."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, model_validator

from apiserver import sightings
from apiserver.answer_fields import Cosine, ModelId, PersonId, Probability, rounded
from apiserver.candidates import candidates_of
from apiserver.faces import Decision, Model, Thresholds
from apiserver.identification import Found
from apiserver.json_bodies import JsonBody, read_json
from apiserver.names import Name
from apiserver.photograph_calls import PROBLEMS, PhotographRoute
from apiserver.problems import InvalidEmbedding, ModelMismatch
from apiserver.responses import AppliedThresholds, ProblemDetails, applied_thresholds
from apiserver.search_paths import Path
from apiserver.search_sql import Scoring
from apiserver.state import State
from apiserver.telemetry import Stages

_CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": ProblemDetails}}
_MOST_EMBEDDINGS = 100
_MAX_BYTES = 2_000_000
"""A hundred embeddings of 512 numbers, each written with as many digits as there are."""

router = APIRouter(tags=["faces"], route_class=PhotographRoute)


class IdentifyBody(JsonBody):
    """One embedding or several, and where to search."""

    directory: Name = Field("default", description="Where to search.", examples=["acme"])
    model: str = Field(
        description="The model that made them, as `/embed` says it.", examples=["sface_2021dec@fb143eea0783"]
    )
    embedding: list[float] | None = Field(
        None, description="Of any length but zero.", examples=[[0.0314159, -0.0271828]]
    )
    embeddings: list[list[float]] | None = Field(
        None,
        min_length=1,
        max_length=_MOST_EMBEDDINGS,
        description="Several; not beside `embedding`.",
        examples=[[[0.0314159, -0.0271828], [-0.0161803, 0.0141421]]],
    )
    k: int = Field(5, ge=1, le=100, description="How many candidates to list for each.")
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="The cosine from which a candidate is a match.",
        examples=[0.5],
    )
    unique_persons: bool = Field(False, description="Whether everyone is one of them at most.")
    scoring: Scoring | None = Field(None, description="How a person's samples count; the directory's way if unset.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.embedding is None) == (self.embeddings is None):
            raise ValueError("give embedding or embeddings")
        return self

    def given(self) -> list[list[float]]:
        """Return the embeddings, also where it is one."""
        return self.embeddings or [self.embedding or []]


class IdentifiedCandidate(BaseModel):
    """An enrolled person whom an embedding resembles."""

    person: PersonId
    similarity: Cosine
    probability: Probability


class Identified(BaseModel):
    """Who an embedding is; `person` is absent when the decision is `unknown`."""

    person: PersonId | None = None
    decision: Decision
    similarity: Cosine | None
    probability: Probability
    candidates: list[IdentifiedCandidate]
    search: Path = Field(description="How it was found: by all embeddings, by their codes first, or by a graph.")


class IdentifyAnswer(BaseModel):
    """One result for each embedding, in their order, and what was decided by."""

    model: ModelId
    results: list[Identified]
    thresholds: AppliedThresholds


@dataclass(frozen=True, slots=True)
class _Given:
    """A probe that a client has computed."""

    embedding: list[float]


@router.post(
    "/identify",
    response_model=IdentifyAnswer,
    responses=PROBLEMS | _CONFLICT,
    openapi_extra=IdentifyBody.request_body(),
)
async def identify(request: Request) -> Response:
    """Say of every embedding who of the directory it is, if anybody."""
    state, stages = State.of(request), Stages.of(request)
    with stages.measure("read"):
        body = await read_json(request, IdentifyBody, max_bytes=_MAX_BYTES)
    model = await state.vectorizer.model_in_use()
    if body.model != model.id:
        raise ModelMismatch(f"The model in use is {model.id}; embeddings of another cannot be compared with its own.")
    probes = [_Given(_of_length_one(embedding, model)) for embedding in body.given()]
    with stages.measure("search"):
        applied = await state.directories.applied(body.directory, model, body.threshold)
        settings = await state.directories.settings(body.directory)
        found = await candidates_of(state, body, model, probes, settings=settings, thresholds=applied.thresholds)
    results = [_identified(one, model, applied.thresholds) for one in found]
    state.metrics.decided(results)
    if named := [(result.person, result.decision) for result in results if result.person is not None]:
        with stages.measure("note"):
            await sightings.note(state.database, body.directory, named, None)
    answer = IdentifyAnswer(model=model.id, results=results, thresholds=applied_thresholds(applied, model))
    return Response(answer.model_dump_json(exclude_unset=True), media_type="application/json")


def _of_length_one(embedding: Sequence[float], model: Model) -> list[float]:
    """Return the embedding as it is compared. Raises InvalidEmbedding."""
    if len(embedding) != model.dimension:
        raise InvalidEmbedding(f"An embedding of {model.id} has {model.dimension} numbers; one has {len(embedding)}.")
    length = math.hypot(*embedding)
    if not 0 < length < math.inf:  # nor is it so where a number is none
        raise InvalidEmbedding
    return [value / length for value in embedding]


def _identified(found: Found, model: Model, thresholds: Thresholds) -> Identified:
    candidates = [
        IdentifiedCandidate(
            person=candidate.person,
            similarity=rounded(candidate.similarity),
            probability=rounded(model.calibration.probability(candidate.similarity)),
        )
        for candidate in found.candidates
    ]
    best = candidates[0] if candidates else None
    decision = thresholds.decide(found.candidates[0].similarity) if candidates else Decision.UNKNOWN
    result = Identified(
        decision=decision,
        similarity=best.similarity if best else None,
        probability=best.probability if best else 0.0,
        candidates=candidates,
        search=found.path,
    )
    if best and decision is not Decision.UNKNOWN:
        result.person = best.person
    return result
