"""Who may call the operations of Amazon Rekognition: signatures, scopes, directories and limits."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from apiserver.access.scopes import Scope
from apiserver.api.rekognition.operations import OPERATIONS
from apiserver.app import create_app
from apiserver.keys.attempts import MAX_ATTEMPTS
from tests.integration.apiserver.conftest import serving
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ARN = "arn:aws:rekognition:eu-central-1:000000000000:collection/acme"
IMAGE = {"Bytes": "AAAA"}

REQUESTS: dict[str, dict[str, Any]] = {
    "CreateCollection": {"CollectionId": "acme"},
    "DeleteCollection": {"CollectionId": "acme"},
    "DescribeCollection": {"CollectionId": "acme"},
    "TagResource": {"ResourceArn": ARN, "Tags": {}},
    "UntagResource": {"ResourceArn": ARN, "TagKeys": []},
    "ListTagsForResource": {"ResourceArn": ARN},
    "IndexFaces": {"CollectionId": "acme", "Image": IMAGE},
    "ListFaces": {"CollectionId": "acme"},
    "DeleteFaces": {"CollectionId": "acme", "FaceIds": [UNKNOWN]},
    "SearchFaces": {"CollectionId": "acme", "FaceId": UNKNOWN},
    "SearchFacesByImage": {"CollectionId": "acme", "Image": IMAGE},
    "CreateUser": {"CollectionId": "acme", "UserId": "x"},
    "DeleteUser": {"CollectionId": "acme", "UserId": "x"},
    "ListUsers": {"CollectionId": "acme"},
    "AssociateFaces": {"CollectionId": "acme", "UserId": "x", "FaceIds": [UNKNOWN]},
    "DisassociateFaces": {"CollectionId": "acme", "UserId": "x", "FaceIds": [UNKNOWN]},
    "SearchUsers": {"CollectionId": "acme", "UserId": "x"},
    "SearchUsersByImage": {"CollectionId": "acme", "Image": IMAGE},
    "ListCollections": {},
    "CompareFaces": {"SourceImage": IMAGE, "TargetImage": IMAGE},
    "DetectFaces": {"Image": IMAGE},
}
"""A request of each operation; those about no collection come last."""

OF_A_DIRECTORY = list(REQUESTS)[:-3]


def signed(pair, url, operation="ListCollections", body=b"{}", more=None):
    """Return the headers of a request as botocore signs it."""
    target = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"RekognitionService.{operation}"}
    request = AWSRequest("POST", f"{url}/", headers=target | (more or {}), data=body)
    SigV4Auth(Credentials(pair.access, pair.secret), "rekognition", "eu-central-1").add_auth(request)
    return dict(request.headers.items())


async def sent(gateway, headers, body=b"{}", path="/", method="POST"):
    """Send a request and return the name of its error, or "" if there is none."""
    answer = await gateway.http.request(method, path, content=body, headers=headers)
    return "" if answer.is_success else answer.json().get("__type", answer.status_code)


@pytest.fixture(scope="module")
def body():
    return json.dumps({"CollectionId": "acme"}).encode()


async def test_only_what_was_signed_is_done(rekognition, body):
    pair = await rekognition.pair()
    right = signed(pair, rekognition.url, "DescribeCollection", body)
    assert await sent(rekognition, right, body) == "ResourceNotFoundException"
    wrong = "InvalidSignatureException"
    target = {"X-Amz-Target": "RekognitionService.DeleteCollection"}
    assert await sent(rekognition, right | target, body) == wrong
    assert await sent(rekognition, right, body.replace(b"acme", b"beta")) == wrong
    assert await sent(rekognition, right, body + b" ") == wrong
    assert await sent(rekognition, right, body, "/?CollectionId=beta") == wrong
    assert await sent(rekognition, right | {"Host": "elsewhere.example.org"}, body) == wrong
    assert await sent(rekognition, right, body, "/learn") == 401
    assert await sent(rekognition, right, body, "/directories/acme", "DELETE") == 401
    other = pair._replace(secret=pair.secret[:-1] + "0")
    assert await sent(rekognition, signed(other, rekognition.url, body=body), body) == wrong
    assert await sent(rekognition, [*right.items(), *target.items()], body) == wrong
    digest = signed(pair, rekognition.url, body=body, more={"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})
    assert await sent(rekognition, digest, body) == wrong


@pytest.mark.parametrize("minutes", [-16, 16])
async def test_old_requests_are_refused(rekognition, minutes):
    """A request that somebody kept, and one of a clock that is wrong."""
    pair = await rekognition.pair()
    request = AWSRequest("POST", f"{rekognition.url}/", headers={"X-Amz-Target": "RekognitionService.ListCollections"})
    signer = SigV4Auth(Credentials(pair.access, pair.secret), "rekognition", "eu-central-1")
    moment = datetime.now(UTC) + timedelta(minutes=minutes)
    request.context["timestamp"] = f"{moment:%Y%m%dT%H%M%SZ}"
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    text = signer.string_to_sign(request, signer.canonical_request(request))
    scope = (
        f"Credential={signer.scope(request)}, SignedHeaders={signer.signed_headers(signer.headers_to_sign(request))}"
    )
    signature = signer.signature(text, request)
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 {scope}, Signature={signature}"
    answer = await rekognition.http.post("/", headers=dict(request.headers.items()))
    assert answer.json()["__type"] == "InvalidSignatureException"
    assert "expired" in answer.json()["Message"] or "not yet current" in answer.json()["Message"]


async def test_callers_without_a_right_key(rekognition, body):
    pair = await rekognition.pair()
    await rekognition.revoke(pair)
    unknown = pair._replace(access="AKFS" + "0" * 12)
    foreign = pair._replace(access="AKIAIOSFODNN7EXAMPLE")
    expired = await rekognition.pair(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    for each in (pair, unknown, foreign, expired):
        headers = signed(each, rekognition.url, body=body)
        await until(partial(_is, rekognition, headers, body, "UnrecognizedClientException"))
    target = {"X-Amz-Target": "RekognitionService.ListCollections"}
    assert await sent(rekognition, target) == "MissingAuthenticationTokenException"
    assert await sent(rekognition, target | {"Authorization": "Bearer fs_x"}) == "UnrecognizedClientException"
    assert await sent(rekognition, target | {"Authorization": "AWS4-HMAC-SHA256 x"}) == "InvalidSignatureException"
    key = f"Bearer {pair.secret}"
    assert await sent(rekognition, target | {"Authorization": key}) == "UnrecognizedClientException"
    answer = await rekognition.http.get("/directories", headers={"Authorization": key})
    assert answer.status_code == 401


async def _is(gateway, headers, body, error):
    return await sent(gateway, headers, body) == error


async def test_every_operation_has_a_request():
    assert REQUESTS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("operation", REQUESTS)
async def test_scopes(rekognition, operation):
    """Without one of its scopes, an operation is refused; the directory is that of the key."""
    needed = OPERATIONS[operation].scopes
    content = json.dumps(REQUESTS[operation]).encode()
    assert needed
    for missing in needed:
        pair = await rekognition.pair(directories=("acme",), granted=frozenset(Scope) - {missing, Scope.OPERATE})
        headers = signed(pair, rekognition.url, operation, content)
        assert await sent(rekognition, headers, content) == "AccessDeniedException", missing


@pytest.mark.parametrize("operation", OF_A_DIRECTORY)
async def test_directories_of_others_do_not_exist(rekognition, operation):
    content = json.dumps(REQUESTS[operation]).encode()
    pair = await rekognition.pair("admin", directories=("beta", "acme2", "acm"))
    headers = signed(pair, rekognition.url, operation, content)
    assert await sent(rekognition, headers, content) == "ResourceNotFoundException"


async def test_a_key_of_one_directory_reaches_nothing_of_another(rekognition, ann, ann_again):
    """Ids of faces, users and tokens of another collection are those of nothing."""
    both = await rekognition.client()
    for name in ("north", "south"):
        await both("create_collection", CollectionId=name)
    [face] = await both.index("north", ann)
    await both("create_user", CollectionId="north", UserId="ann")
    south = await rekognition.client(await rekognition.pair("admin", directories=("south",)))
    assert (await south("list_collections"))["CollectionIds"] == ["south"]
    assert (await south("list_faces", CollectionId="south", FaceIds=[face]))["Faces"] == []
    answer = await south("delete_faces", CollectionId="south", FaceIds=[face])
    assert answer["UnsuccessfulFaceDeletions"] == [{"FaceId": face, "Reasons": ["FACE_NOT_FOUND"]}]
    found = await south("search_faces_by_image", CollectionId="south", Image={"Bytes": ann}, FaceMatchThreshold=0)
    assert found["FaceMatches"] == []
    for operation in ("search_faces", "search_users"):
        with pytest.raises(south.errors.InvalidParameterException):
            await south(operation, CollectionId="south", FaceId=face)
    await south("create_user", CollectionId="south", UserId="bob")
    answer = await south("associate_faces", CollectionId="south", UserId="bob", FaceIds=[face])
    assert answer["UnsuccessfulFaceAssociations"] == [{"FaceId": face, "Reasons": ["FACE_NOT_FOUND"]}]
    with pytest.raises(south.errors.ResourceNotFoundException):
        await south("search_users", CollectionId="south", UserId="ann")
    [own] = await south.index("south", ann)
    assert own != face
    assert (await both("describe_collection", CollectionId="north"))["FaceCount"] == 1
    only = await rekognition.client(await rekognition.pair("recognize", directories=("south",)))
    await south.index("south", ann_again)
    found = await only("search_faces_by_image", CollectionId="south", Image={"Bytes": ann}, FaceMatchThreshold=0)
    assert [match["Face"]["FaceId"] for match in found["FaceMatches"]] == [own]


async def test_limits_are_those_of_the_key(rekognition):
    """The SDK tries again what is throttled, as its class says."""
    pair = await rekognition.pair(limits={"requests_per_minute": 3})
    client = await rekognition.client(pair)
    for _ in range(3):
        await client("list_collections")
    with pytest.raises(client.errors.ThrottlingException):
        await client("list_collections")
    with pytest.raises(client.errors.ResourceNotFoundException):
        await client("delete_collection", CollectionId="none")
    client = await rekognition.client(await rekognition.pair(limits={"requests_per_day": 1}))
    await client("list_collections")
    with pytest.raises(client.errors.ProvisionedThroughputExceededException):
        await client("list_collections")


async def test_an_address_that_guesses_is_throttled_and_right_keys_go_on(rekognition):
    pair = await rekognition.pair()
    guess = pair._replace(secret="x" * 40)
    headers = {"X-Forwarded-For": "192.0.2.7"}
    for _ in range(MAX_ATTEMPTS):
        assert await sent(rekognition, signed(guess, rekognition.url) | headers) == "InvalidSignatureException"
    assert await sent(rekognition, signed(guess, rekognition.url) | headers) == "ThrottlingException"
    unknown = pair._replace(access="AKFS" + "1" * 12)
    assert await sent(rekognition, signed(unknown, rekognition.url) | headers) == "ThrottlingException"
    assert await sent(rekognition, signed(pair, rekognition.url) | headers) == ""


async def test_behind_a_proxy_the_client_signs_what_it_calls(rekognition):
    pair = await rekognition.pair()
    headers = signed(pair, "https://faces.example.org/rekognition")
    proxy = {"X-Forwarded-Host": "faces.example.org", "X-Forwarded-Prefix": "/rekognition"}
    sent_on = {name: value for name, value in headers.items() if name.lower() != "host"}
    assert await sent(rekognition, sent_on | proxy) == ""
    assert await sent(rekognition, sent_on) == "InvalidSignatureException"


async def test_the_audit_names_the_operations(rekognition, ann):
    boto = await rekognition.client()
    await boto("create_collection", CollectionId="audited")
    [face] = await boto.index("audited", ann)
    await boto("search_faces", CollectionId="audited", FaceId=face)
    await boto("create_user", CollectionId="audited", UserId="ann")
    await boto("associate_faces", CollectionId="audited", UserId="ann", FaceIds=[face])
    await boto("disassociate_faces", CollectionId="audited", UserId="ann", FaceIds=[face])
    await boto("tag_resource", ResourceArn=ARN.replace("acme", "audited"), Tags={"a": "b"})
    await boto("delete_user", CollectionId="audited", UserId="ann")
    await boto("delete_faces", CollectionId="audited", FaceIds=[face])
    await boto("delete_collection", CollectionId="audited")
    rows = await rekognition.database.fetch("SELECT action FROM audit WHERE directory = 'audited' ORDER BY id")
    actions = list(dict.fromkeys(row["action"] for row in rows))
    names = (
        *("CreateCollection", "IndexFaces", "SearchFaces", "CreateUser", "AssociateFaces", "DisassociateFaces"),
        *("TagResource", "DeleteUser", "DeleteFaces", "DeleteCollection"),
    )
    assert actions == [f"Rekognition {name}" for name in names]


async def test_outages_are_errors_that_the_sdk_tries_again(rekognition):
    """Another gateway has the same keys, and a vectorizer that does not answer."""
    pair = await rekognition.pair()
    broken = rekognition.settings.model_copy(update={"vectorizer_urls": "http://127.0.0.1:1"})
    async with serving(create_app(broken)) as http:
        client = await replace(rekognition, http=http).client(pair, retries={"total_max_attempts": 2})
        with pytest.raises(client.errors.InternalServerError) as caught:
            await client("detect_faces", Image={"Bytes": b"x"})
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 1


async def test_where_no_key_is_required_any_credentials_will_do(rekognition):
    """Except those of a pair of the service, which must be right."""
    pair = await rekognition.pair("recognize", directories=("acme",))
    settings = rekognition.settings.model_copy(update={"require_keys": False})
    async with serving(create_app(settings)) as http:
        gateway = replace(rekognition, http=http)
        foreign = pair._replace(access="AKIAIOSFODNN7EXAMPLE")
        assert await sent(gateway, signed(foreign, gateway.url)) == ""
        assert await sent(gateway, {"X-Amz-Target": "RekognitionService.ListCollections"}) == ""
        assert await sent(gateway, signed(pair, gateway.url)) == "AccessDeniedException"
        guess = pair._replace(secret="x" * 40)
        assert await sent(gateway, signed(guess, gateway.url)) == "InvalidSignatureException"


async def test_without_the_setting_nothing_answers(rekognition):
    settings = rekognition.settings.model_copy(update={"facades": ""})
    async with serving(create_app(settings)) as http:
        answer = await http.post("/", headers=signed(await rekognition.pair(), str(http.base_url)))
        assert answer.status_code in (401, 404, 405)
