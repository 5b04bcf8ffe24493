"""All operations of Amazon Rekognition, called by boto3, whose answers have the shapes of botocore's model."""

import asyncio
import contextlib
import io
import uuid

import botocore.exceptions
import pytest
import pytest_asyncio
from PIL import Image

from apiserver.api.rekognition.bodies import MAX_IMAGE_BYTES
from apiserver.api.rekognition.operations import OPERATIONS

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def code_of(caught):
    return caught.value.response["Error"]["Code"]


async def fails(client, operation, **members):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        await client(operation, **members)
    assert caught.value.response["ResponseMetadata"]["RequestId"]
    assert caught.value.response["Error"]["Message"]
    return code_of(caught)


@pytest_asyncio.fixture(loop_scope="module")
async def collection(boto):
    name = f"collection-{uuid.uuid4().hex}"
    await boto("create_collection", CollectionId=name)
    yield name
    await boto("delete_collection", CollectionId=name)


async def test_every_operation_answers_what_the_model_of_the_service_says(rekognition, ann, ann_again, bob, party):
    """A client's work from the first collection to its deletion."""
    boto = await rekognition.client()
    made = await boto("create_collection", CollectionId="all", Tags={"team": "doors"})
    assert made["StatusCode"] == 200
    [first] = await boto.index("all", ann, ExternalImageId="ann:1", DetectionAttributes=["ALL"])
    [second] = await boto.index("all", ann_again, ExternalImageId="ann:2")
    [other] = await boto.index("all", bob)
    described = await boto("describe_collection", CollectionId="all")
    assert (described["FaceCount"], described["UserCount"]) == (3, 0)
    assert made["CollectionArn"] == described["CollectionARN"]

    listed = (await boto("list_faces", CollectionId="all"))["Faces"]
    assert {face["FaceId"]: face.get("ExternalImageId") for face in listed} == {
        first: "ann:1",
        second: "ann:2",
        other: None,
    }
    found = await boto("search_faces", CollectionId="all", FaceId=first)
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [second]
    found = await boto("search_faces_by_image", CollectionId="all", Image={"Bytes": ann}, FaceMatchThreshold=99)
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [first, second]
    assert found["FaceMatches"][0]["Similarity"] == 100
    compared = await boto("compare_faces", SourceImage={"Bytes": ann_again}, TargetImage={"Bytes": party})
    assert (len(compared["FaceMatches"]), len(compared["UnmatchedFaces"])) == (1, 2)
    detected = (await boto("detect_faces", Image={"Bytes": party}, Attributes=["ALL"]))["FaceDetails"]
    assert len(detected) == 3
    assert all(face.keys() == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"} for face in detected)

    await boto("create_user", CollectionId="all", UserId="ann")
    associated = await boto("associate_faces", CollectionId="all", UserId="ann", FaceIds=[first, second, UNKNOWN])
    assert [face["FaceId"] for face in associated["AssociatedFaces"]] == [first, second]
    assert associated["UnsuccessfulFaceAssociations"] == [{"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]}]
    assert (await boto("list_users", CollectionId="all"))["Users"] == [{"UserId": "ann", "UserStatus": "ACTIVE"}]
    for probe in ({"FaceId": first}, {"UserId": "ann"}):
        await boto("search_users", CollectionId="all", **probe)
    found = await boto("search_users_by_image", CollectionId="all", Image={"Bytes": party})
    assert [match["User"]["UserId"] for match in found["UserMatches"]] in ([], ["ann"])
    assert len(found["UnsearchedFaces"]) == 2
    await boto("disassociate_faces", CollectionId="all", UserId="ann", FaceIds=[second])
    deleted = await boto("delete_faces", CollectionId="all", FaceIds=[first, second, UNKNOWN])
    assert deleted["DeletedFaces"] == [second]
    assert deleted["UnsuccessfulFaceDeletions"] == [
        {"FaceId": first, "UserId": "ann", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
        {"FaceId": UNKNOWN, "Reasons": ["FACE_NOT_FOUND"]},
    ]
    await boto("delete_user", CollectionId="all", UserId="ann")
    assert {face["FaceId"] for face in (await boto("list_faces", CollectionId="all"))["Faces"]} == {first, other}

    arn = described["CollectionARN"]
    await boto("tag_resource", ResourceArn=arn, Tags={"place": "north", "team": "gates"})
    await boto("untag_resource", ResourceArn=arn, TagKeys=["place", "unknown"])
    assert (await boto("list_tags_for_resource", ResourceArn=arn))["Tags"] == {"team": "gates"}
    assert "all" in (await boto("list_collections"))["CollectionIds"]
    assert (await boto("delete_collection", CollectionId="all"))["StatusCode"] == 200
    assert await fails(boto, "describe_collection", CollectionId="all") == "ResourceNotFoundException"
    assert rekognition.answered == OPERATIONS.keys()


async def test_a_face_stands_for_itself_until_it_is_associated(rekognition, collection, ann, ann_again, bob):
    boto = await rekognition.client()
    [first] = await boto.index(collection, ann)
    [second] = await boto.index(collection, ann_again)
    [other] = await boto.index(collection, bob)

    async def persons():
        rows = await rekognition.database.fetch("SELECT person FROM persons WHERE directory = $1", collection)
        return {row["person"] for row in rows}

    assert await persons() == {first, second, other}
    for user in ("ann", "bob"):
        await boto("create_user", CollectionId=collection, UserId=user)
    faces = {"CollectionId": collection, "FaceIds": [first, second]}
    assert (await boto("list_users", CollectionId=collection))["Users"][0]["UserStatus"] == "CREATED"
    await boto("associate_faces", UserId="ann", **faces)
    assert await persons() == {"ann", "bob", other}
    answer = await boto("associate_faces", UserId="bob", **faces)
    assert answer["AssociatedFaces"] == []
    assert {tuple(each["Reasons"]) for each in answer["UnsuccessfulFaceAssociations"]} == {
        ("ASSOCIATED_TO_A_DIFFERENT_USER",)
    }
    assert len((await boto("associate_faces", UserId="ann", **faces))["AssociatedFaces"]) == 2
    answer = await boto("associate_faces", CollectionId=collection, UserId="ann", FaceIds=[other])
    [refused] = answer["UnsuccessfulFaceAssociations"]
    assert (refused["FaceId"], refused["Reasons"]) == (other, ["LOW_MATCH_CONFIDENCE"])
    assert refused["Confidence"] < 75
    answer = await boto("disassociate_faces", CollectionId=collection, UserId="ann", FaceIds=[first, other, UNKNOWN])
    assert [each["FaceId"] for each in answer["DisassociatedFaces"]] == [first]
    assert [each["Reasons"] for each in answer["UnsuccessfulFaceDisassociations"]] == [
        ["ASSOCIATED_TO_A_DIFFERENT_USER"],
        ["FACE_NOT_FOUND"],
    ]
    assert await persons() == {"ann", "bob", first, other}
    found = await boto("search_users", CollectionId=collection, FaceId=first)
    assert [match["User"]["UserId"] for match in found["UserMatches"]] == ["ann"]
    found = await boto("search_faces", CollectionId=collection, FaceId=first)
    assert [(match["Face"]["FaceId"], match["Face"]["UserId"]) for match in found["FaceMatches"]] == [(second, "ann")]
    await boto("delete_user", CollectionId=collection, UserId="ann")
    assert await persons() == {"bob", first, second, other}
    assert await fails(boto, "delete_user", CollectionId=collection, UserId=first) == "ResourceNotFoundException"
    assert await fails(boto, "create_user", CollectionId=collection, UserId=first) == "ConflictException"


async def test_what_is_repeated_changes_nothing(boto, collection, ann, party):
    faces = await boto.index(collection, party, ExternalImageId="party")
    assert await boto.index(collection, party, ExternalImageId="party") == faces
    others = await boto.index(collection, party, ExternalImageId="again")
    assert set(others).isdisjoint(faces)
    await boto("create_user", CollectionId=collection, UserId="ann", ClientRequestToken="one")
    await boto("create_user", CollectionId=collection, UserId="ann", ClientRequestToken="one")
    again = {"CollectionId": collection, "UserId": "ann", "ClientRequestToken": "two"}
    assert await fails(boto, "create_user", **again) == "ConflictException"
    await boto("associate_faces", CollectionId=collection, UserId="ann", FaceIds=faces[:1])
    assert await boto.index(collection, party, ExternalImageId="party") == faces
    answer = await boto("associate_faces", CollectionId=collection, UserId="ann", FaceIds=others[:1])
    assert [each["Reasons"] for each in answer["UnsuccessfulFaceAssociations"]] == [["LOW_MATCH_CONFIDENCE"]]
    listed = (await boto("list_faces", CollectionId=collection))["Faces"]
    assert len({face["ImageId"] for face in listed}) == 1
    at_once = await asyncio.gather(*(boto.index(collection, ann) for _ in range(4)))
    [(alone,)] = {tuple(each) for each in at_once}
    delete = [boto("delete_faces", CollectionId=collection, FaceIds=[alone, *faces[1:]]) for _ in range(4)]
    deleted = [answer["DeletedFaces"] for answer in await asyncio.gather(*delete)]
    assert {face for each in deleted for face in each} == {alone, *faces[1:]}


@pytest.mark.parametrize("kept", [0, 1, 2])
async def test_no_face_is_lost_where_another_release_left_a_wrong_number(rekognition, collection, ann, bob, kept):
    """The previous release does not count the faces that it writes while an update is rolled out."""
    boto = await rekognition.client()
    [first] = await boto.index(collection, ann)
    [second] = await boto.index(collection, bob)
    move = "UPDATE faces SET person = $2 WHERE directory = $1 AND face = $3"
    await rekognition.database.execute(move, collection, first, uuid.UUID(second))
    miscount = "UPDATE persons SET face_count = $2 WHERE directory = $1"
    await rekognition.database.execute(miscount, collection, kept)

    await boto("create_user", CollectionId=collection, UserId="ann")
    answer = await boto("associate_faces", CollectionId=collection, UserId="ann", FaceIds=[first])
    assert [each["FaceId"] for each in answer["AssociatedFaces"]] == [first]
    owners = "SELECT face::text, person FROM faces WHERE directory = $1"
    assert dict(await rekognition.database.fetch(owners, collection)) == {first: "ann", second: first}

    await rekognition.database.execute(move, collection, second, uuid.UUID(first))
    await rekognition.database.execute("DELETE FROM persons WHERE directory = $1 AND person = 'ann'", collection)
    await rekognition.database.execute(move, collection, first, uuid.UUID(first))
    await rekognition.database.execute(miscount, collection, kept)
    await boto("delete_faces", CollectionId=collection, FaceIds=[first])
    assert dict(await rekognition.database.fetch(owners, collection)) == {second: first}


async def test_lists_come_in_pages(boto, collection, party, group):
    faces = {*await boto.index(collection, party), *await boto.index(collection, group, QualityFilter="NONE")}
    pages = await boto.pages("list_faces", 2, CollectionId=collection)
    assert len(pages) == 3
    assert sorted(face["FaceId"] for page in pages for face in page["Faces"]) == sorted(faces)
    asked = sorted(faces)[1:4]
    pages = await boto.pages("list_faces", 2, CollectionId=collection, FaceIds=asked)
    assert [face["FaceId"] for page in pages for face in page["Faces"]] == asked
    for number in range(5):
        await boto("create_user", CollectionId=collection, UserId=f"user-{number}")
    pages = await boto.pages("list_users", 2, CollectionId=collection)
    assert [user["UserId"] for page in pages for user in page["Users"]] == [f"user-{n}" for n in range(5)]
    names = [f"{collection}-{number}" for number in range(3)]
    for name in names:
        await boto("create_collection", CollectionId=name)
    pages = await boto.pages("list_collections", 1)
    listed = [name for page in pages for name in page["CollectionIds"]]
    assert {collection, *names} <= set(listed)
    assert all(len(page["FaceModelVersions"]) == len(page["CollectionIds"]) for page in pages)
    for name in names:
        await boto("delete_collection", CollectionId=name)


async def test_tokens_fit_their_list_only(boto, rekognition, collection, party):
    await boto.index(collection, party)
    first = await boto("list_faces", CollectionId=collection, MaxResults=1)
    token = first["NextToken"]
    assert len(token) <= 255
    other = f"{collection}-other"
    await boto("create_collection", CollectionId=other)
    wrong = (
        ("list_faces", {"CollectionId": other, "NextToken": token}),
        ("list_faces", {"CollectionId": collection, "NextToken": token[:-2] + "AA"}),
        ("list_faces", {"CollectionId": collection, "NextToken": "x"}),
        ("list_faces", {"CollectionId": collection, "NextToken": "é"}),
        ("list_faces", {"CollectionId": collection, "NextToken": token, "FaceIds": [UNKNOWN]}),
        ("list_users", {"CollectionId": collection, "NextToken": token}),
        ("list_collections", {"NextToken": token}),
    )
    for operation, members in wrong:
        assert await fails(boto, operation, **members) == "InvalidPaginationTokenException", members
    token = (await boto("list_collections", MaxResults=1))["NextToken"]
    elsewhere = await rekognition.client()
    assert await fails(elsewhere, "list_collections", NextToken=token) == "InvalidPaginationTokenException"
    await boto("delete_collection", CollectionId=other)


async def test_faces_that_are_not_indexed(boto, collection, party, group, nobody):
    answer = await boto("index_faces", CollectionId=collection, Image={"Bytes": party}, MaxFaces=1)
    assert len(answer["FaceRecords"]) == 1
    assert [face["Reasons"] for face in answer["UnindexedFaces"]] == [["EXCEEDS_MAX_FACES"]] * 2
    answer = await boto("index_faces", CollectionId=collection, Image={"Bytes": group}, QualityFilter="NONE")
    widths = [record["Face"]["BoundingBox"]["Width"] for record in answer["FaceRecords"]]
    assert widths == sorted(widths, reverse=True)
    small = io.BytesIO()
    Image.open(io.BytesIO(party)).resize((260, 96)).save(small, "PNG")
    few = await boto("index_faces", CollectionId=collection, Image={"Bytes": small.getvalue()}, QualityFilter="HIGH")
    assert few["FaceRecords"] == []
    assert "SMALL_BOUNDING_BOX" in {reason for face in few["UnindexedFaces"] for reason in face["Reasons"]}
    answer = await boto("index_faces", CollectionId=collection, Image={"Bytes": nobody})
    assert (answer["FaceRecords"], answer["UnindexedFaces"]) == ([], [])


async def test_photographs_in_a_bucket(rekognition, boto, ann):
    """The bucket is for keys that have the directory acme."""
    (rekognition.folder / "people").mkdir()
    (rekognition.folder / "people" / "ann b.jpg").write_bytes(ann)
    (rekognition.folder.parent / "secret.jpg").write_bytes(ann)
    stored = {"S3Object": {"Bucket": "photos", "Name": "people/ann b.jpg"}}
    acme = await rekognition.client(await rekognition.pair("manage", "admin", directories=("acme",)))
    await acme("create_collection", CollectionId="acme")
    answer = await acme("index_faces", CollectionId="acme", Image=stored)
    assert len(answer["FaceRecords"]) == 1
    compared = await boto("compare_faces", SourceImage=stored, TargetImage={"Bytes": ann})
    assert compared["FaceMatches"][0]["Similarity"] == 100
    beta = await rekognition.client(await rekognition.pair("recognize", directories=("beta",)))
    assert await fails(beta, "detect_faces", Image=stored) == "InvalidS3ObjectException"
    wrong = (
        {"Bucket": "photos", "Name": "people/bob.jpg"},
        {"Bucket": "photos", "Name": "../secret.jpg"},
        {"Bucket": "photos", "Name": "people"},
        {"Bucket": "photos", "Name": "/"},
        {"Bucket": "photos", "Name": "people/ann b.jpg", "Version": "1"},
        {"Bucket": "elsewhere", "Name": "people/ann b.jpg"},
    )
    for each in wrong:
        assert await fails(acme, "detect_faces", Image={"S3Object": each}) == "InvalidS3ObjectException", each
    (rekognition.folder / "large.jpg").write_bytes(bytes(16_000_000))
    large = {"S3Object": {"Bucket": "photos", "Name": "large.jpg"}}
    assert await fails(acme, "detect_faces", Image=large) == "ImageTooLargeException"


@pytest.mark.parametrize(
    ("operation", "members", "error"),
    [
        ("create_collection", {"CollectionId": "a b"}, "InvalidParameterException"),
        ("create_collection", {"CollectionId": "a/b"}, "InvalidParameterException"),
        ("create_collection", {"CollectionId": ".."}, "InvalidParameterException"),
        ("create_collection", {"CollectionId": "a" * 256}, "InvalidParameterException"),
        ("create_collection", {"CollectionId": "x", "Tags": {"a": "\a"}}, "InvalidParameterException"),
        ("create_collection", {"CollectionId": "x\n"}, "InvalidParameterException"),
        ("describe_collection", {"CollectionId": "none"}, "ResourceNotFoundException"),
        ("delete_collection", {"CollectionId": "none"}, "ResourceNotFoundException"),
        ("list_faces", {"CollectionId": "none"}, "ResourceNotFoundException"),
        ("list_users", {"CollectionId": "none"}, "ResourceNotFoundException"),
        ("delete_faces", {"CollectionId": "none", "FaceIds": [UNKNOWN]}, "ResourceNotFoundException"),
        ("search_faces", {"CollectionId": "none", "FaceId": UNKNOWN}, "ResourceNotFoundException"),
        ("create_user", {"CollectionId": "none", "UserId": "a"}, "ResourceNotFoundException"),
        ("delete_user", {"CollectionId": "none", "UserId": "a"}, "ResourceNotFoundException"),
        ("search_users", {"CollectionId": "none", "UserId": "a"}, "ResourceNotFoundException"),
        ("search_users", {"CollectionId": "here", "UserId": "a"}, "ResourceNotFoundException"),
        ("search_users", {"CollectionId": "here"}, "InvalidParameterException"),
        ("search_faces", {"CollectionId": "here", "FaceId": UNKNOWN}, "InvalidParameterException"),
        ("search_faces", {"CollectionId": "here", "FaceId": UNKNOWN.upper() + "x"}, "InvalidParameterException"),
        (
            "associate_faces",
            {"CollectionId": "here", "UserId": "a", "FaceIds": [UNKNOWN]},
            "ResourceNotFoundException",
        ),
        ("delete_faces", {"CollectionId": "here", "FaceIds": [UNKNOWN] * 4097}, "InvalidParameterException"),
        ("list_faces", {"CollectionId": "here", "MaxResults": 4097}, "InvalidParameterException"),
        ("list_faces", {"CollectionId": "here", "UserId": "a b"}, "InvalidParameterException"),
        ("detect_faces", {"Image": {}}, "InvalidParameterException"),
        ("detect_faces", {"Image": {"Bytes": b"x" * 100}}, "InvalidImageFormatException"),
        ("detect_faces", {"Image": {"Bytes": bytes(MAX_IMAGE_BYTES + 1)}}, "ImageTooLargeException"),
        ("detect_faces", {"Image": {"Bytes": bytes(2 * MAX_IMAGE_BYTES)}}, "ImageTooLargeException"),
        ("detect_faces", {"Image": {"Bytes": b"x"}, "Attributes": ["HAT"]}, "InvalidParameterException"),
        ("list_tags_for_resource", {"ResourceArn": "arn:aws:s3:::somebody-elses"}, "InvalidParameterException"),
        (
            "list_tags_for_resource",
            {"ResourceArn": "arn:aws:rekognition:eu-central-1:000000000000:collection/none"},
            "ResourceNotFoundException",
        ),
        ("detect_labels", {"Image": {"Bytes": b"x"}}, "UnknownOperationException"),
    ],
)
async def test_errors_have_the_names_that_clients_know(boto, operation, members, error):
    if members.get("CollectionId") == "here":
        with contextlib.suppress(boto.errors.ResourceAlreadyExistsException):
            await boto("create_collection", CollectionId="here")
    assert await fails(boto, operation, **members) == error


@pytest.mark.parametrize("operation", ["index_faces", "search_faces_by_image", "search_users_by_image"])
async def test_collections_that_do_not_exist(boto, operation, nobody):
    """Whatever the photograph shows, and also right after the collection was made elsewhere."""
    name = f"none-{operation.replace('_', '-')}"
    members = {"CollectionId": name, "Image": {"Bytes": nobody}}
    assert await fails(boto, operation, **members) == "ResourceNotFoundException"
    await boto("create_collection", CollectionId=name)
    if operation == "index_faces":
        assert (await boto(operation, **members))["FaceRecords"] == []
    await boto("delete_collection", CollectionId=name)
    assert await fails(boto, operation, **members) == "ResourceNotFoundException"


async def test_consent_is_required_where_a_directory_requires_it(boto, rekognition, ann):
    await boto("create_collection", CollectionId="consenting")
    await rekognition.http.patch(
        "/directories/consenting", json={"require_consent": True}, headers=await rekognition.bearer()
    )
    error = await fails(boto, "index_faces", CollectionId="consenting", Image={"Bytes": ann})
    assert error == "AccessDeniedException"


async def test_nobody_is_found_by_faces_of_a_restricted_person(boto, rekognition, collection, ann, ann_again):
    """Neither by the id of a face, nor as a user."""
    [face], [other] = await boto.index(collection, ann), await boto.index(collection, ann_again)
    restrict = "UPDATE persons SET restricted = $3 WHERE directory = $1 AND person = $2"
    await rekognition.database.execute(restrict, collection, face, True)
    asked = {"CollectionId": collection, "FaceId": face}
    for operation in ("search_faces", "search_users"):
        assert await fails(boto, operation, **asked) == "InvalidParameterException"
    assert (await boto("search_faces", CollectionId=collection, FaceId=other))["FaceMatches"] == []
    await rekognition.database.execute(restrict, collection, face, False)
    [match] = (await boto("search_faces", **asked))["FaceMatches"]
    assert match["Face"]["FaceId"] == other
    for user, of_user in (("ann", face), ("again", other)):
        await boto("create_user", CollectionId=collection, UserId=user)
        await boto("associate_faces", CollectionId=collection, UserId=user, FaceIds=[of_user])
    await rekognition.database.execute(restrict, collection, "ann", True)
    assert (await boto("search_users", CollectionId=collection, UserId="ann"))["UserMatches"] == []
    await rekognition.database.execute(restrict, collection, "ann", False)
    assert len((await boto("search_users", CollectionId=collection, UserId="ann"))["UserMatches"]) == 1


async def test_nobody_is_seen_by_searches_for_enrolled_faces(boto, rekognition, collection, ann, ann_again):
    """How long somebody was not seen decides how long a directory keeps that person."""
    [face], [other] = await boto.index(collection, ann), await boto.index(collection, ann_again)
    await boto("create_user", CollectionId=collection, UserId="ann")
    await boto("associate_faces", CollectionId=collection, UserId="ann", FaceIds=[face])

    async def seen():
        found = "SELECT person FROM persons WHERE directory = $1 AND last_seen_at IS NOT NULL"
        return {row["person"] for row in await rekognition.database.fetch(found, collection)}

    assert (await boto("search_faces", CollectionId=collection, FaceId=other))["FaceMatches"]
    for probe in ({"FaceId": other}, {"UserId": "ann"}):
        await boto("search_users", CollectionId=collection, **probe)
    assert await seen() == set()
    await boto("search_faces_by_image", CollectionId=collection, Image={"Bytes": ann})
    assert await seen() == {"ann"}


@pytest.mark.parametrize("operation", ["search_faces_by_image", "search_users_by_image", "compare", "compare to"])
async def test_photographs_without_faces(boto, collection, operation, ann, nobody):
    if operation.startswith("compare"):
        images = [{"Bytes": nobody}, {"Bytes": ann}]
        source, target = images if operation == "compare" else reversed(images)
        error = await fails(boto, "compare_faces", SourceImage=source, TargetImage=target)
    else:
        error = await fails(boto, operation, CollectionId=collection, Image={"Bytes": nobody})
    assert error == "InvalidParameterException"


async def test_thresholds_and_numbers_of_matches(boto, collection, ann, bob, party):
    for image in (ann, bob, party):
        await boto.index(collection, image)
    asked = {"CollectionId": collection, "Image": {"Bytes": party}}
    everybody = await boto("search_faces_by_image", FaceMatchThreshold=0, **asked)
    similarities = [match["Similarity"] for match in everybody["FaceMatches"]]
    assert len(similarities) == 5
    assert similarities == sorted(similarities, reverse=True)
    for threshold in (similarities[0], similarities[1], 100):
        found = await boto("search_faces_by_image", FaceMatchThreshold=threshold, **asked)
        expected = [similarity for similarity in similarities if similarity >= threshold]
        assert [match["Similarity"] for match in found["FaceMatches"]] == expected
    found = await boto("search_faces_by_image", FaceMatchThreshold=0, MaxFaces=2, **asked)
    assert [match["Similarity"] for match in found["FaceMatches"]] == similarities[:2]


async def test_people_of_other_calls_are_users(boto, rekognition, collection, ann, ann_again):
    key = await rekognition.bearer()
    form = {"person": "ann", "directory": collection}
    learned = await rekognition.http.post("/learn", data=form, files={"file": ann}, headers=key)
    assert learned.status_code == 201
    [face] = (await boto("list_faces", CollectionId=collection))["Faces"]
    assert (face["UserId"], "BoundingBox" in face) == ("ann", False)
    found = await boto("search_users_by_image", CollectionId=collection, Image={"Bytes": ann_again})
    assert [match["User"]["UserId"] for match in found["UserMatches"]] == ["ann"]
    assert (await boto("describe_collection", CollectionId=collection))["UserCount"] == 1
    await boto("disassociate_faces", CollectionId=collection, UserId="ann", FaceIds=[face["FaceId"]])
    assert "UserId" not in (await boto("list_faces", CollectionId=collection))["Faces"][0]
    [indexed] = await boto.index(collection, ann_again)
    named = await rekognition.http.post(
        "/recognize", data={"directory": collection}, files={"file": ann_again}, headers=key
    )
    assert named.json()["persons"][0]["id"] == indexed
