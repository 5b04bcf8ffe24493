"""`Idempotency-Key` on /learn."""

import asyncio
import socket
from datetime import timedelta

import pytest

from apiserver.database.opening import open_database
from apiserver.idempotency_keys import Claim, StoredAnswer, claim, delete_answers, delete_expired, store
from apiserver.problems import AnswerErased
from tests.gate import gate_before
from tests.integration.apiserver.locks import until_somebody_waits
from tests.waiting import PATIENCE_SECONDS, until

FINGERPRINT = bytes(32)


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=2, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def learn(gateway):
    async def learn(photograph, person="ann", key="key", to=None):
        headers = {"Idempotency-Key": key} if key else {}
        return await (to or gateway).post(
            "/learn", data={"person": person}, files={"file": photograph}, headers=headers
        )

    return learn


async def test_a_repetition_is_answered_as_the_first_time(learn, ann):
    first, second, unkeyed = await learn(ann), await learn(ann), await learn(ann, key=None)

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert first.json()["created"]
    assert not unkeyed.json()["created"], "it is another request"


async def test_another_gateway_answers_it_too(learn, serve, settings, ann):
    first, second = await learn(ann), await learn(ann, to=await serve(settings))
    assert first.content == second.content


async def test_without_a_key_nothing_is_written(learn, database, ann):
    await learn(ann, key=None)
    assert await database.fetchval("SELECT count(*) FROM keyed_requests") == 0


async def test_a_refusal_is_kept(learn, nobody, database):
    first = await learn(nobody)
    await database.execute(
        "UPDATE keyed_requests SET body = convert_to(replace(convert_from(body, 'utf8'), 'N', 'n'), 'utf8')"
    )
    second = await learn(nobody)
    assert (first.status_code, second.status_code) == (400, 400)
    assert (first.json()["status"], second.json()["status"]) == ("No face detected.", "no face detected.")


async def test_the_key_of_another_request(learn, database, ann):
    await learn(ann)
    response = await learn(ann, person="bob")
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert await database.fetchval("SELECT count(*) FROM persons") == 1


@pytest.mark.timing
async def test_of_many_at_once_one_runs(learn, serve, settings, database, ann):
    with gate_before(settings.vectorizer_urls, passes=0) as gate:
        held = settings.model_copy(update={"vectorizer_urls": gate.url, "vectorizer_timeout_seconds": 3600})
        gateways = [await serve(held) for _ in range(2)]
        asked = [asyncio.create_task(learn(ann, to=gateways[number % 2])) for number in range(8)]
        await until(lambda: sum(task.done() for task in asked) == 7)
        others = [task.result() for task in asked if task.done()]
        [running] = [task for task in asked if not task.done()]
        gate.open()
        ran = await running

    assert (ran.status_code, "idempotency-replayed" in ran.headers) == (201, False)
    assert {answer.json()["code"] for answer in others} == {"request-in-progress"}
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in others} == {(409, "1")}
    assert (await learn(ann)).content == ran.content
    assert await database.fetchval("SELECT count(*) FROM faces") == 1


async def test_after_an_outage_it_runs_again(learn, serve, settings, ann):
    broken = await serve(settings.model_copy(update={"vectorizer_urls": "http://127.0.0.1:1"}))
    assert (await learn(ann, to=broken)).status_code == 503
    answer = await learn(ann)
    assert (answer.status_code, answer.json()["created"]) == (201, True)


@pytest.mark.timing
async def test_whoever_hangs_up_may_come_again(learn, serve, settings, database, ann):
    async def in_work(number):
        await until(lambda: database.fetchval("SELECT count(*) = $1 FROM keyed_requests", number))

    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes images and never answers
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        waiting = await serve(settings.model_copy(update={"vectorizer_urls": url, "vectorizer_timeout_seconds": 3600}))
        request = asyncio.create_task(learn(ann, to=waiting))
        await in_work(1)
        assert (await learn(ann)).json()["code"] == "request-in-progress"
        request.cancel()
        await in_work(0)
    assert (await learn(ann)).status_code == 201


async def test_who_died_is_taken_over(learn, database, ann):
    first = await learn(ann)
    await database.execute("UPDATE keyed_requests SET status = NULL, body = NULL")
    assert (await learn(ann)).json()["code"] == "request-in-progress"
    await database.execute("UPDATE keyed_requests SET lost_at = now()")
    assert (await learn(ann, person="bob")).json()["code"] == "idempotency-key-reused"
    again = await learn(ann)
    assert (again.status_code, again.json()["persons"]) == (201, first.json()["persons"])
    assert "idempotency-replayed" not in again.headers


async def test_a_claim_is_kept_for_as_long_as_the_request_lasts(connections, database):
    mine = await claim(connections, "key", FINGERPRINT)
    assert isinstance(mine, Claim)
    assert await database.fetchval("SELECT lost_at - now() FROM keyed_requests") > timedelta(seconds=20)


async def test_after_a_day_a_key_may_be_used_anew(learn, connections, database, ann):
    await learn(ann)
    await database.execute("UPDATE keyed_requests SET expires_at = now()")
    assert (await learn(ann, person="bob")).status_code == 201
    await delete_expired(connections)
    assert await database.fetchval("SELECT count(*) FROM keyed_requests") == 1
    await database.execute("UPDATE keyed_requests SET expires_at = now()")
    await delete_expired(connections)
    assert await database.fetchval("SELECT count(*) FROM keyed_requests") == 0


@pytest.mark.timing
@pytest.mark.parametrize("deletion_ends_first", [True, False])
async def test_what_was_deleted_before_the_answer_is_kept_is_not_kept(connections, database, deletion_ends_first):
    mine = await claim(connections, "mine", FINGERPRINT)
    others = await claim(connections, "others", FINGERPRINT)
    assert isinstance(mine, Claim)
    assert isinstance(others, Claim)
    deletion = database.transaction()
    await deletion.start()
    await delete_answers(database, "acme")
    if deletion_ends_first:
        await deletion.commit()
    kept = asyncio.create_task(store(connections, mine, StoredAnswer(201, {}, b"ann", "acme")))
    if not deletion_ends_first:
        await until_somebody_waits(database)
        assert not kept.done(), "what is deleted is not known before the deletion ends"
        await deletion.commit()
    await kept
    await store(connections, others, StoredAnswer(201, {}, b"bob", "default"))

    with pytest.raises(AnswerErased):
        await claim(connections, "mine", FINGERPRINT)
    assert await claim(connections, "others", FINGERPRINT) == StoredAnswer(201, {}, b"bob", "default")


async def test_an_answer_is_erased_with_its_directory(learn, database, ann):
    await learn(ann)
    await delete_answers(database, "acme")
    assert (await learn(ann)).status_code == 201
    await delete_answers(database, "default")
    response = await learn(ann)
    assert (response.status_code, response.json()["code"]) == (410, "answer-erased")


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "schlüssel"])
async def test_a_key_that_cannot_be(gateway, ann, key):
    headers = {"Idempotency-Key": key.encode()}
    response = await gateway.post("/learn", data={"person": "ann"}, files={"file": ann}, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "invalid-field")


async def test_a_body_too_large_is_not_read(gateway, database):
    reader, writer = await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port)
    head = "POST /learn HTTP/1.1\r\nHost: gateway\r\nIdempotency-Key: key\r\nContent-Length: 1000000000\r\n\r\n"
    writer.write(head.encode())
    assert (await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 413 ")
    writer.close()
    assert await database.fetchval("SELECT count(*) FROM keyed_requests") == 0


async def test_a_body_too_long_without_photographs_is_refused_as_without_a_key(gateway, database):
    path, body = "/directories/acme/persons/ann/merge", b" " * 100_000
    plain = await gateway.post(path, content=body)
    keyed = await gateway.post(path, content=body, headers={"Idempotency-Key": "key"})
    assert (plain.status_code, plain.json()["code"]) == (keyed.status_code, keyed.json()["code"])
    assert (keyed.status_code, keyed.json()["code"]) == (400, "invalid-json")
    assert await database.fetchval("SELECT count(*) FROM keyed_requests") == 0


@pytest.mark.timing
async def test_photographs_have_a_slot_before_they_are_read(serve, settings):
    gateway = await serve(
        settings.model_copy(update={"max_requests": 1, "max_image_bytes": 1000, "upload_timeout_seconds": 3600})
    )
    head = (
        "POST /directories/acme/persons/ann/faces HTTP/1.1\r\nHost: gateway\r\nIdempotency-Key: {}\r\n"
        "Content-Type: multipart/form-data; boundary=edge\r\nContent-Length: 2000\r\n\r\n"
    )
    connections = [await asyncio.open_connection(gateway.base_url.host, gateway.base_url.port) for _ in range(2)]
    for number, (_, writer) in enumerate(connections):
        writer.write(head.format(number).encode() + bytes(1500))
    reading = [asyncio.create_task(reader.read()) for reader, _ in connections]
    answered, waiting = await asyncio.wait(reading, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    [answer], [has_the_place] = [task.result() for task in answered], waiting
    has_the_place.cancel()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"gateway-busy" in answer
    for _, writer in connections:
        writer.close()
