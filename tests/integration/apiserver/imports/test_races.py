"""Imports whose people are deleted, renamed or merged meanwhile, and those that fail or are run again."""

import asyncio
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zipfile import ZipFile

import asyncpg
import httpx
import pytest

from apiserver.biometrics.choice import FaceChoice
from apiserver.biometrics.face import Face, FaceOrigin
from apiserver.biometrics.quality import QualityLimits
from apiserver.database.pool import Database
from apiserver.deletion.erasure import Erasure
from apiserver.imports.enrolment import Exported, NewFace, enrol_all
from apiserver.imports.preparation import Preparation
from apiserver.imports.records import Import, Item, add_import, add_items, require_visible, waiting
from apiserver.imports.sources import Members
from apiserver.problems import DatabaseBusy, VectorizerUnavailable
from apiserver.settings.settings import Settings
from tests.citus import allow_triggers
from tests.integration.apiserver.api.test_imports import archives, outcomes, start, zipped
from tests.integration.apiserver.locks import until_somebody_waits

pytestmark = pytest.mark.usefixtures("faces_counted")


def bundle(faces: Mapping[str, bytes]) -> bytes:
    """The least that is a bundle: a photograph of each person."""
    names = {person: f"{n}.jpg" for n, person in enumerate(faces)}
    lines = {
        "persons.jsonl": [{"person": person} for person in faces],
        "faces.jsonl": [{"person": person, "image": names[person]} for person in faces],
    }
    files = {name: "\n".join(map(json.dumps, parts)).encode() for name, parts in lines.items()}
    photographs = {f"images/{names[person]}": content for person, content in faces.items()}
    return zipped({"manifest.json": b'{"format": "faceserver-bundle", "version": 1}', **files, **photographs})


def folder(faces: Mapping[str, bytes]) -> bytes:
    return zipped({f"{person}/1.jpg": content for person, content in faces.items()})


async def add_person(gateway: httpx.AsyncClient, person: str) -> None:
    assert (await gateway.put(f"/directories/acme/persons/{person}", json={})).status_code == 201


async def people(database: asyncpg.Connection) -> list[str]:
    return [row["person"] for row in await database.fetch("SELECT person FROM persons ORDER BY 1")]


@pytest.fixture(params=[bundle, folder])
def archive(request: pytest.FixtureRequest, ann: bytes, bob: bytes) -> bytes:
    packed: bytes = request.param({"ann": ann, "bob": bob})
    return packed


async def test_who_is_deleted_while_the_archive_waits_stays_deleted(gateway, work, database, archive):
    await add_person(gateway, "ann")
    job = await start(gateway, archive)
    assert (await gateway.delete("/directories/acme/persons/ann")).status_code == 200

    await work(job)
    assert [(line["person"], line["outcome"]) for line in await outcomes(gateway, job)] == [("bob", "created")]
    assert await people(database) == ["bob"]
    assert await database.fetchval("SELECT count(*) FROM archives") == 0, "nor is the name"


@pytest.mark.timing
async def test_a_directory_that_is_deleted_while_its_import_is_planned_stays_deleted(
    gateway, work, resources, database, archive
):
    await add_person(gateway, "ann")
    job = await start(gateway, archive)
    async with database.transaction():
        await database.execute("SELECT FROM archives WHERE directory = 'acme' FOR UPDATE")
        deleting = asyncio.create_task(Erasure(resources.database, timedelta(0)).directory("acme"))
        await until_somebody_waits(database)  # for the archive, all else being done
        importing = asyncio.create_task(work(job))
        await asyncio.sleep(0.5)  # it must not end, wherever it is by then
        assert not deleting.done()
        assert not importing.done()
    await deleting
    await importing

    assert await people(database) == []
    for table in ("directories", "faces", "imports", "import_items", "archives"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608


async def test_an_import_that_was_stopped_behind_its_last_item_is_done(gateway, work, settings, database, ann):
    job = await start(gateway, folder({"ann": ann}))
    await work(job)
    assert archives(settings) == []
    await database.execute("UPDATE jobs SET done = 0, total = NULL, note = NULL")
    await work(job)

    row = await database.fetchrow("SELECT done, total, note, problem_code FROM jobs WHERE job = $1", UUID(job))
    assert tuple(row) == (1, 1, "1 of 1: 1 created.", None)


async def test_what_waits_to_be_imported_follows_its_person(gateway, resources, database):
    await add_person(gateway, "ann")
    await add_person(gateway, "bob")
    body = {"manifest": [{"person": person, "key": f"imports/{person}"} for person in ("ann", "bob")]}
    job = (await gateway.post("/directories/acme/imports", json=body)).json()["job"]
    one = Import("acme", UUID(job))
    face = Face((1, 2, 3, 4), 0.9, [1.0] + 127 * [0.0], b"crop")
    ready = [
        NewFace(item.n, item.person, face, "model", bytes([item.n]) * 32, None, Exported(), FaceOrigin.CROP)
        for item in await waiting(resources.database, one, -1, 10)
    ]
    assert (await gateway.patch("/directories/acme/persons/ann", json={"person": "anna"})).status_code == 200
    merged = await gateway.post("/directories/acme/persons/anna/merge", json={"from": ["bob"]})
    assert merged.status_code == 200, merged.text

    await enrol_all(resources.database, one, ready, [])
    assert [(line["person"], line["outcome"]) for line in await outcomes(gateway, job)] == 2 * [("anna", "created")]
    assert await people(database) == ["anna"]


async def test_an_import_waits_for_vectorizers_that_use_another_model_by_now(resources, ann):
    source = Members(ZipFile(io.BytesIO(zipped({"1.jpg": ann}))), len(ann))
    model = replace(await resources.vectorizer.model_in_use(), id="earlier@0123")
    preparation = Preparation(
        *("acme", source, resources.vectorizer, model, FaceChoice.ONLY, QualityLimits(), 0.1, timedelta(minutes=1)),
        secret=bytes(32),
    )
    with pytest.raises(VectorizerUnavailable, match="no longer earlier@0123"):
        await preparation.prepare(Item(0, "ann", "1.jpg", {"member": "1.jpg"}))


async def ready_faces(database: Database) -> tuple[Import, list[NewFace]]:
    """An import of one face of Ann and one of Bob that had the same id where they were exported."""
    one, face = Import("acme", UUID(int=1)), Face((1, 2, 3, 4), 0.9, [1.0] + 127 * [0.0], b"crop")
    people, exported = ["ann", "bob"], Exported(UUID(int=7))
    async with database.connection() as connection:
        await add_import(connection, one, planned=True)
        await add_items(connection, one, [Item(n, person, "", {}) for n, person in enumerate(people)])
    return one, [
        NewFace(n, person, face, "model", bytes(32), None, exported, FaceOrigin.CROP) for n, person in enumerate(people)
    ]


@pytest.mark.timing
async def test_a_face_whose_id_is_taken_at_the_same_time_gets_another_one(resources, database):
    one, faces = await ready_faces(resources.database)
    await database.execute("INSERT INTO directories (directory) VALUES ('acme')")
    await database.execute("INSERT INTO persons (directory, person, face_count) VALUES ('acme', 'cid', 1)")
    async with database.transaction():
        await database.execute(
            "INSERT INTO faces (directory, face, person, model, embedding, crop, box, score, image_sha256)"
            " VALUES ('acme', '00000000-0000-0000-0000-000000000007', 'cid', 'm', '[1,0]', '', '{0,0,1,1}', 1,"
            " sha256(''))"
        )
        enrolling = asyncio.create_task(enrol_all(resources.database, one, faces, []))
        await until_somebody_waits(database)
    with pytest.raises(DatabaseBusy):
        await enrolling
    ends = await enrol_all(resources.database, one, faces, [])
    assert [end.outcome for end in ends] == ["created", "created"]


async def test_people_who_are_all_deleted_while_their_photographs_are_prepared_are_left_out(resources, database):
    one, faces = await ready_faces(resources.database)
    await database.execute("DELETE FROM import_items")
    assert await enrol_all(resources.database, one, faces, []) == []
    assert await people(database) == []


async def test_of_faces_with_one_id_only_one_keeps_it(resources):
    one, faces = await ready_faces(resources.database)
    exported = faces[0].exported

    ends = await enrol_all(resources.database, one, faces, [])
    assert [end.outcome for end in ends] == ["created", "created"]
    assert ends[0].face != ends[1].face
    assert exported.face in {end.face for end in ends}


async def test_the_archive_of_an_import_that_failed_goes(gateway, work, resources, database, ann):
    failing, deadly = [await start(gateway, folder({"ann": ann}), directory) for directory in ("one", "two")]
    with pytest.raises(ValueError, match="nobody"):
        await work(failing, face="nobody")
    assert [path.stem for path in archives(resources.settings)] == [deadly]

    assert (await resources.archives.delete_expired(10)).deleted == 0
    await database.execute(
        "UPDATE procrastinate_jobs SET status = 'failed' FROM jobs WHERE id = number AND job = $1", UUID(deadly)
    )
    assert (await resources.archives.delete_expired(10)).deleted == 1
    assert archives(resources.settings) == []


async def test_the_rows_of_an_import_are_there_before_a_worker_can_know_of_it(gateway, work, database, ann):
    """On several servers, a transaction is not committed everywhere at the same moment."""
    async with database.transaction():
        await database.execute("LOCK TABLE procrastinate_jobs IN SHARE MODE")
        starting = asyncio.create_task(start(gateway, folder({"ann": ann})))
        await until_somebody_waits(database)
        assert await database.fetchval("SELECT count(*) FROM imports") == 1
        assert await database.fetchval("SELECT count(*) FROM procrastinate_jobs") == 0
    await work(await starting)
    assert await people(database) == ["ann"]


async def test_an_import_whose_row_is_not_seen_gets_no_job(resources):
    with pytest.raises(DatabaseBusy):
        async with resources.database.connection() as connection:
            await require_visible(connection, Import("acme", uuid4()))


def stored_archives(settings: Settings) -> list[Path]:
    return [*Path(settings.image_store_url.removeprefix("file://")).rglob("*.zip")]


_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'not now' USING ERRCODE = 'serialization_failure';
END $$
"""


@pytest.mark.parametrize("table", ["imports", "procrastinate_jobs", "audit"])
async def test_an_import_that_is_refused_leaves_neither_rows_nor_its_archive(gateway, database, settings, ann, table):
    await add_person(gateway, "ann")
    await allow_triggers(database)
    await database.execute(_REFUSE)
    await database.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()")
    answer = await gateway.post("/directories/acme/imports", files={"file": ("people.zip", folder({"ann": ann}))})
    assert answer.status_code == 503
    for left in ("imports", "import_items", "archives", "jobs"):
        assert await database.fetchval(f"SELECT count(*) FROM {left}") == 0, left  # noqa: S608 - one of these
    assert stored_archives(settings) == []
