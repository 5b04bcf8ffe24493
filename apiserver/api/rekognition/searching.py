"""Searches: SearchFaces ranks faces, SearchUsers users; percentages stand for cosines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from apiserver.access.grants import current_grant
from apiserver.access.scopes import Scope
from apiserver.api.rekognition.bodies import (
    ImageBody,
    SearchFacesBody,
    SearchFacesByImageBody,
    SearchUsersBody,
    SearchUsersByImageBody,
)
from apiserver.api.rekognition.calls import Answer, Call, present, require_collection
from apiserver.api.rekognition.details import (
    bounding_box,
    by_size,
    confidence,
    enrolled_face,
    face_detail,
    model_version,
    reasons_against,
)
from apiserver.api.rekognition.images import upload_of
from apiserver.api.rekognition.indexing import MAX_FACES
from apiserver.biometrics.face import Analysis, Candidate, Face, Look, Probe
from apiserver.biometrics.model import Model, Scoring
from apiserver.biometrics.percentages import Percentages
from apiserver.database.pool import Share
from apiserver.people import indexed_faces
from apiserver.people.indexed_faces import IndexedFace
from apiserver.problems import InvalidField
from apiserver.recognition.candidates import SearchOptions
from apiserver.turns import taking_turns
from apiserver.vectorizers.wire import Want

THRESHOLD = 80.0
"""In percent, of a request that names none."""

_DEFAULT_FACES = 80
_DEFAULT_USERS = 50
_MAX_PERSONS = 4_096
_WIDER = 8
_MAX_PROBES = 20
"""Faces of a user that are compared."""


@dataclass(frozen=True, slots=True)
class _Search:
    """A search of a directory with a minimum percentage. by_stored: whether its probes are enrolled faces."""

    directory: str
    model: Model
    percentages: Percentages
    threshold: float
    by_stored: bool

    @classmethod
    def of(cls, directory: str, model: Model, threshold: float | None, *, by_stored: bool = False) -> "_Search":
        least = THRESHOLD if threshold is None else threshold
        return cls(directory, model, Percentages.of(model.tail), least, by_stored)

    def options(self, persons: int) -> SearchOptions:
        """Return the options of a search for up to this number of persons."""
        named_only = not current_grant().has(Scope.READ)
        cosine = self.percentages.cosine(self.threshold)
        return SearchOptions(
            self.directory,
            persons,
            cosine,
            Scoring.MAX,
            unique_persons=False,
            named_only=named_only,
            are_seen=not self.by_stored,
        )

    def reached(self, similarity: float) -> bool:
        """Tell whether a cosine reaches the threshold."""
        return self.percentages.percent(similarity) >= self.threshold


async def search_faces(call: Call, body: SearchFacesBody) -> Answer:
    """Return the faces that resemble a face of the directory, without itself."""
    directory, limit = body.collection_id, body.max_faces or _DEFAULT_FACES
    probe, model = await _stored_probe(call, directory, body.face_id)
    search = _Search.of(directory, model, body.face_match_threshold, by_stored=True)
    found = await _faces(call, search, probe, limit + 1)
    others = [face for face in found if face.face != body.face_id][:limit]
    return {
        "SearchedFaceId": str(body.face_id),
        "FaceMatches": await _face_matches(call, search, others),
        "FaceModelVersion": model_version(model.id),
    }


async def search_faces_by_image(call: Call, body: SearchFacesByImageBody) -> Answer:
    """Return the faces that resemble the largest face of a photograph."""
    directory, limit = body.collection_id, body.max_faces or _DEFAULT_FACES
    await require_collection(call.state, directory)
    analysis = await analysed(call, body.image)
    face, _ = largest(analysis, body.quality_filter)
    search = _Search.of(directory, analysis.model, body.face_match_threshold)
    found = await _faces(call, search, face.probe, limit)
    return {
        "SearchedFaceBoundingBox": bounding_box(face.box, analysis.image.width, analysis.image.height),
        "SearchedFaceConfidence": confidence(face.score),
        "FaceMatches": await _face_matches(call, search, found),
        "FaceModelVersion": model_version(analysis.model.id),
    }


async def search_users(call: Call, body: SearchUsersBody) -> Answer:
    """Return the users who resemble a face, or the faces of a user, without that user."""
    directory, limit = body.collection_id, body.max_users or _DEFAULT_USERS
    if body.face_id is not None:
        probe, model = await _stored_probe(call, directory, body.face_id)
        probes, searched = [probe], {"SearchedFace": {"FaceId": str(body.face_id)}}
    else:
        model = await call.state.vectorizer.model_in_use()
        probes, searched = await _probes_of(call, directory, body.user_id or "", model), {}
    search = _Search.of(directory, model, body.user_match_threshold, by_stored=True)
    matches = await _user_matches(call, search, probes, limit, without=body.user_id)
    if body.user_id is not None:
        searched = {"SearchedUser": {"UserId": body.user_id}}
    return {"UserMatches": matches, "FaceModelVersion": model_version(model.id), **searched}


async def search_users_by_image(call: Call, body: SearchUsersByImageBody) -> Answer:
    """Return the users who resemble the largest face of a photograph."""
    directory, limit = body.collection_id, body.max_users or _DEFAULT_USERS
    await require_collection(call.state, directory)
    analysis = await analysed(call, body.image, frozenset({Want.QUALITY}))
    face, others = largest(analysis, body.quality_filter)
    search = _Search.of(directory, analysis.model, body.user_match_threshold)
    unsearched = [
        {"FaceDetails": face_detail(other, analysis.image), "Reasons": reasons or ["FACE_NOT_LARGEST"]}
        for other, reasons in others
    ]
    return {
        "UserMatches": await _user_matches(call, search, [face.probe], limit),
        "FaceModelVersion": model_version(analysis.model.id),
        "SearchedFace": {"FaceDetail": face_detail(face, analysis.image)},
        "UnsearchedFaces": unsearched,
    }


async def analysed(call: Call, image: ImageBody, wants: frozenset[Want] = frozenset()) -> Analysis:
    """Return the faces of the image of a request."""
    return await call.photographs.analyse(await upload_of(call, image), Look(max_faces=MAX_FACES), wants)


def largest(analysis: Analysis, filter_: str | None) -> tuple[Face, list[tuple[Face, list[str]]]]:
    """Return the largest face that passes a filter, and the others with the reasons against them.

    Raises InvalidField if there is none.
    """
    sorted_out = [(face, reasons_against(face, filter_ or "NONE", None)) for face in by_size(analysis.faces)]
    chosen = next((face for face, reasons in sorted_out if not reasons), None)
    if chosen is None:
        raise InvalidField("There are no faces in the image. Should be at least 1.")
    return chosen, [(face, reasons) for face, reasons in sorted_out if face is not chosen]


async def _stored_probe(call: Call, directory: str, face: UUID) -> tuple[Probe, Model]:
    model = await call.state.vectorizer.model_in_use()
    async with call.state.database.connection(Share.READS) as connection:
        stored = await indexed_faces.probe(connection, directory, face)
    if stored.model != model.id:
        raise InvalidField(f"The face was indexed by the model {stored.model}; index its photograph again.")
    return Probe(stored.embedding, stored.recognizability), model


async def _probes_of(call: Call, directory: str, user: str, model: Model) -> list[Probe]:
    async with call.state.database.connection(Share.READS) as connection:
        await indexed_faces.require_user(connection, directory, user)
        found = await indexed_faces.embeddings(connection, directory, user, model.id, _MAX_PROBES)
    return [Probe(embedding) for embedding in found]


async def _candidates(call: Call, search: _Search, probes: Sequence[Probe], persons: int) -> list[list[Candidate]]:
    """Return the persons who reach the threshold, best first, of each probe that can be recognized."""
    recognized = await call.state.recognition.recognize(
        probes, search.model, search.options(persons), call.photographs.stages
    )
    call.state.metrics.decided(recognized.identities)
    return [
        [] if identity.reason else [each for each in identity.candidates if search.reached(each.similarity)]
        for identity in recognized.identities
    ]


async def _faces(call: Call, search: _Search, probe: Probe, limit: int) -> list[IndexedFace]:
    """Return the most similar faces, which are all of the most similar persons.

    A caller without the scope `read` learns of one face, with the rounded similarity of its person.
    """
    [candidates] = await _candidates(call, search, [probe], min(limit, _MAX_PERSONS))
    if not candidates:
        return []
    persons = [candidate.person for candidate in candidates]
    is_named_only = not current_grant().has(Scope.READ)
    async with call.state.database.connection() as connection:
        found = await indexed_faces.nearest(
            connection,
            search.directory,
            search.model.id,
            persons,
            probe.embedding,
            limit=1 if is_named_only else limit,
        )
    if is_named_only:
        return [replace(face, similarity=candidates[0].similarity) for face in found]
    return [face for face in found if search.reached(face.similarity)]


async def _face_matches(call: Call, search: _Search, faces: Sequence[IndexedFace]) -> list[Answer]:
    secret = await call.state.images.secret()
    return [
        {
            "Similarity": search.percentages.percent(face.similarity),
            "Face": enrolled_face(face, secret, search.directory),
        }
        async for face in taking_turns(faces)
    ]


async def _user_matches(
    call: Call, search: _Search, probes: Sequence[Probe], limit: int, without: str | None = None
) -> list[Answer]:
    """Return the most similar users. Faces without a user are persons, too, so more persons may be needed."""
    wanted = limit + (without is not None)
    persons = max(wanted, 100)
    while True:
        found = await _candidates(call, search, probes, persons) if probes else []
        best: dict[str, float] = {}
        for candidate in (each for candidates in found for each in candidates):
            best[candidate.person] = max(candidate.similarity, best.get(candidate.person, -1.0))
        async with call.state.database.connection() as connection:
            users = await indexed_faces.users_among(connection, search.directory, best)
        is_complete = len(users) >= wanted or all(len(candidates) < persons for candidates in found)
        if is_complete or persons >= _MAX_PERSONS:
            break
        persons = min(persons * _WIDER, _MAX_PERSONS)
    ranked = sorted((user for user in users if user != without), key=lambda user: (-best[user], user))
    return [
        {
            "Similarity": search.percentages.percent(best[user]),
            "User": present(UserId=user, UserStatus="ACTIVE"),
        }
        for user in ranked[:limit]
    ]
