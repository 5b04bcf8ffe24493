"""Recognition of photographs and embeddings among the subjects, and verification of one of their photographs."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from apiserver.access.grants import current_grant, default_directory
from apiserver.access.limits import ANALYSING
from apiserver.access.scopes import Scope
from apiserver.api.compreface.embeddings import all_normalised, read_probes
from apiserver.api.compreface.faces import Fields, answer, faces_fields, found_faces, plugins_versions, rounded
from apiserver.api.compreface.images import image_id
from apiserver.api.compreface.requests import Parameters, parameters, read_photographs
from apiserver.api.compreface.routes import CompreFacePhotographRoute
from apiserver.api.compreface.similarity import Curve
from apiserver.biometrics.comparison import judge
from apiserver.biometrics.face import Probe
from apiserver.biometrics.model import Decision, Model
from apiserver.biometrics.recognizability import unknown_reason
from apiserver.http.access.guard import needs
from apiserver.http.photographs import PhotographCall
from apiserver.people import photographs
from apiserver.problems import FaceNotFound
from apiserver.recognition import sightings
from apiserver.recognition.candidates import Identity, SearchOptions
from apiserver.turns import taking_turns

_PATH = "/api/v1/recognition"

router = APIRouter(route_class=CompreFacePhotographRoute)


@router.post(f"{_PATH}/recognize")
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def recognize(request: Request) -> Response:
    """Name the subjects that resemble each face of a photograph most."""
    call = PhotographCall.of(request)
    wanted, [upload] = await read_photographs(call, "file")
    analysis, faces = await found_faces(call, upload, wanted)
    identities = await _identified(call, [face.probe for face in faces], analysis.model, wanted)
    curve = Curve.of(analysis.model)
    result = await faces_fields(faces, analysis, wanted)
    for fields, identity in zip(result, identities, strict=True):
        fields["subjects"] = _subjects(identity, curve)
    return answer({"result": result} | await plugins_versions(call, wanted))


@router.post(f"{_PATH}/faces/{{image_id}}/verify")
@needs(Scope.RECOGNIZE, spends=ANALYSING)
async def verify_face(request: Request) -> Response:
    """Compare each face of a photograph with one of a subject."""
    call = PhotographCall.of(request)
    wanted, [upload] = await read_photographs(call, "file")
    analysis, faces = await found_faces(call, upload, wanted)
    person, similarities = await _compared(call, [face.probe for face in faces], analysis.model)
    result = await faces_fields(faces, analysis, wanted)
    shown = {"subject": person} if current_grant().has(Scope.READ) else {}
    for fields, similarity in zip(result, similarities, strict=True):
        fields.update(shown, similarity=similarity)
    return answer({"result": result} | await plugins_versions(call, wanted))


@router.post(f"{_PATH}/embeddings/recognize")
@needs(Scope.RECOGNIZE)
async def recognize_embeddings(request: Request) -> Response:
    """Name the subjects that resemble each embedding most."""
    call = PhotographCall.of(request)
    wanted = parameters(request)
    sent = await read_probes(request)
    model = await call.state.vectorizer.model_in_use()
    probes = [Probe(each) for each in all_normalised(sent, model)]
    identities = await _identified(call, probes, model, wanted)
    curve = Curve.of(model)
    result = [
        {"embedding": embedding, "similarities": _subjects(identity, curve)}
        async for embedding, identity in taking_turns(zip(sent, identities, strict=True))
    ]
    return answer({"result": result})


@router.post(f"{_PATH}/embeddings/faces/{{image_id}}/verify")
@needs(Scope.RECOGNIZE)
async def verify_embeddings(request: Request) -> Response:
    """Compare embeddings with a face of a subject."""
    call = PhotographCall.of(request)
    sent = await read_probes(request)
    model = await call.state.vectorizer.model_in_use()
    _, similarities = await _compared(call, [Probe(each) for each in all_normalised(sent, model)], model)
    pairs = zip(sent, similarities, strict=True)
    return answer({"result": [{"embedding": embedding, "similarity": each} for embedding, each in pairs]})


async def _identified(
    call: PhotographCall, probes: Sequence[Probe], model: Model, wanted: Parameters
) -> list[Identity]:
    named_only = not current_grant().has(Scope.READ)
    options = SearchOptions(
        default_directory(), wanted.candidates, None, None, unique_persons=False, named_only=named_only
    )
    recognized = await call.state.recognition.recognize(probes, model, options, call.stages)
    call.state.metrics.decided(recognized.identities)
    return recognized.identities


def _subjects(identity: Identity, curve: Curve) -> list[Fields]:
    """Return the candidates; none for an unrecognizable face, regardless of its similarities."""
    if identity.reason:
        return []
    return [
        {"subject": each.person, "similarity": rounded(curve.similarity(each.similarity))}
        for each in identity.candidates
    ]


async def _compared(call: PhotographCall, probes: Sequence[Probe], model: Model) -> tuple[str, list[float]]:
    """Return the person of the face in the path, and its similarities with probes, 0 with unrecognizable ones.

    Raises FaceNotFound.
    """
    state, directory, face = call.state, default_directory(), image_id(call.request)
    with call.stages.measure("search"):
        floor = await state.directories.floor(directory, model)
        async with state.database.connection() as connection:
            found = await photographs.compare(
                connection, directory, face, model.id, [probe.embedding for probe in probes]
            )
    if found is None:
        raise FaceNotFound(f"Image {face} not found")
    reasons = [unknown_reason(probe.recognizability, floor) for probe in probes]
    pairs = list(zip(found.cosines, reasons, strict=True))
    decisions = {judge(cosine, model, reason).decision for cosine, reason in pairs}
    named = [found.person] if decisions != {Decision.UNKNOWN} else []
    await state.reads.recognized(directory, named, faces=len(probes))
    if Decision.MATCH in decisions:
        await sightings.note(state.database, directory, [(found.person, Decision.MATCH)], None)
    curve = Curve.of(model)
    return found.person, [0.0 if reason else rounded(curve.similarity(cosine)) for cosine, reason in pairs]
