"""/detect and /embed: the faces of a photograph. Nothing is kept."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from apiserver.access.limits import ANALYSING
from apiserver.access.scopes import Scope
from apiserver.api.fields import (
    BoxPixels,
    DetectorScore,
    EmbeddingField,
    FacesOmitted,
    ModelId,
    OrientationDegrees,
    Recognizability,
    rounded,
    rounded_embedding,
    rounded_or_none,
)
from apiserver.biometrics.face import Face
from apiserver.biometrics.quality import pose
from apiserver.http.access.guard import needs
from apiserver.http.admission import PhotographRoute
from apiserver.http.answers import json_answer
from apiserver.http.forms import FileField, LookForm
from apiserver.http.photographs import PROBLEMS, PhotographCall
from apiserver.turns import taking_turns
from apiserver.vectorizers.wire import Want
from serving.hang_up import while_connected

router = APIRouter(tags=["photographs"], route_class=PhotographRoute)


class EmbedForm(LookForm):
    """A photograph of any number of people."""

    file: FileField


class DetectForm(LookForm):
    """A photograph of any number of people, and which of its faces to return."""

    file: FileField
    min_score: float = Field(0, ge=0, le=1, description="Faces with a lower detector score are omitted.")
    min_size: int = Field(0, ge=0, le=100_000, description="Faces whose shorter side has fewer pixels are omitted.")
    draw: bool = Field(False, description="Return the photograph with its faces drawn in, as a JPEG.")


class EmbeddedFace(BaseModel):
    """A detected face and its embedding."""

    box: BoxPixels
    score: DetectorScore
    recognizability: Recognizability
    embedding: EmbeddingField


class EmbedAnswer(BaseModel):
    """One entry for each detected face, best score first."""

    model: ModelId
    width: int = Field(description="Of the upright image, pixels.", examples=[1280])
    height: int = Field(description="Of the upright image, pixels.", examples=[886])
    orientation: OrientationDegrees
    faces_omitted: FacesOmitted
    faces: list[EmbeddedFace]


class Quality(BaseModel):
    """The measurements of a face, see docs/quality.md."""

    sharpness: float = Field(description="0 for a uniform surface; increases with fine detail.", examples=[0.412])
    brightness: float = Field(description="0 black to 1 white.", examples=[0.547])
    size: int = Field(description="The shorter side of the box, pixels.", examples=[113])


class Pose(BaseModel):
    """The direction of a face in degrees, all 0 towards the camera; accurate to several degrees, pitch least."""

    yaw: float = Field(description="Positive towards the right edge of the image.", examples=[-8.4])
    pitch: float = Field(description="Positive upwards.", examples=[3.1])
    roll: float = Field(description="Positive clockwise.", examples=[1.2])


class DetectedFace(BaseModel):
    """A detected face."""

    box: BoxPixels
    score: DetectorScore
    recognizability: Recognizability
    landmarks: list[list[float]] = Field(
        description="Five x, y in pixels: eye, eye, nose, mouth corner, mouth corner; left before right as seen.",
        examples=[[[198.1, 108.2], [240.7, 107.9], [219.3, 131.0], [203.4, 150.2], [237.5, 149.8]]],
    )
    quality: Quality | None = Field(description="null if the vectorizer is too old to measure it.")
    pose: Pose


class DetectAnswer(BaseModel):
    """One entry for each detected face, best score first."""

    model: ModelId
    width: int = Field(description="Of the upright image, pixels.", examples=[1280])
    height: int = Field(description="Of the upright image, pixels.", examples=[886])
    orientation: OrientationDegrees
    faces_omitted: FacesOmitted
    faces: list[DetectedFace]


@router.post(
    "/detect",
    response_model=DetectAnswer,
    responses=PROBLEMS | {200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
    openapi_extra={"requestBody": DetectForm.request_body()},
)
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def detect(request: Request) -> Response:
    """Return the position, quality and pose of every face on a photograph; nothing is kept."""
    call = PhotographCall.of(request)
    form = await call.read(DetectForm)
    if form.draw:
        with call.stages.measure("vectorize"):
            async with while_connected(request.receive):
                drawing = await call.state.vectorizer.drawing(
                    form.file.content, min_score=form.min_score, min_size=form.min_size, look=form.look
                )
        return Response(drawing, media_type="image/jpeg")
    analysis = await call.analyse(form.file, form.look, frozenset({Want.QUALITY}))
    faces = analysis.select(min_score=form.min_score, min_size=form.min_size)
    answer = DetectAnswer(
        model=analysis.model.id,
        width=analysis.image.width,
        height=analysis.image.height,
        orientation=analysis.image.orientation,
        faces_omitted=analysis.faces_omitted,
        faces=[_detected(face) async for face in taking_turns(faces)],
    )
    return await json_answer(answer)


@router.post(
    "/embed",
    response_model=EmbedAnswer,
    responses=PROBLEMS,
    openapi_extra={"requestBody": EmbedForm.request_body()},
)
@needs(Scope.EXPORT, spends=ANALYSING)
async def embed(request: Request) -> Response:
    """Return the embedding of every face on a photograph; nothing is kept."""
    call = PhotographCall.of(request)
    form = await call.read(EmbedForm)
    analysis = await call.analyse(form.file, form.look)
    answer = EmbedAnswer(
        model=analysis.model.id,
        width=analysis.image.width,
        height=analysis.image.height,
        orientation=analysis.image.orientation,
        faces_omitted=analysis.faces_omitted,
        faces=[_embedded(face) async for face in taking_turns(analysis.faces)],
    )
    return await json_answer(answer)


def _detected(face: Face) -> DetectedFace:
    quality, towards = face.quality, pose(face.landmarks)
    return DetectedFace(
        box=list(face.box),
        score=rounded(face.score),
        recognizability=rounded_or_none(face.recognizability),
        landmarks=[[round(x, 1), round(y, 1)] for x, y in face.landmarks],
        quality=quality
        and Quality(sharpness=rounded(quality.sharpness), brightness=rounded(quality.brightness), size=face.size),
        pose=Pose(yaw=round(towards.yaw, 1), pitch=round(towards.pitch, 1), roll=round(towards.roll, 1)),
    )


def _embedded(face: Face) -> EmbeddedFace:
    return EmbeddedFace(
        box=list(face.box),
        score=rounded(face.score),
        recognizability=rounded_or_none(face.recognizability),
        embedding=rounded_embedding(face.embedding),
    )
