"""Collections, which are directories, and their tags."""

import re

from apiserver.access.grants import current_grant
from apiserver.api.rekognition.bodies import (
    COLLECTION_ID,
    MAX_COLLECTION_ID,
    CollectionBody,
    CreateCollectionBody,
    ListBody,
    ResourceBody,
    TagBody,
    UntagBody,
)
from apiserver.api.rekognition.calls import Answer, Call, present
from apiserver.api.rekognition.details import model_version
from apiserver.api.rekognition.tokens import read_token, write_token
from apiserver.database.pool import Share
from apiserver.directories import listing, tags
from apiserver.directories.records import require_room
from apiserver.directories.settings import DirectorySettings
from apiserver.http.access.guard import enter
from apiserver.people import indexed_faces
from apiserver.people.naming import check_name
from apiserver.problems import AlreadyExists, DirectoryNotFound, InvalidField
from apiserver.revisions import ABSENT

_ARN = re.compile(rf"(?:arn:)?[a-z0-9-]+:rekognition:[a-z0-9-]*:[0-9]*:collection/({COLLECTION_ID})")
_ACCOUNT = "0" * 12
_DEFAULT_RESULTS = 100


async def create_collection(call: Call, body: CreateCollectionBody) -> Answer:
    """Make an empty directory with the service's settings."""
    state, directory = call.state, body.collection_id
    check_name("directory", directory)
    await require_room(state.database, state.usage, directory)
    model = await state.vectorizer.model_in_use()
    try:
        await state.directories.write(directory, DirectorySettings(), ABSENT, added_tags=body.tags)
    except AlreadyExists as error:
        raise AlreadyExists(f"The collection id: {directory} already exists") from error
    return {"StatusCode": 200, "CollectionArn": _arn(call, directory), "FaceModelVersion": model_version(model.id)}


async def delete_collection(call: Call, body: CollectionBody) -> Answer:
    """Delete a directory with everything in it."""
    await call.state.erasure.directory(body.collection_id)
    call.state.directories.forget(body.collection_id)
    return {"StatusCode": 200}


async def list_collections(call: Call, body: ListBody) -> Answer:
    """List the directories that the caller has and whose names a collection can have."""
    state, reach = call.state, current_grant().reach
    secret, limit = await state.images.secret(), body.max_results or _DEFAULT_RESULTS
    listed = f"collections of {current_grant().subject}"
    after = read_token(secret, listed, body.next_token)
    async with state.database.unbound(Share.READS) as connection:
        names, last = await listing.names(connection, rf"^{COLLECTION_ID}$", limit, after, reach)
    version = model_version((await state.vectorizer.model_in_use()).id)
    return present(
        CollectionIds=names,
        FaceModelVersions=[version] * len(names),
        NextToken=write_token(secret, listed, last) if last else None,
    )


async def describe_collection(call: Call, body: CollectionBody) -> Answer:
    """Return how many faces and users a directory has."""
    state, directory = call.state, body.collection_id
    found = await state.directories.read(directory)
    model = await state.vectorizer.model_in_use()
    terms = await state.directories.describe(directory, found.settings, model)
    async with state.database.connection(Share.READS) as connection:
        users = await indexed_faces.count_users(connection, directory)
    return {
        "FaceCount": terms.size.faces,
        "UserCount": users,
        "FaceModelVersion": model_version(model.id),
        "CollectionARN": _arn(call, directory),
        "CreationTimestamp": round(found.created_at.timestamp(), 3),
    }


async def tag_resource(call: Call, body: TagBody) -> Answer:
    """Add tags to a directory, or replace those of the same keys."""
    directory = _entered(body.resource_arn)
    async with call.state.database.connection() as connection:
        await tags.change(connection, directory, body.tags)
    return {}


async def untag_resource(call: Call, body: UntagBody) -> Answer:
    """Remove tags of a directory."""
    directory = _entered(body.resource_arn)
    async with call.state.database.connection() as connection:
        await tags.change(connection, directory, dict.fromkeys(body.tag_keys))
    return {}


async def list_tags(call: Call, body: ResourceBody) -> Answer:
    """Return the tags of a directory."""
    directory = _entered(body.resource_arn)
    async with call.state.database.connection(Share.READS) as connection:
        return {"Tags": await tags.read(connection, directory)}


def _arn(call: Call, directory: str) -> str:
    return f"arn:aws:rekognition:{call.region}:{_ACCOUNT}:collection/{directory}"


def _entered(arn: str) -> str:
    """Bind the request to the directory whose name an ARN has. Raises DirectoryNotFound or InvalidField."""
    found = _ARN.fullmatch(arn)
    if found is None:
        raise InvalidField("ResourceArn: it must be that of a collection.")
    directory = found[1]
    if len(directory) > MAX_COLLECTION_ID:
        raise DirectoryNotFound
    enter(directory)
    return directory
