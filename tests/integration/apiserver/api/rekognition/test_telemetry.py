"""What metrics, audit and rates tell of the operations, which share one route."""

import asyncio
import json
from dataclasses import replace

import pytest
import pytest_asyncio
from prometheus_client import generate_latest

from apiserver.app import create_app
from apiserver.telemetry.gateway import Metrics
from tests.integration.apiserver.api.rekognition.test_access import sent, signed
from tests.integration.apiserver.conftest import serving
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

TARGET = "X-Amz-Target"
NAMED = "RekognitionService."
BODY = json.dumps({"CollectionId": "none"}).encode()


@pytest_asyncio.fixture(loop_scope="module")
async def counted(rekognition):
    """A gateway with separate metrics, and a function that returns the value of one of them, 0 if it is absent."""
    metrics = Metrics()

    def value(name, **labels):
        return metrics.registry.get_sample_value(f"faceserver_gateway_{name}", labels) or 0

    async with serving(create_app(rekognition.settings, metrics)) as http:
        yield replace(rekognition, http=http), metrics, value


async def test_requests_are_counted_by_operation(counted):
    gateway, metrics, value = counted
    pair = await gateway.pair()
    assert await sent(gateway, signed(pair, gateway.url)) == ""
    described = signed(pair, gateway.url, "DescribeCollection", BODY)
    assert await sent(gateway, described, BODY) == "ResourceNotFoundException"
    for name in (f"{NAMED}Anns", "Anns.ListCollections", ""):
        assert await sent(gateway, {TARGET: name}) == "UnknownOperationException"

    def requests(operation, status, outcome):
        return value("requests_total", route=f"POST / {operation}", status=status, outcome=outcome)

    await until(lambda: asyncio.sleep(0, requests("unknown", "400", "not-found") == 3))
    assert requests("ListCollections", "200", "ok") == 1
    assert requests("DescribeCollection", "400", "directory-not-found") == 1
    assert value("request_seconds_count", route="POST / ListCollections") == 1
    assert "Anns" not in generate_latest(metrics.registry).decode()


async def test_each_caller_is_counted_once(counted):
    gateway, _, value = counted
    pair, target = await gateway.pair(), {TARGET: f"{NAMED}ListCollections"}
    assert await sent(gateway, signed(pair, gateway.url)) == ""
    assert value("authentications_total", outcome="key") == 1
    assert await sent(gateway, target | await gateway.bearer()) == ""
    assert value("authentications_total", outcome="key") == 2
    assert await sent(gateway, target) == "MissingAuthenticationTokenException"
    assert value("authentications_total", outcome="key-missing") == 1
    guess = pair._replace(secret="x" * 40)
    assert await sent(gateway, signed(guess, gateway.url)) == "InvalidSignatureException"
    assert value("authentications_total", outcome="signature-invalid") == 1


async def test_the_status_counts_recognitions_and_enrolments(counted, ann):
    gateway, _, _ = counted
    boto = await gateway.client()
    await boto("create_collection", CollectionId="counted")
    await boto.index("counted", ann)
    for operation in ("search_faces_by_image", "search_users_by_image"):
        await boto(operation, CollectionId="counted", Image={"Bytes": ann})
    limited = await gateway.client(await gateway.pair(limits={"requests_per_minute": 1}))
    await limited("search_faces_by_image", CollectionId="counted", Image={"Bytes": ann})
    with pytest.raises(limited.errors.ThrottlingException):
        await limited("search_faces_by_image", CollectionId="counted", Image={"Bytes": ann})
    told = (await gateway.http.get("/status", headers=await gateway.bearer())).json()
    assert (told["recognize"]["requests"], told["recognize"]["refused"]) == (4, 1)
    assert told["learn"]["requests"] == 1
    await boto("delete_collection", CollectionId="counted")


@pytest.mark.parametrize("limit", ["requests_per_minute", "requests_per_day"])
async def test_deletions_count_for_no_limit_of_any_caller(rekognition, limit):
    """With a key in a header as with a signature."""
    bearer = await rekognition.bearer(limits={limit: 1})
    deletion = bearer | {TARGET: f"{NAMED}DeleteCollection"}
    for _ in range(2):
        assert await sent(rekognition, deletion, BODY) == "ResourceNotFoundException"
    read = bearer | {TARGET: f"{NAMED}DescribeCollection"}
    assert await sent(rekognition, read, BODY) == "ResourceNotFoundException"
    assert await sent(rekognition, read, BODY) in {"ThrottlingException", "ProvisionedThroughputExceededException"}
    assert await sent(rekognition, deletion, BODY) == "ResourceNotFoundException"
    unknown = bearer | {TARGET: "DeleteCollection"}
    assert await sent(rekognition, unknown, BODY) in {"ThrottlingException", "UnknownOperationException"}


async def test_refusals_in_the_audit_name_the_operation(rekognition):
    pair = await rekognition.pair("recognize")
    async with serving(create_app(rekognition.settings)) as http:
        gateway = replace(rekognition, http=http)
        headers = signed(pair, gateway.url, "DeleteCollection", BODY)
        assert await sent(gateway, headers, BODY) == "AccessDeniedException"
        guess = pair._replace(secret="x" * 40)
        headers = signed(guess, gateway.url, "IndexFaces", BODY)
        assert await sent(gateway, headers, BODY) == "InvalidSignatureException"
    rows = await rekognition.database.fetch("SELECT subject, action, outcome FROM audit WHERE outcome <> 'ok'")
    refused = {tuple(row) for row in rows}
    assert (f"key:{pair.record.id}", "Rekognition DeleteCollection", "scope-missing") in refused
    assert ("nobody", "Rekognition IndexFaces", "signature-invalid") in refused
