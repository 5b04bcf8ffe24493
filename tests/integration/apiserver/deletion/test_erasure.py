"""Deletion: nothing of whoever was deleted is left in any table or in the store, and all of everybody else is."""

import asyncio
import itertools
import json
import re
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import numpy as np
import pytest
from obstore.store import MemoryStore

from apiserver import tasks
from apiserver.biometrics.face import Face, FaceOrigin, Image
from apiserver.biometrics.model import Calibration, Decision, Model, Thresholds
from apiserver.database.opening import open_database
from apiserver.deletion.erasure import Erasure
from apiserver.enrolment.gallery import Gallery
from apiserver.idempotency_keys import Claim, StoredAnswer, claim, store
from apiserver.imports.enrolment import Exported, NewFace, enrol_all
from apiserver.imports.records import Import
from apiserver.jobs.runs import run_job
from apiserver.keys.usage import Usage
from apiserver.problems import AnswerErased, DatabaseBusy, FaceNotFound, PersonNotFound
from apiserver.recognition import sightings
from apiserver.resources import Resources
from apiserver.search.indexes import Indexed, Kind, build
from apiserver.search.placement import Placement, servers
from apiserver.storage.archives import Archives
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from apiserver.vectorizers.discovery import open_vectorizers
from db.distribution import LOCAL
from tests.image_rows import image_row
from tests.integration.apiserver.locks import until_somebody_waits
from tests.integration.apiserver.worker_process import working
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = [pytest.mark.timing, pytest.mark.usefixtures("faces_counted")]

MODEL = Model("model", 32, Calibration(20, -8), Thresholds(0.5, 0.4))
IMAGE = Image("image/png", "png", width=10, height=10)


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"image_store_timeout_seconds": 2})


@pytest.fixture
def folder(settings):
    return Path(urlsplit(settings.image_store_url).path)


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=8, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def images(connections, settings):
    return ImageStore(open_store(settings.image_store_url), connections, settings.image_store_timeout_seconds)


@pytest.fixture
def erasure(connections, images):
    return Erasure(connections, images.uploads_end_after)


@pytest.mark.parametrize("table", ["import_items", "archives", "keyed_requests"])
async def test_a_deletion_has_as_long_for_each_of_its_statements(settings, database, enrol, table):
    await enrol("ann", b"a")
    async with open_database(settings.database_url.get_secret_value(), pool_size=1, timeout_seconds=0.5) as impatient:
        async with database.transaction():
            await database.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
            deleting = asyncio.create_task(Erasure(impatient, timedelta(0)).directory("acme"))
            await until_somebody_waits(database)
            await asyncio.sleep(1)
            assert not deleting.done()
        assert (await deleting).persons == 1


@pytest.fixture
def enrol(connections, images):
    gallery = Gallery(connections)

    async def enrol(person, content, directory="acme", model=MODEL):
        """Enrol a person from a photograph that is these bytes; return the face."""
        vector = np.random.default_rng(list(content)).normal(size=model.dimension)
        face = Face((1, 2, 3, 4), 0.9, (vector / np.linalg.norm(vector)).tolist(), b"crop of " + content)
        image = image_row(directory, content, IMAGE, timedelta(hours=1))
        await images.save(image, content)
        return (await gallery.enrol(person, face, model, image)).face

    return enrol


@pytest.fixture
def recognized(connections, images):
    async def recognized(content, *named, decision=Decision.MATCH):
        """Keep a photograph on which these were named; return its key."""
        image = image_row("acme", content, IMAGE, timedelta(hours=1))
        await images.save(image, content)
        await sightings.note(connections, "acme", [(person, decision) for person in named], image.key)
        return image.key

    return recognized


async def until_finished(database):
    await until(lambda: database.fetchval("SELECT NOT EXISTS (SELECT 1 FROM deletions WHERE finished_at IS NULL)"))


async def everything(database):
    """Return every row of every table as text."""
    tables = await database.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'schema_migrations'"
    )
    assert len(tables) >= len(LOCAL)
    rows = []
    for table in tables:
        name = table["name"]
        rows += [f"{name}: {row[0]}" for row in await database.fetch(f"SELECT each::text FROM {name} AS each")]  # noqa: S608
    return "\n".join(rows)


async def indexes_of(connections, indexed):
    """Return the names of its indexes, complete or not, on all servers."""
    names = ", ".join(f"'{indexed.name(kind)}'" for kind in Kind)
    query = f"SELECT relname FROM pg_class WHERE relname IN ({names})"  # noqa: S608
    async with connections.unbound() as connection:
        found = [await Placement(None, server).fetch(connection, query) for server in await servers(connection)]
    return [row["relname"] for rows in found for row in rows]


def without_audited(rows, ids):
    """Return rows as text, without the ids of faces as objects of entries of the audit; random ids name nobody."""
    entry = re.compile(rf"^(audit: .*),(?:{'|'.join(map(re.escape, ids))}),ok,", re.MULTILINE)
    return entry.sub(r"\1,,ok,", rows)


def objects(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def test_nothing_of_a_person_is_left(settings, serve, database, folder, ann, ann_again, bob, party):  # noqa: PLR0917
    gateway = await serve(settings)

    async def post(call, photograph, **fields):
        answer = await gateway.post(call, data={"directory": "acme", **fields}, files={"file": photograph})
        assert answer.status_code == 201, answer.text
        return answer.json()

    first = await post("/learn", ann, person="ann-quince")
    second = await post("/learn", ann_again, person="ann-quince")
    others = await post("/learn", bob, person="bob-medlar")
    details = {"display_name": "Quincy", "external_id": "quince-4711", "metadata": {"note": "quince"}}
    await gateway.patch("/directories/acme/persons/ann-quince", content=json.dumps(details))
    shown = await post("/recognize", party)
    assert "ann-quince" in {person.get("id") for person in shown["persons"]}
    rows = await database.fetch(
        "SELECT face::text, embedding::text, encode(crop, 'hex') FROM faces WHERE person = 'ann-quince'"
    )
    faces = [row["face"] for row in rows]
    secrets = ["quince", "Quincy", *(value for row in rows for value in row)]
    keys = [answer["url"].removeprefix("/files/") for answer in (first, second, shown)]
    before = await everything(database)
    assert all(secret in before for secret in [*secrets, *keys])

    deleted = await gateway.delete("/directories/acme/persons/ann-quince")
    receipt = deleted.json()
    after = without_audited(await everything(database), faces)

    assert deleted.status_code == 200, deleted.text
    assert (receipt["person"], receipt["persons"], receipt["faces"], receipt["images"]) == ("ann-quince", 1, 2, 3)
    assert receipt["finished_at"] is None
    assert [secret for secret in secrets if secret in after] == ["quince"], "the receipt alone names who is to go"
    for key in keys:
        assert (await gateway.get(f"/files/{key}")).status_code == 404
    assert (await gateway.get("/directories/acme/persons/ann-quince")).status_code == 404
    assert (await gateway.get(f"/deletions/{receipt['deletion']}")).json() == receipt

    async with working(settings):
        await until_finished(database)
    finished = (await gateway.get(f"/deletions/{receipt['deletion']}")).json()
    end = without_audited(await everything(database), faces)
    assert finished == receipt | {"person": None, "finished_at": finished["finished_at"]}
    assert finished["finished_at"] >= receipt["requested_at"]
    assert [secret for secret in [*secrets, *keys] if secret in end] == []
    audited = await database.fetch(
        "SELECT action, counts FROM audit WHERE object = $1 ORDER BY id", receipt["deletion"]
    )
    assert [row["action"] for row in audited] == ["DELETE /directories/{directory}/persons/{person}", "job erasure"]
    assert json.loads(audited[1]["counts"]) == {"finished": 1}
    assert objects(folder) == {others["url"].removeprefix("/files/")}
    answer = await post("/recognize", party)
    assert "ann-quince" not in {candidate["id"] for person in answer["persons"] for candidate in person["candidates"]}


async def test_a_photograph_stays_for_whoever_else_uses_it(enrol, erasure, recognized, database, settings, folder):  # noqa: PLR0917
    await enrol("ann", b"both")
    await enrol("bob", b"both")
    await recognized(b"both", "ann")
    both_named = await recognized(b"seen", "ann", "bob")

    first = await erasure.person("acme", "ann")
    kept = await database.fetch("SELECT expires_at, deletion FROM images WHERE image <> $1", both_named)
    second = await erasure.person("acme", "bob")

    assert (first.faces, first.images, second.faces, second.images) == (1, 1, 1, 1)
    assert [tuple(row) for row in kept] == [(None, None)]
    async with working(settings):
        await until_finished(database)
    assert objects(folder) == set()
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_a_face_goes_alone(enrol, erasure, database):
    face, other = await enrol("ann", b"one"), await enrol("ann", b"two")
    receipt = await erasure.face("acme", "ann", face)

    assert (receipt.person, receipt.face, receipt.persons, receipt.faces, receipt.images) == ("ann", face, 0, 1, 1)
    assert [row["face"] for row in await database.fetch("SELECT face FROM faces")] == [other]
    with pytest.raises(FaceNotFound):
        await erasure.face("acme", "ann", face)
    await enrol("bob", b"three")
    with pytest.raises(FaceNotFound):
        await erasure.face("acme", "bob", other)
    assert await database.fetchval("SELECT count(*) FROM faces") == 2
    assert await database.fetchval("SELECT count(*) FROM deletions") == 1


async def test_who_left_nothing_is_gone_at_once(gateway, database):
    await gateway.put("/directories/acme/persons/ann", content="{}")
    stale = await gateway.delete("/directories/acme/persons/ann", headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    receipt = (await gateway.delete("/directories/acme/persons/ann", headers={"If-Match": '"1"'})).json()
    again = await gateway.delete("/directories/acme/persons/ann")
    missing = await gateway.delete("/directories/other/persons/ann")

    assert (receipt["persons"], receipt["faces"], receipt["images"]) == (1, 0, 0)
    assert receipt["finished_at"] == receipt["requested_at"]
    assert (again.status_code, again.json()["code"]) == (404, "person-not-found")
    assert (missing.status_code, missing.json()["code"]) == (404, "directory-not-found")
    assert "ann" not in await everything(database)


async def test_a_directory_goes_with_its_indexes(gateway, settings, enrol, database, connections, folder):  # noqa: PLR0917
    for number in range(8):
        await enrol(f"person {number}", b"%d" % number)
    await enrol("ann", b"elsewhere", directory="other")
    indexed = Indexed("acme", "model", 32)

    async def silent(_):
        pass

    await build(connections, indexed, silent)
    assert len(await indexes_of(connections, indexed)) == 2
    revision = (await gateway.get("/directories/acme")).headers["etag"]
    stale = await gateway.delete("/directories/acme", headers={"If-Match": '"7"'})
    receipt = (await gateway.delete("/directories/acme", headers={"If-Match": revision})).json()

    assert (stale.status_code, stale.json()["code"]) == (412, "precondition-failed")
    assert (receipt["directory"], receipt["person"]) == ("acme", None)
    assert (receipt["persons"], receipt["faces"], receipt["images"]) == (8, 8, 8)
    assert (await gateway.get("/directories/acme")).status_code == 404
    assert (await gateway.delete("/directories/acme")).json()["code"] == "directory-not-found"
    async with working(settings):
        await until_finished(database)
    assert await indexes_of(connections, indexed) == []
    assert await database.fetchval("SELECT count(*) FROM search_indexes") == 0
    assert len(objects(folder)) == 1
    rows = [line for line in (await everything(database)).splitlines() if "acme" in line]
    kept = {"audit", "audit_chains", "deletions", "directory_tags", "jobs", "procrastinate_jobs"}
    assert {line.split(":")[0] for line in rows} == kept


async def test_learning_and_deleting_at_once_leaves_no_orphans(enrol, erasure, database, settings, folder):
    """Each photograph is learned of two persons, who are deleted over and over meanwhile."""
    photographs = [b"%d" % number for number in range(4)]

    deleted: Counter[str] = Counter()

    async def learn(person):
        for turn in itertools.count():
            if deleted[person] == 6:
                return
            with suppress(DatabaseBusy):  # to be tried again, which is the next turn
                await enrol(person, photographs[turn % 4])

    async def delete(person):
        while deleted[person] < 6:
            with suppress(PersonNotFound):
                deleted[person] += (await erasure.person("acme", person)).persons
            await asyncio.sleep(0.05)  # while deletions leave no gap, enrolments are kept out

    await enrol("cid", photographs[0])
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asyncio.gather(*(learn(p) for p in ("ann", "bob") * 2), *(delete(p) for p in ("ann", "bob")))

    async with working(settings):
        await until_finished(database)
    orphans = (
        "SELECT count(*) FROM images WHERE expires_at IS {} AND {} ("
        "SELECT 1 FROM faces WHERE faces.directory = images.directory AND faces.image = images.image)"
    )
    assert await database.fetchval(orphans.format("NULL", "NOT EXISTS")) == 0
    assert await database.fetchval(orphans.format("NOT NULL", "EXISTS")) == 0
    assert {row["image"] for row in await database.fetch("SELECT image FROM images")} == objects(folder)
    left = [row["person"] for row in await database.fetch("SELECT person FROM persons ORDER BY person")]
    for person in left:
        await erasure.person("acme", person)
    async with working(settings):
        await until_finished(database)
    assert objects(folder) == set()


async def test_a_photograph_on_its_way_to_the_store_is_waited_for(images, erasure, enrol, database, settings, folder):  # noqa: PLR0917
    """The row is written, the directory goes, and then the object comes."""
    await enrol("ann", b"one")
    late = image_row("acme", b"late", IMAGE, timedelta(hours=1))
    async with database.transaction():
        await images.save(late, b"late")
    (folder / late.key).unlink()
    receipt = await erasure.directory("acme")
    assert receipt.images == 2
    assert (await images.delete_marked("acme", receipt.deletion, 10)).deleted == 0, "it may still come"
    await images.put(late, b"late")
    async with working(settings):
        await until_finished(database)
    assert objects(folder) == set()


async def test_whoever_sends_a_photograph_anew_keeps_it(enrol, erasure, database, settings, folder):
    await enrol("ann", b"one")
    receipt = await erasure.person("acme", "ann")
    await enrol("bob", b"one")
    async with working(settings):
        await until_finished(database)

    assert receipt.images == 1
    assert len(objects(folder)) == 1
    row = await database.fetchrow("SELECT expires_at, deletion FROM images")
    assert tuple(row) == (None, None)


@pytest.mark.parametrize("together", [False, True])
async def test_an_enrolment_takes_back_its_photograph_that_is_deleted_meanwhile(
    images, connections, database, together
):
    image = image_row("acme", b"one", IMAGE, timedelta(hours=1))
    await images.save(image, b"one")
    face = Face((1, 2, 3, 4), 0.9, [1.0] + [0.0] * 31, b"crop")
    new = NewFace(0, "bob", face, MODEL.id, image.sha256, image.key, Exported(), FaceOrigin.PHOTOGRAPH)
    job = uuid4()
    await database.execute(
        "INSERT INTO import_items (directory, job, n, person, name, source) VALUES ('acme', $1, 0, 'bob', '-', '{}')",
        job,
    )
    async with database.transaction():
        await database.execute("UPDATE images SET expires_at = now(), deletion = $1", uuid4())
        enrolling = asyncio.gather(
            enrol_all(connections, Import("acme", job), [new], [])
            if together
            else Gallery(connections).enrol("bob", face, MODEL, image)
        )
        await until_somebody_waits(database)
    await enrolling

    assert tuple(await database.fetchrow("SELECT expires_at, deletion FROM images")) == (None, None)


async def test_an_object_that_cannot_be_deleted_is_tried_again(enrol, erasure, database, settings, folder):
    await enrol("ann", b"one")
    [key] = objects(folder)
    (folder / key).unlink()
    (folder / key / "in the way").mkdir(parents=True)
    receipt = await erasure.person("acme", "ann")
    async with working(settings):
        await until(lambda: database.fetchval("SELECT retry_at FROM images"))
        assert await database.fetchval("SELECT finished_at FROM deletions") is None
        (folder / key / "in the way").rmdir()
        (folder / key).rmdir()
        await database.execute("UPDATE images SET retry_at = now()")
        await until_finished(database)
    assert receipt.images == 1
    assert await database.fetchval("SELECT count(*) FROM images") == 0


async def test_who_is_deleted_while_being_recognized_takes_the_photograph_along(enrol, recognized, erasure, database):
    await enrol("ann", b"one")
    await enrol("bob", b"two")
    await erasure.person("acme", "ann")
    await recognized(b"photograph", "ann", "bob")

    assert await database.fetchval("SELECT count(*) FROM images WHERE expires_at <= now() AND deletion IS NULL") == 1
    assert "ann" not in str(await database.fetch("SELECT * FROM matched_images"))


async def test_what_is_answered_while_somebody_is_being_deleted_is_erased(enrol, erasure, connections, database):
    await enrol("ann", b"one")
    await database.execute(
        "INSERT INTO import_items (directory, job, n, person, name, source) VALUES ('acme', $1, 0, 'ann', '-', '{}')",
        uuid4(),
    )
    async with database.transaction():
        await database.execute("SELECT FROM import_items WHERE directory = 'acme' FOR UPDATE")
        deleting = asyncio.create_task(erasure.person("acme", "ann"))
        await until_somebody_waits(database)
        claimed = await claim(connections, "key", bytes(32))
        assert isinstance(claimed, Claim)
        await store(connections, claimed, StoredAnswer(200, {}, b"ann", "acme"))
    await deleting

    with pytest.raises(AnswerErased):
        await claim(connections, "key", bytes(32))


async def test_seen_means_matched_and_is_right_to_the_hour(enrol, recognized, database):
    for person in ("ann", "bob"):
        await enrol(person, person.encode())

    async def seen(person):
        return await database.fetchval("SELECT last_seen_at FROM persons WHERE person = $1", person)

    await recognized(b"one", "ann")
    await recognized(b"two", "bob", decision=Decision.REVIEW)
    first = await seen("ann")
    await recognized(b"three", "ann")
    assert first is not None
    assert (await seen("ann"), await seen("bob")) == (first, None)
    await database.execute("UPDATE persons SET last_seen_at = now() - interval '61 minutes'")
    await recognized(b"three", "ann")
    assert await seen("ann") > first
    assert await database.fetchval("SELECT count(*) FROM matched_images") == 3


async def test_without_a_photograph_seeing_somebody_again_writes_nothing(enrol, connections, database):
    await enrol("ann", b"ann")
    version = "SELECT last_seen_at IS NOT NULL AS seen, xmin::text, xmax::text FROM persons"
    await sightings.note(connections, "acme", [("ann", Decision.MATCH)], None)
    once = await database.fetchrow(version)
    for decision in (Decision.MATCH, Decision.REVIEW):
        await sightings.note(connections, "acme", [("ann", decision)], None)
    assert once["seen"]
    assert await database.fetchrow(version) == once


async def test_persons_not_seen_for_long_are_deleted(gateway, enrol, connections, images, settings, database):  # noqa: PLR0917
    people = ("never seen", "seen", "learned", "long gone", "new")
    for person in people:
        await enrol(person, person.encode())
        await enrol(person, person.encode(), directory="other")
    await gateway.put("/directories/acme", content='{"unseen_retention_days": 30}')
    await database.execute("UPDATE persons SET created_at = now() - interval '31 days' WHERE person <> 'new'")
    await database.execute("UPDATE faces SET created_at = now() - interval '31 days' WHERE person <> 'learned'")
    await database.execute("UPDATE persons SET last_seen_at = now() - interval '29 days' WHERE person = 'seen'")
    await database.execute("UPDATE persons SET last_seen_at = now() - interval '31 days' WHERE person = 'long gone'")

    number = await database.fetchval(
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('unseen', 'unseen') RETURNING id"
    )
    async with open_vectorizers(settings) as vectorizer:
        archives = Archives(MemoryStore(), connections, 2)
        resources = Resources(settings, connections, images, archives, vectorizer, Usage(connections, {}))
        await run_job(tasks.delete_unseen, resources, number, {})

    rows = await database.fetch("SELECT person FROM persons WHERE directory = 'acme' ORDER BY person")
    assert [row["person"] for row in rows] == ["learned", "new", "seen"]
    assert await database.fetchval("SELECT count(*) FROM persons WHERE directory = 'other'") == len(people)
    receipt = await database.fetchrow("SELECT person, persons, faces, images FROM deletions")
    assert tuple(receipt) == (None, 2, 2, 2)


@pytest.mark.parametrize("deletion", ["nonsense", "2f0c6e4e-7d0b-4a8e-9a58-3c1f5f0f3a11"])
async def test_a_deletion_that_never_was(gateway, deletion):
    response = await gateway.get(f"/deletions/{deletion}")
    assert (response.status_code, response.json()["code"]) == (404, "deletion-not-found")
