"""Faces of a collection: they are indexed, listed and deleted."""

from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from apiserver.api.rekognition.bodies import FacesBody, IndexFacesBody, ListFacesBody
from apiserver.api.rekognition.calls import Answer, Call, digest_of, present, require_collection
from apiserver.api.rekognition.details import (
    by_size,
    enrolled_face,
    face_detail,
    face_id,
    image_id,
    model_version,
    reasons_against,
)
from apiserver.api.rekognition.images import upload_of
from apiserver.api.rekognition.tokens import read_token, write_token
from apiserver.biometrics.face import Analysis, Face, Look
from apiserver.biometrics.quality import Action, findings
from apiserver.database.pool import Share
from apiserver.directories.records import SearchTerms
from apiserver.people import indexed_faces
from apiserver.people.indexed_faces import Indexed, IndexedFace
from apiserver.problems import DatabaseBusy
from apiserver.turns import taking_turns
from apiserver.vectorizers.wire import ENROLMENT_WANTS

MAX_FACES = 100
"""Faces of a photograph, the largest ones."""

_EXCEEDS = "EXCEEDS_MAX_FACES"
_DEFAULT_RESULTS = 1_000

Rejected = tuple[Face, list[str]]


async def index_faces(call: Call, body: IndexFacesBody) -> Answer:
    """Enrol each face of a photograph as a separate person."""
    state, directory = call.state, body.collection_id
    await require_collection(state, directory)
    await state.learning.require(directory, "")
    upload = await upload_of(call, body.image)
    look = Look(max_faces=MAX_FACES)
    analysis, photograph = await call.photographs.analyse_to_store(upload, look, ENROLMENT_WANTS)
    terms = await state.directories.search_terms(directory, analysis.model)
    chosen, rejected = _chosen(analysis, terms, body)
    secret = await state.images.secret()
    shown = image_id(secret, directory, await digest_of(upload.content))
    ids = [face_id(secret, shown, body.external_image_id, analysis.model.id, face.box) for face in chosen]
    known = await _read(call, directory, ids)
    image = analysis.image
    new = [
        (face, Indexed(id_, body.external_image_id, image.width, image.height))
        for face, id_ in zip(chosen, ids, strict=True)
        if id_ not in known
    ]
    if new:
        await state.learning.index(directory, photograph, new, analysis.model, call.photographs.stages)
        known = await _read(call, directory, ids)
    if len(known) < len(set(ids)):
        raise DatabaseBusy  # one was deleted concurrently
    return {
        "FaceRecords": [
            {"Face": enrolled_face(known[id_], secret, directory), "FaceDetail": face_detail(face, image)}
            for face, id_ in zip(chosen, ids, strict=True)
        ],
        "FaceModelVersion": model_version(analysis.model.id),
        "UnindexedFaces": [{"Reasons": reasons, "FaceDetail": face_detail(face, image)} for face, reasons in rejected],
    }


async def list_faces(call: Call, body: ListFacesBody) -> Answer:
    """List the faces of a directory, of a user, or of some ids."""
    state, directory = call.state, body.collection_id
    secret, limit = await state.images.secret(), body.max_results or _DEFAULT_RESULTS
    among = None if body.face_ids is None else sorted(set(body.face_ids))
    listed = f"faces of {directory}/{body.user_id or ''}/{sha256(repr(among).encode()).hexdigest()}"
    after = read_token(secret, listed, body.next_token)
    async with state.database.connection(Share.READS) as connection:
        if body.user_id is not None:
            await indexed_faces.require_user(connection, directory, body.user_id)
        found, last = await indexed_faces.page(
            connection, directory, limit, UUID(after) if after else None, person=body.user_id, among=among
        )
    return present(
        Faces=[enrolled_face(face, secret, directory) async for face in taking_turns(found)],
        FaceModelVersion=model_version((await state.vectorizer.model_in_use()).id),
        NextToken=write_token(secret, listed, str(last)) if last else None,
    )


async def delete_faces(call: Call, body: FacesBody) -> Answer:
    """Delete faces that are associated with no user."""
    known = await call.state.erasure.unassociated_faces(body.collection_id, body.face_ids)
    deleted, failed = [], []
    for each in dict.fromkeys(body.face_ids):
        face = known.get(each)
        if face is None:
            failed.append({"FaceId": str(each), "Reasons": ["FACE_NOT_FOUND"]})
        elif face.user:
            reasons = ["ASSOCIATED_TO_AN_EXISTING_USER"]
            failed.append({"FaceId": str(each), "UserId": face.user, "Reasons": reasons})
        else:
            deleted.append(str(each))
    return {"DeletedFaces": deleted, "UnsuccessfulFaceDeletions": failed}


async def _read(call: Call, directory: str, faces: Sequence[UUID]) -> dict[UUID, IndexedFace]:
    async with call.state.database.connection() as connection:
        return await indexed_faces.read_all(connection, directory, faces)


def _chosen(analysis: Analysis, terms: SearchTerms, body: IndexFacesBody) -> tuple[list[Face], list[Rejected]]:
    """Return the faces to index, the largest first, and the others with the reasons against them."""
    limits, floor = terms.settings.quality_limits(), terms.applied.floor
    chosen: list[Face] = []
    rejected: list[Rejected] = []
    for face in by_size(analysis.faces):
        reasons = reasons_against(face, body.quality_filter or "AUTO", floor)
        if limits.action is Action.REFUSE and findings(face, limits):
            reasons = reasons or ["LOW_FACE_QUALITY"]
        if reasons:
            rejected.append((face, reasons))
        else:
            chosen.append(face)
    most = min(body.max_faces or MAX_FACES, MAX_FACES)
    rejected += [(face, [_EXCEEDS]) for face in chosen[most:]]
    return chosen[:most], rejected
