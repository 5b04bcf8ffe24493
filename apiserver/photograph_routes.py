"""What a photograph shows, whoever it is: nothing of these calls is kept."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from apiserver.answer_fields import BoxPixels, DetectorScore, Embedding, ModelId, rounded, rounded_embedding
from apiserver.faces import Face
from apiserver.forms import EmbedForm
from apiserver.photograph_calls import PROBLEMS, PhotographRoute, analyse, read_fields
from apiserver.state import State
from apiserver.telemetry import Stages

router = APIRouter(tags=["photographs"], route_class=PhotographRoute)


class EmbeddedFace(BaseModel):
    """A detected face and its embedding."""

    box: BoxPixels
    score: DetectorScore
    embedding: Embedding


class EmbedAnswer(BaseModel):
    """One entry for each detected face, best score first."""

    model: ModelId
    width: int = Field(description="Of the upright image, pixels.", examples=[1280])
    height: int = Field(description="Of the upright image, pixels.", examples=[886])
    faces: list[EmbeddedFace]


@router.post("/embeddings", include_in_schema=False)  # the name it had first
@router.post(
    "/embed",
    response_model=EmbedAnswer,
    responses=PROBLEMS,
    openapi_extra={"requestBody": EmbedForm.request_body()},
)
async def embed(request: Request) -> Response:
    """Return the embedding of every face on a photograph; nothing is kept."""
    state, stages = State.of(request), Stages.of(request)
    with stages.measure("read"):
        form = EmbedForm.of(await read_fields(request, state))
    analysis = await analyse(request, form.file, state, stages)
    answer = EmbedAnswer(
        model=analysis.model.id,
        width=analysis.image.width,
        height=analysis.image.height,
        faces=[_embedded(face) for face in analysis.faces],
    )
    return Response(answer.model_dump_json(), media_type="application/json")


def _embedded(face: Face) -> EmbeddedFace:
    embedding = rounded_embedding(face.embedding)
    return EmbeddedFace(box=list(face.box), score=rounded(face.score), embedding=embedding)
