"""Subjects: persons whose names are equal regardless of case."""

import asyncio
from uuid import uuid4

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBJECTS = "recognition/subjects"


async def subjects(service):
    return (await service.call(f"GET {SUBJECTS}"))["subjects"]


async def test_they_are_added_listed_renamed_and_deleted(service):
    assert await subjects(service) == []
    assert await service.call(f"POST {SUBJECTS}", 201, json={"subject": "Ann Ö [1]"}) == {"subject": "Ann Ö [1]"}
    await service.call(f"POST {SUBJECTS}", 201, json={"subject": "Bob", "ignored": {}})
    assert await subjects(service) == ["Ann Ö [1]", "Bob"]
    assert await service.call(f"PUT {SUBJECTS}/ann ö [1]", json={"subject": "Cid"}) == {"updated": True}
    assert await service.call(f"DELETE {SUBJECTS}/CID") == {"subject": "Cid"}
    assert await subjects(service) == ["Bob"]
    assert await service.call(f"DELETE {SUBJECTS}") == {"deleted": 1}
    assert await service.call(f"DELETE {SUBJECTS}") == {"deleted": 0}


@pytest.mark.parametrize(("made", "again"), [("Ann", "ANN"), ("Ärger", "ÄRGER"), ("Иван", "иван")])
async def test_case_makes_no_other_subject_and_an_accent_does(service, made, again):
    await service.call(f"POST {SUBJECTS}", 201, json={"subject": made})
    assert await service.code(f"POST {SUBJECTS}", json={"subject": again}) == 43
    await service.call(f"POST {SUBJECTS}", 201, json={"subject": f"{made}é"})
    await service.call(f"POST {SUBJECTS}", 201, json={"subject": f"{made}e"})


async def test_a_subject_may_change_the_case_of_its_name(service):
    await service.call(f"POST {SUBJECTS}", 201, json={"subject": "ann"})
    await service.call(f"PUT {SUBJECTS}/ann", json={"subject": "ANN"})
    assert await subjects(service) == ["ANN"]
    await service.call(f"PUT {SUBJECTS}/ann", json={"subject": "ANN"})
    assert await subjects(service) == ["ANN"]


async def test_a_new_name_that_another_has_merges_both(service, ann, bob):
    for subject, photograph in (("Ann", ann), ("Bob", bob)):
        await service.add(subject, photograph)
    await service.call(f"PUT {SUBJECTS}/ann", json={"subject": "BOB"})
    assert await subjects(service) == ["Bob"]
    assert {face["subject"] for face in (await service.call("GET recognition/faces"))["faces"]} == {"Bob"}


async def test_persons_that_differ_in_case_alone_are_known_by_their_exact_names(service, keys_database):
    await keys_database.execute("INSERT INTO directories (directory) VALUES ($1)", service.directory)
    for person in ("bob", "BOB"):
        statement = "INSERT INTO persons (directory, person) VALUES ($1, $2)"
        await keys_database.execute(statement, service.directory, person)
    assert await service.call(f"DELETE {SUBJECTS}/BOB") == {"subject": "BOB"}
    assert await service.call(f"DELETE {SUBJECTS}/Bob") == {"subject": "bob"}


@pytest.mark.parametrize(
    "subject", [None, "", "   ", "a;b", "a/b", "a\\b", "x" * 51, "\n", "\0", 5, ["a"], {"a": 1}, "a\u202eb"]
)
async def test_names_that_are_not_allowed(service, subject):
    assert await service.code(f"POST {SUBJECTS}", json={"subject": subject}) == 26
    await service.call(f"POST {SUBJECTS}", 201, json={"subject": "ann"})
    assert await service.code(f"PUT {SUBJECTS}/ann", json={"subject": subject}) == 26
    assert await subjects(service) == ["ann"]


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"ann"', b"[" * 5000, b'{"subject":' + b"[" * 5000])
async def test_bodies_that_are_none(refusing, body):
    assert await refusing.code(f"POST {SUBJECTS}", content=body) == 26


@pytest.mark.parametrize("name", ["nobody", "a%2Fb", "..%2F..", "%00", "%F0%9F%98%80", "x" * 300])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_an_unknown_subject(refusing, method, name):
    options = {"json": {"subject": "ann"}} if method == "PUT" else {}
    status = 400 if name in {"%00", "x" * 300} else 404
    assert await refusing.code(f"{method} {SUBJECTS}/{name}", status, **options) == (26 if status == 400 else 42)


async def test_calls_at_the_same_time_make_one_subject(service):
    names = ["ann", "Ann", "aNn", "anN"]
    answers = await asyncio.gather(
        *(
            service.client.post(f"/api/v1/{SUBJECTS}", json={"subject": name}, headers={"x-api-key": service.key})
            for name in names
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    assert len(await subjects(service)) == 1


async def test_photographs_at_the_same_time_make_one_subject(service, ann, ann_again):
    photographs = {"ann": ann, "ANN": ann_again}
    await asyncio.gather(*(service.add(name, photograph) for name, photograph in photographs.items()))
    [subject] = await subjects(service)
    listed = (await service.call("GET recognition/faces", params={"subject": "Ann"}))["faces"]
    assert [face["subject"] for face in listed] == [subject, subject]


async def test_the_index_finds_a_subject(keys_database):
    """Also with as many persons as make the planner choose."""
    directory = uuid4().hex
    await keys_database.execute("INSERT INTO directories (directory) VALUES ($1)", directory)
    people = "INSERT INTO persons (directory, person) SELECT $1, 'Person ' || n FROM generate_series(1, 2000) AS n"
    await keys_database.execute(people, directory)
    await keys_database.execute("ANALYZE persons")
    plan = await keys_database.fetch(
        "EXPLAIN SELECT person FROM persons WHERE directory = $1 "
        "AND left(folded_name(person), 100) = left(folded_name($2), 100)",
        directory,
        "PERSON 7",
    )
    assert "persons_by_folded_name" in "\n".join(row[0] for row in plan)
