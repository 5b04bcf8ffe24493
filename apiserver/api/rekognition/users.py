"""Users, which are persons, and the faces that are associated with them."""

from typing import Any
from uuid import UUID

from apiserver.api.rekognition.bodies import ListUsersBody, UserBody, UserFacesBody
from apiserver.api.rekognition.calls import Answer, Call, present
from apiserver.api.rekognition.problems import UserExists
from apiserver.api.rekognition.tokens import read_token, write_token
from apiserver.biometrics.percentages import Percentages
from apiserver.database.pool import Share
from apiserver.database.session import Connection
from apiserver.people import associations, indexed_faces
from apiserver.people import records as persons
from apiserver.people.associations import Failure
from apiserver.people.indexed_faces import User
from apiserver.people.naming import check_name
from apiserver.people.records import Details
from apiserver.people.splits import release_faces
from apiserver.problems import AlreadyExists
from apiserver.revisions import ABSENT

_THRESHOLD = 75.0
_DEFAULT_RESULTS = 100
_REQUEST = "client_request_token"
"""In the metadata of a user: the request that created it, so that a repeated request is not a conflict."""


async def create_user(call: Call, body: UserBody) -> Answer:
    """Make a person without faces."""
    directory, user, token = body.collection_id, body.user_id, body.client_request_token
    check_name("person", user)
    async with call.state.database.connection() as connection:
        if await _is_face(connection, directory, user):
            raise UserExists(f"The id {user} is that of a face.")
        details = Details(None, None, {_REQUEST: token} if token else {})
        try:
            await persons.put(connection, directory, user, details, ABSENT, make_directory=False)
        except AlreadyExists as error:
            known = await persons.read(connection, directory, user)
            if not token or known.details.metadata.get(_REQUEST) != token:
                raise UserExists(f"The user {user} exists already.") from error
    return {}


async def delete_user(call: Call, body: UserBody) -> Answer:
    """Delete a person whose faces stay, each standing for itself."""
    await call.state.erasure.user(body.collection_id, body.user_id)
    return {}


async def list_users(call: Call, body: ListUsersBody) -> Answer:
    """List the users of a directory."""
    state, directory = call.state, body.collection_id
    secret, listed = await state.images.secret(), f"users of {directory}"
    after = read_token(secret, listed, body.next_token)
    async with state.database.connection(Share.READS) as connection:
        found, last = await indexed_faces.users(connection, directory, body.max_results or _DEFAULT_RESULTS, after)
    return present(
        Users=[{"UserId": user.person, "UserStatus": _status(user)} for user in found],
        NextToken=write_token(secret, listed, last) if last else None,
    )


async def associate_faces(call: Call, body: UserFacesBody) -> Answer:
    """Make faces that stand for themselves those of a user."""
    state, directory, user = call.state, body.collection_id, body.user_id
    curve = Percentages.of((await state.vectorizer.model_in_use()).tail)
    threshold = _THRESHOLD if body.user_match_threshold is None else body.user_match_threshold
    async with state.database.connection(Share.LONG) as connection:
        outcome = await associations.associate(
            connection, directory, user, body.face_ids, lambda similarity: curve.percent(similarity) >= threshold
        )
        status = _status(await indexed_faces.require_user(connection, directory, user))
    return {
        "AssociatedFaces": [{"FaceId": str(face)} for face in outcome.done],
        "UnsuccessfulFaceAssociations": [_failure(each, curve) for each in outcome.failed],
        "UserStatus": status,
    }


async def disassociate_faces(call: Call, body: UserFacesBody) -> Answer:
    """Let faces of a user stand for themselves again."""
    state, directory, user = call.state, body.collection_id, body.user_id
    async with state.database.connection(Share.LONG) as connection:
        await indexed_faces.require_user(connection, directory, user)
        known = await indexed_faces.read_all(connection, directory, body.face_ids)
        own = [face for face in dict.fromkeys(body.face_ids) if face in known and known[face].person == user]
        if own:
            await release_faces(connection, directory, user, own)
        status = _status(await indexed_faces.require_user(connection, directory, user))
    failed: list[dict[str, Any]] = []
    for face in dict.fromkeys(body.face_ids):
        if face not in known:
            failed.append({"FaceId": str(face), "Reasons": ["FACE_NOT_FOUND"]})
        elif face not in own:
            reasons = ["ASSOCIATED_TO_A_DIFFERENT_USER"]
            failed.append(present(FaceId=str(face), UserId=known[face].user, Reasons=reasons))
    return {
        "DisassociatedFaces": [{"FaceId": str(face)} for face in own],
        "UnsuccessfulFaceDisassociations": failed,
        "UserStatus": status,
    }


async def _is_face(connection: Connection, directory: str, user: str) -> bool:
    """Tell whether a face has the id of a user, with which it could not be told from one that stands for itself."""
    try:
        face = UUID(user)
    except ValueError:
        return False
    return str(face) == user and await indexed_faces.is_indexed(connection, directory, face)


def _status(user: User) -> str:
    return "ACTIVE" if user.faces else "CREATED"


def _failure(failure: Failure, curve: Percentages) -> dict[str, Any]:
    percent = None if failure.similarity is None else curve.percent(failure.similarity)
    return present(FaceId=str(failure.face), UserId=failure.user, Confidence=percent, Reasons=[failure.reason.value])
