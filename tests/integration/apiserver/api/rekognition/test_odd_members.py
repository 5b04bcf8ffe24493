"""Members with values that no client should send: each is refused by name, or means what it says; none is a failure."""

import json
import uuid
from typing import Any

import pytest
import pytest_asyncio

from tests.integration.apiserver.api.rekognition.test_access import ARN, REQUESTS, UNKNOWN

pytestmark = pytest.mark.asyncio(loop_scope="module")

ODD = (
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e400",
    "9" * 5_000,
    "NaN",
    '""',
    '"a\\u0000b"',
    '"a\\nb"',
    json.dumps("\u0327\u0308" * 50),
    f'"{"a" * 5_000}"',
    f'"{"a" * 50_000}"',
    '"\\ud800"',
    '"\u00e9\u0661"',
    '"../../etc/passwd"',
    '".."',
    "[]",
    "[[[]]]",
    "[null]",
    '["", "\\u0000", "x"]',
    "[1, 2.5, 1e999]",
    "{}",
    '{"a": {"b": [1]}, "": null}',
    '{"a\\u0000": "b\\u0000"}',
    "[" * 150 + "]" * 150,
)

MORE: dict[str, dict[str, Any]] = {
    "CreateCollection": {"Tags": {"a": "b"}},
    "ListCollections": {"NextToken": "x", "MaxResults": 1},
    "ListFaces": {"NextToken": "x", "MaxResults": 1, "UserId": "x", "FaceIds": [UNKNOWN]},
    "ListUsers": {"NextToken": "x", "MaxResults": 1},
    "IndexFaces": {"ExternalImageId": "x", "DetectionAttributes": ["ALL"], "MaxFaces": 1, "QualityFilter": "AUTO"},
    "SearchFaces": {"MaxFaces": 1, "FaceMatchThreshold": 1},
    "SearchFacesByImage": {"MaxFaces": 1, "FaceMatchThreshold": 1, "QualityFilter": "AUTO"},
    "CompareFaces": {"SimilarityThreshold": 1, "QualityFilter": "AUTO"},
    "DetectFaces": {"Attributes": ["ALL"]},
    "CreateUser": {"ClientRequestToken": "x"},
    "DeleteUser": {"ClientRequestToken": "x"},
    "AssociateFaces": {"ClientRequestToken": "x", "UserMatchThreshold": 1},
    "DisassociateFaces": {"ClientRequestToken": "x"},
    "SearchUsers": {"FaceId": UNKNOWN, "MaxUsers": 1, "UserMatchThreshold": 1},
    "SearchUsersByImage": {"MaxUsers": 1, "UserMatchThreshold": 1, "QualityFilter": "AUTO"},
}
IMAGES = {
    "Bytes": '{"Bytes": %s}',
    "bucket": '{"S3Object": {"Bucket": %s, "Name": "a.jpg"}}',
    "name": '{"S3Object": {"Bucket": "photos", "Name": %s}}',
    "version": '{"S3Object": {"Bucket": "photos", "Name": "a.jpg", "Version": %s}}',
    "both": '{"Bytes": %s, "S3Object": {"Bucket": "photos", "Name": "a.jpg"}}',
}

REFUSALS = {
    "InvalidParameterException",
    "SerializationException",
    "ResourceNotFoundException",
    "ResourceAlreadyExistsException",
    "InvalidPaginationTokenException",
    "InvalidImageFormatException",
    "InvalidS3ObjectException",
    "ConflictException",
}


@pytest_asyncio.fixture(loop_scope="module")
async def call(rekognition):
    """Send the body of an operation; return what it is refused with, or nothing."""
    bearer = await rekognition.bearer()
    name = uuid.uuid4().hex

    async def answered(operation, body):
        headers = bearer | {"X-Amz-Target": f"RekognitionService.{operation}"}
        content = body.replace("acme", name).replace('"somebody"', f'"{uuid.uuid4().hex}"').encode()
        answer = await rekognition.http.post("/", content=content, headers=headers)
        return "" if answer.is_success else answer.json()["__type"]

    assert await answered("CreateCollection", '{"CollectionId": "acme"}') == ""
    return answered


def bodies(operation):
    """Yield bodies of an operation in which one member is odd."""
    usual = REQUESTS[operation] | MORE.get(operation, {})
    members = {name: json.dumps(value) for name, value in usual.items()}
    if operation == "CreateUser":
        members["UserId"] = '"somebody"'
    for name in members:
        if name.endswith("Image"):
            for wrapped in IMAGES.values():
                yield from (members | {name: wrapped % value} for value in ODD)
        yield from (members | {name: value} for value in ODD)


def written(members):
    return "{" + ",".join(f'"{name}": {value}' for name, value in members.items()) + "}"


@pytest.mark.long
@pytest.mark.parametrize("operation", REQUESTS)
async def test_odd_members(call, operation):
    for members in bodies(operation):
        outcome = await call(operation, written(members))
        assert outcome in REFUSALS | {""}, (operation, written(members)[:200])


@pytest.mark.parametrize("body", [*ODD, "", " ", "{", '{"a"', "\ufeff{}", '{"a": 1} x', "{'a': 1}", "[" * 250])
async def test_odd_bodies(call, body):
    """A body is an object of JSON in UTF-8, with any members."""
    outcome = await call("ListCollections", body)
    assert outcome == (
        "" if body.startswith("{") and body.endswith("}") and "'" not in body else "SerializationException"
    )


async def test_tokens_of_requests_are_texts_that_can_be_stored(call):
    user = '{"CollectionId": "acme", "UserId": "somebody", "ClientRequestToken": %s}'
    for token in ('"a\\u0000"', '""', '"a b"', f'"{"a" * 65}"', '"\u00e9"', "1"):
        assert await call("CreateUser", user % token) == "InvalidParameterException", token
    assert await call("CreateUser", user % '"a-_9"') == ""


async def test_of_a_member_that_comes_twice_the_last_one_counts(call):
    assert await call("DescribeCollection", '{"CollectionId": 1, "CollectionId": "acme"}') == ""
    assert (
        await call("DescribeCollection", '{"CollectionId": "acme", "CollectionId": 1}') == "InvalidParameterException"
    )


@pytest.mark.parametrize(
    ("encoded", "error"),
    [
        ("QUJD", "InvalidImageFormatException"),
        ("QUJDRA", "InvalidImageFormatException"),
        ("QUJD\\nQUJD", "InvalidParameterException"),
        (" QUJD", "InvalidParameterException"),
        ("QUJ-", "InvalidParameterException"),
        ("data:image/png;base64,QUJD", "InvalidParameterException"),
        ("Q", "InvalidParameterException"),
        ("a", "InvalidParameterException"),
        ("\u00e9", "InvalidParameterException"),
        ("QUJD\\/\\u002b==" + "A" * 30_000, "InvalidParameterException"),
    ],
)
async def test_images_that_are_not_base64(call, encoded, error):
    assert await call("DetectFaces", f'{{"Image": {{"Bytes": "{encoded}"}}}}') == error


async def test_odd_resource_names(call):
    for arn in ("arn:aws:rekognition:::collection/..", ARN + "\\n", ARN + "/x", ARN.replace("acme", "a b"), ARN * 2):
        body = f'{{"ResourceArn": "{arn}"}}'
        assert await call("ListTagsForResource", body) in {"InvalidParameterException", "ResourceNotFoundException"}, (
            arn
        )
