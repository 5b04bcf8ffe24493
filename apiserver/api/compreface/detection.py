"""Detection, and verification of two photographs or embeddings. Nothing is kept, and no subject is concerned."""

from fastapi import APIRouter, Request, Response

from apiserver.access.limits import ANALYSING
from apiserver.access.scopes import Scope
from apiserver.api.compreface.embeddings import all_normalised, read_pairs
from apiserver.api.compreface.faces import (
    answer,
    check_plugins,
    face_fields,
    faces_fields,
    found_faces,
    plugins_versions,
    rounded,
    selected,
)
from apiserver.api.compreface.requests import read_photographs
from apiserver.api.compreface.routes import CompreFacePhotographRoute
from apiserver.api.compreface.similarity import Curve
from apiserver.biometrics.comparison import cosine, pairs
from apiserver.biometrics.face import Look
from apiserver.http.access.guard import needs
from apiserver.http.photographs import PhotographCall
from apiserver.problems import SeveralFaces, VectorizerUnavailable
from apiserver.turns import taking_turns

_MAX_FACES = 100
"""Faces of each photograph that are compared, as by `POST /compare`."""

router = APIRouter(route_class=CompreFacePhotographRoute)


@router.post("/api/v1/detection/detect")
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def detect(request: Request) -> Response:
    """Return the faces of a photograph."""
    call = PhotographCall.of(request)
    wanted, [upload] = await read_photographs(call, "file")
    analysis, faces = await found_faces(call, upload, wanted)
    result = await faces_fields(faces, analysis, wanted)
    return answer({"result": result} | await plugins_versions(call, wanted))


@router.post("/api/v1/verification/verify")
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def verify(request: Request) -> Response:
    """Compare the only face of a photograph with those of another."""
    call = PhotographCall.of(request)
    wanted, [source_file, target_file] = await read_photographs(call, "source_image", "target_image")
    check_plugins(wanted)
    source, target = await call.analyse_both(source_file, target_file, Look(max_faces=_MAX_FACES))
    if source.model.id != target.model.id:
        raise VectorizerUnavailable("The vectorizers use different models at the moment.")
    [face, *others] = source.select(min_score=wanted.min_score, min_size=0) or selected(source, wanted)
    if others:
        raise SeveralFaces
    faces, curve = selected(target, wanted), Curve.of(source.model)
    judged = [pair.judgement for pair in pairs([face], faces, source.model)]
    matches = await faces_fields(faces, target, wanted)
    for fields, each in zip(matches, judged, strict=True):
        fields["similarity"] = 0.0 if each.reason else rounded(curve.similarity(each.similarity))
    result = {"source_image_face": face_fields(face, source, wanted), "face_matches": matches}
    return answer({"result": [result | await plugins_versions(call, wanted)]})


@router.post("/api/v1/verification/embeddings/verify")
@needs(Scope.RECOGNIZE)
async def verify_embeddings(request: Request) -> Response:
    """Compare an embedding with others."""
    call = PhotographCall.of(request)
    source, targets = await read_pairs(request)
    model = await call.state.vectorizer.model_in_use()
    [probe, *others], curve = all_normalised([source, *targets], model), Curve.of(model)
    result = [
        {"embedding": sent, "similarity": rounded(curve.similarity(cosine(probe, other)))}
        async for sent, other in taking_turns(list(zip(targets, others, strict=True)))
    ]
    return answer({"result": result})
