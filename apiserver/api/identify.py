"""/identify: identification of embeddings that clients computed elsewhere with the model in use."""

import math
from collections.abc import Sequence
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, model_validator

from apiserver.access.grants import current_grant, default_directory
from apiserver.access.scopes import Scope
from apiserver.api.fields import (
    AppliedThresholds,
    Cosine,
    ModelId,
    PersonId,
    Probability,
    ReasonField,
    RecognitionWarning,
    applied_thresholds,
    recognition_warnings,
    rounded,
)
from apiserver.biometrics.face import Embedding, Probe
from apiserver.biometrics.model import Decision, Model, Scoring
from apiserver.http.access.guard import enter, needs
from apiserver.http.admission import PhotographRoute
from apiserver.http.answers import json_answer
from apiserver.http.json.bodies import JsonBody, read_json
from apiserver.http.photographs import PROBLEMS, PhotographCall
from apiserver.names import Name
from apiserver.problems import InvalidEmbedding, ModelMismatch
from apiserver.recognition.candidates import Identity, SearchOptions
from apiserver.search.planning import Path
from apiserver.turns import taking_turns
from serving.problem_responses import ProblemDetails

_CONFLICT: dict[int | str, dict[str, Any]] = {409: {"model": ProblemDetails}}
MAX_EMBEDDINGS = 100
MAX_BYTES = 2_000_000
"""A hundred embeddings of 512 numbers, each written with all its digits."""
MAX_COUNTS = {b":": 1_000, b"[": 2 * MAX_EMBEDDINGS, b",": 2_048 * MAX_EMBEDDINGS}
"""Fields with texts, lists, and numbers."""

Share = Annotated[float, Field(ge=0, le=1)]
Numbers = Annotated[list[float], Field(fail_fast=True)]
"""Otherwise there would be an error for each of a million wrong values."""

router = APIRouter(tags=["faces"], route_class=PhotographRoute)


class IdentifyBody(JsonBody):
    """One or several embeddings, and the directory to search."""

    directory: Name = Field(
        default_factory=default_directory,
        description="The directory to search.",
        examples=["acme"],
        json_schema_extra={"default": "default"},
    )
    model: str = Field(
        description="The model that computed them, as returned by `/embed`.", examples=["sface_2021dec@fb143eea0783"]
    )
    embedding: Numbers | None = Field(
        None,
        description="The embedding; its length need not be 1, but must not be 0.",
        examples=[[0.0314159, -0.0271828]],
    )
    embeddings: Annotated[list[Numbers], Field(fail_fast=True)] | None = Field(
        None,
        min_length=1,
        max_length=MAX_EMBEDDINGS,
        description="Several; not together with `embedding`.",
        examples=[[[0.0314159, -0.0271828], [-0.0161803, 0.0141421]]],
    )
    recognizability: Share | None = Field(
        None,
        description="That of `embedding`, as returned by `/embed`; without it no floor is applied.",
        examples=[0.973],
    )
    recognizabilities: Annotated[list[Share | None], Field(fail_fast=True)] | None = Field(
        None,
        description="Those of `embeddings`, in the same order; without them no floor is applied.",
        examples=[[0.973, None]],
    )
    k: int = Field(5, ge=1, le=100, description="Maximum number of candidates for each embedding.")
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="Minimum cosine of a match, instead of the directory's.",
        examples=[0.5],
    )
    unique_persons: bool = Field(False, description="Whether each person can have at most one of the embeddings.")
    scoring: Scoring | None = Field(
        None, description="How a person's faces are combined; the directory's setting if unset."
    )

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        if (self.embedding is None) == (self.embeddings is None):
            raise ValueError("give embedding or embeddings")
        if self.recognizability is not None and self.embedding is None:
            raise ValueError("recognizability belongs to embedding; recognizabilities to embeddings")
        if self.recognizabilities is not None and len(self.recognizabilities) != len(self.embeddings or []):
            raise ValueError("recognizabilities must have one value or null for each of the embeddings")
        return self

    def search_options(self) -> SearchOptions:
        """Return the options of the search."""
        named_only = not current_grant().has(Scope.READ)
        return SearchOptions(self.directory, self.k, self.threshold, self.scoring, self.unique_persons, named_only)

    def probes(self, model: Model) -> list[Probe]:
        """Return the normalised embeddings, even if it is only one. Raises InvalidEmbedding."""
        if self.embedding is not None:
            return [Probe(normalised(self.embedding, model), self.recognizability)]
        embeddings = self.embeddings or []
        recognizabilities = self.recognizabilities or [None] * len(embeddings)
        return [
            Probe(normalised(embedding, model), recognizability)
            for embedding, recognizability in zip(embeddings, recognizabilities, strict=True)
        ]


class IdentifiedCandidate(BaseModel):
    """An enrolled person who resembles an embedding."""

    person: PersonId
    similarity: Cosine
    probability: Probability


class Identified(BaseModel):
    """The identity of an embedding; `person` is absent when the decision is `unknown`."""

    person: PersonId | None = None
    decision: Decision
    reason: ReasonField
    similarity: Cosine | None
    probability: Probability
    candidates: list[IdentifiedCandidate]
    search: Path = Field(
        description="How the directory was searched: by all embeddings, by their codes first, or by a graph."
    )


class IdentifyAnswer(BaseModel):
    """One result for each embedding, in order, and the thresholds."""

    model: ModelId
    results: list[Identified]
    thresholds: AppliedThresholds
    warnings: list[RecognitionWarning]


@router.post(
    "/identify",
    response_model=IdentifyAnswer,
    responses=PROBLEMS | _CONFLICT,
    openapi_extra=IdentifyBody.request_body(),
)
@needs(Scope.RECOGNIZE)
async def identify(request: Request) -> Response:
    """Identify embeddings within a directory.

    An embedding does not show whether the face was recognizable: send its `recognizability`, or no floor is applied.
    """
    call = PhotographCall.of(request)
    with call.stages.measure("read"):
        body = await read_json(request, IdentifyBody, max_bytes=MAX_BYTES, max_counts=MAX_COUNTS)
    enter(body.directory)
    model = await call.state.vectorizer.model_in_use()
    if body.model != model.id:
        raise ModelMismatch(f"The model in use is {model.id}; embeddings of different models cannot be compared.")
    options = body.search_options()
    recognized = await call.state.recognition.recognize(body.probes(model), model, options, call.stages)
    call.state.metrics.decided(recognized.identities)
    answer = IdentifyAnswer(
        model=model.id,
        results=[_identified(identity, model) async for identity in taking_turns(recognized.identities)],
        thresholds=applied_thresholds(recognized.applied, model),
        warnings=recognition_warnings(body.directory, recognized),
    )
    return await json_answer(answer, exclude_unset=True)


def normalised(embedding: Sequence[float], model: Model) -> Embedding:
    """Return the normalised embedding. Raises InvalidEmbedding."""
    if len(embedding) != model.dimension:
        raise InvalidEmbedding(f"An embedding of {model.id} has {model.dimension} numbers; one has {len(embedding)}.")
    length = math.hypot(*embedding)
    if not 0 < length < math.inf:  # false for NaN too
        raise InvalidEmbedding
    return [value / length for value in embedding]


def _identified(identity: Identity, model: Model) -> Identified:
    candidates = [
        IdentifiedCandidate(
            person=candidate.person,
            similarity=rounded(candidate.similarity),
            probability=rounded(model.calibration.probability(candidate.similarity)),
        )
        for candidate in identity.candidates
    ]
    best = candidates[0] if candidates else None
    result = Identified(
        decision=identity.decision,
        reason=identity.reason,
        similarity=best.similarity if best else None,
        probability=best.probability if best else 0.0,
        candidates=candidates,
        search=identity.path,
    )
    if best and identity.decision is not Decision.UNKNOWN:
        result.person = best.person
    return result
