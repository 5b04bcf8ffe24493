"""Operations that change several rows change all of them or none, regardless of failures in between."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from tests.citus import allow_triggers

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def collection(boto):
    name = f"collection-{uuid.uuid4().hex}"
    await boto("create_collection", CollectionId=name)
    yield name
    await boto("delete_collection", CollectionId=name)


@asynccontextmanager
async def failing(rekognition, event: str, directory: str) -> AsyncIterator[None]:
    """Let a statement of a kind, such as `DELETE ON persons`, fail in one directory."""
    name = f"fails_{uuid.uuid4().hex}"
    row = "NEW" if event.startswith("UPDATE") else "OLD"
    await allow_triggers(rekognition.database)
    await rekognition.database.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {row}.directory = '{directory}' THEN RAISE 'interrupted'; END IF; RETURN {row}; END $$"
    )
    await rekognition.database.execute(f"CREATE TRIGGER {name} BEFORE {event} FOR EACH ROW EXECUTE FUNCTION {name}()")
    try:
        yield
    finally:
        await rekognition.database.execute(f"DROP FUNCTION {name} CASCADE")


async def fails(boto, operation, **members):
    with pytest.raises(boto.errors.InternalServerError):
        await boto(operation, **members)


async def rows(rekognition, collection, statement):
    found = await rekognition.database.fetch(f"{statement} WHERE directory = $1", collection)
    return [tuple(row) for row in found]


async def users_of(boto, collection):
    listed = await boto("list_faces", CollectionId=collection)
    return {face["FaceId"]: face.get("UserId") for face in listed["Faces"]}


async def test_a_user_is_deleted_with_all_that_follows(boto, rekognition, collection, ann, ann_again):
    faces = [*await boto.index(collection, ann), *await boto.index(collection, ann_again)]
    user = {"CollectionId": collection, "UserId": "ann"}
    await boto("create_user", **user)
    await boto("associate_faces", FaceIds=faces, **user)
    async with failing(rekognition, "DELETE ON persons", collection):
        await fails(boto, "delete_user", **user)
    assert await users_of(boto, collection) == dict.fromkeys(faces, "ann")
    await boto("delete_user", **user)
    assert await users_of(boto, collection) == dict.fromkeys(faces)
    assert await rows(rekognition, collection, "SELECT persons, faces FROM deletions") == [(1, 0)]


@pytest_asyncio.fixture(loop_scope="module")
async def two_of_one(boto, rekognition, collection, ann, ann_again):
    """Two faces of one person, who stands for the first one: another call merged them."""
    [first], [second] = await boto.index(collection, ann), await boto.index(collection, ann_again)
    merge = f"/directories/{collection}/persons/{first}/merge"
    answer = await rekognition.http.post(merge, json={"from": [second]}, headers=await rekognition.bearer())
    assert answer.is_success, answer.text
    return first, second


async def test_faces_are_deleted_together(boto, rekognition, collection, two_of_one, bob):
    first, second = two_of_one
    [other] = await boto.index(collection, bob)
    both = {"CollectionId": collection, "FaceIds": [second, other]}
    async with failing(rekognition, "DELETE ON persons", collection):
        await fails(boto, "delete_faces", **both)
    assert (await users_of(boto, collection)).keys() == {first, second, other}
    assert sorted((await boto("delete_faces", **both))["DeletedFaces"]) == sorted([second, other])
    assert await rows(rekognition, collection, "SELECT person, face_count FROM persons") == [(first, 1)]
    assert await rows(rekognition, collection, "SELECT persons, faces FROM deletions") == [(1, 2)]


async def test_a_person_who_stands_for_faces_is_deleted_with_the_last_one(boto, collection, two_of_one):
    await boto("delete_faces", CollectionId=collection, FaceIds=list(two_of_one))
    assert (await boto("list_users", CollectionId=collection))["Users"] == []
    described = await boto("describe_collection", CollectionId=collection)
    assert (described["FaceCount"], described["UserCount"]) == (0, 0)


async def test_a_collection_is_made_with_its_tags(boto, rekognition):
    name, tags = f"collection-{uuid.uuid4().hex}", {"team": "doors"}
    async with failing(rekognition, "UPDATE OF tags ON directories", name):
        await fails(boto, "create_collection", CollectionId=name, Tags=tags)
    answer = await boto("create_collection", CollectionId=name, Tags=tags)
    assert (await boto("list_tags_for_resource", ResourceArn=answer["CollectionArn"]))["Tags"] == tags
    await boto("delete_collection", CollectionId=name)
