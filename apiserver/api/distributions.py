"""The route of score distributions."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from apiserver.access.scopes import Scope
from apiserver.api.fields import AppliedThresholds, ModelId, applied_thresholds, rounded, rounded_or_none
from apiserver.database.pool import Share
from apiserver.directories import distributions
from apiserver.directories.distributions import Distributions, Rates
from apiserver.http.access.guard import needs
from apiserver.http.answers import json_answer
from apiserver.http.paths import DirectoryName, EncodedRoute
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503, 504)}

router = APIRouter(tags=["directories"], route_class=EncodedRoute)


class Bin(BaseModel):
    """Numbers of pairs with a similarity from `start` up to `end`."""

    start: float = Field(examples=[0.42])
    end: float = Field(examples=[0.44])
    same: int = Field(description="Pairs of photographs of one person.", examples=[12])
    different: int = Field(description="Pairs of faces of different people.", examples=[3])


class RatesAnswer(BaseModel):
    """What a match threshold would mean for this directory."""

    threshold: float = Field(examples=[0.46])
    missed: float | None = Field(
        description="The share of sampled faces that no other photograph of their person reaches; null if no person "
        "has several photographs.",
        examples=[0.031],
    )
    stranger_named: float = Field(
        description="The share of strangers who reach it with any face of the directory, from the model's tail; at "
        "least this much below its start.",
        examples=[0.001],
    )
    alike: float | None = Field(
        description="The share of sampled pairs of different people who reach it; null if there is one person.",
        examples=[0.0],
    )

    @classmethod
    def of(cls, rates: Rates) -> "RatesAnswer":
        """Return rates as clients read them."""
        return cls(
            threshold=rates.threshold,
            missed=rounded_or_none(rates.missed),
            stranger_named=rounded(rates.stranger_named),
            alike=rounded_or_none(rates.alike),
        )


class DistributionsAnswer(BaseModel):
    """The similarities of faces of the same person and of different people, from a sample of the directory."""

    directory: str = Field(examples=["acme"])
    model: ModelId
    persons: int = Field(examples=[301])
    faces: int = Field(description="Enrolled faces of the model in use.", examples=[812])
    sampled: int = Field(description="Number of faces in the random sample.", examples=[500])
    same: int = Field(description="Number of pairs of photographs of one person.", examples=[1430])
    different: int = Field(description="Number of pairs of different people.", examples=[124302])
    bins: list[Bin]
    rates: list[RatesAnswer]
    thresholds: AppliedThresholds


@router.get("/directories/{directory}/score-distributions", response_model=DistributionsAnswer, responses=_PROBLEMS)
@needs(Scope.READ)
async def score_distributions(directory: DirectoryName, state: StateOf) -> Response:
    """Return the similarities of faces of the same and of different people, and the error rates of each threshold."""
    settings = (await state.directories.read(directory)).settings
    model = await state.vectorizer.model_in_use()
    terms = await state.directories.describe(directory, settings, model)
    async with state.database.connection(Share.READS) as connection:
        found = await distributions.sample(connection, directory, model)
    answer = DistributionsAnswer(
        directory=directory,
        model=model.id,
        persons=terms.size.persons,
        faces=terms.size.faces,
        sampled=found.sampled,
        same=sum(found.same),
        different=sum(found.different),
        bins=_bins(found),
        rates=[RatesAnswer.of(each) for each in distributions.rates(found, model, terms.size.faces)],
        thresholds=applied_thresholds(terms.applied, model),
    )
    return await json_answer(answer)


def _bins(found: Distributions) -> list[Bin]:
    edges = distributions.edges()
    limits = zip(edges, edges[1:], found.same, found.different, strict=False)
    return [Bin(start=start, end=end, same=same, different=different) for start, end, same, different in limits]
