"""Imports and exports, by a gateway, a vectorizer and workers as they are."""

import asyncio
import hashlib
import io
import json
import random
import signal
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx
import numpy as np
import pytest
from obstore.store import LocalStore
from PIL import Image
from pydantic import SecretStr

from apiserver.database.opening import open_database
from apiserver.settings.settings import Settings
from apiserver.storage.archives import Archives
from tests.gate import gate_before
from tests.integration.apiserver.conftest import Serve, encoded, on_grey
from tests.integration.apiserver.worker_process import LOST_SECONDS, LOST_SOON, Worker, working
from tests.photographs import CLEAR_STRANGERS, stranger
from tests.waiting import PATIENCE_SECONDS, until

Hire = Callable[..., Awaitable[None]]
HireProcess = Callable[..., Awaitable[Worker]]


@pytest.fixture
async def hire(settings: Settings) -> AsyncIterator[Hire]:
    """Starts workers in this process that end with the test."""
    async with AsyncExitStack() as stack:

        async def start(settings: Settings = settings, **changes: object) -> None:
            await stack.enter_async_context(working(settings.model_copy(update=changes)))

        yield start


@pytest.fixture
async def hire_process(settings: Settings) -> AsyncIterator[HireProcess]:
    """Starts workers as processes that end with the test."""
    async with AsyncExitStack() as stack:

        async def start(settings: Settings = settings, **variables: str) -> Worker:
            return await stack.enter_async_context(Worker(settings, "apiserver.worker", **variables))

        yield start


@pytest.fixture
def photos(ann: bytes, ann_again: bytes, bob: bytes, party: bytes, nobody: bytes) -> dict[str, bytes]:
    return {"ann": ann, "ann again": ann_again, "bob": bob, "party": party, "nobody": nobody}


class Installation(NamedTuple):
    gateway: httpx.AsyncClient
    database: asyncpg.Connection


@pytest.fixture
async def here(gateway: httpx.AsyncClient, hire: Hire, database: asyncpg.Connection) -> Installation:
    await hire()
    return Installation(gateway, database)


@pytest.fixture
async def other(
    other_database_url: str, settings: Settings, serve: Serve, tmp_path: Path
) -> AsyncIterator[Installation]:
    """An installation in which nobody is enrolled."""
    update = {"database_url": SecretStr(other_database_url), "image_store_url": f"file://{tmp_path}/other"}
    theirs = settings.model_copy(update=update)
    async with working(theirs):
        connection = await asyncpg.connect(other_database_url)
        yield Installation(await serve(theirs), connection)
        await connection.close()


def zipped(files: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def people(number: int) -> dict[str, bytes]:
    photographs = {}
    for n in range(number):
        again, who = divmod(n, len(CLEAR_STRANGERS))
        photographs[f"p{n:02}/1.jpg"] = encoded(on_grey(stranger(CLEAR_STRANGERS[who]).resize((200 + again, 200))))
    return photographs


async def start(gateway: httpx.AsyncClient, archive: bytes, directory: str = "acme", **fields: str) -> str:
    answer = await gateway.post(
        f"/directories/{directory}/imports", data=fields, files={"file": ("people.zip", archive)}
    )
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.json()["url"] == f"/jobs/{answer.json()['job']}"
    return str(answer.json()["job"])


async def ended(gateway: httpx.AsyncClient, job: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer: dict[str, Any] = (await gateway.get(f"/jobs/{job}")).json()
            if answer["state"] in {"done", "failed"}:
                return answer
            await asyncio.sleep(0.05)


async def outcomes(gateway: httpx.AsyncClient, job: str, directory: str = "acme") -> list[dict[str, Any]]:
    answer = await gateway.get(f"/directories/{directory}/imports/{job}/outcomes")
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


async def exported(gateway: httpx.AsyncClient, directory: str = "acme", *, images: bool = False) -> bytes:
    asked = await gateway.post(f"/directories/{directory}/exports", json={"images": images})
    assert asked.status_code == 202, asked.text
    job = asked.json()["job"]
    assert (await ended(gateway, job))["state"] == "done"
    answer = await gateway.get(f"/directories/{directory}/exports/{job}/bundle")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["content-length"])
    return answer.content


async def learn(gateway: httpx.AsyncClient, person: str, photo: bytes, directory: str = "acme") -> None:
    answer = await gateway.post("/learn", data={"person": person, "directory": directory}, files={"file": photo})
    assert answer.status_code == 201, answer.text


async def recognized(gateway: httpx.AsyncClient, photo: bytes, directory: str) -> list[Any]:
    answer = (await gateway.post("/recognize", data={"directory": directory}, files={"file": photo})).json()
    return [(face.get("id"), face["decision"], face["similarity"]) for face in answer["persons"]]


def archives(settings: Settings) -> list[Path]:
    folder = Path(settings.image_store_url.removeprefix("file://"))
    return [path for path in (folder / "archives").rglob("*") if path.is_file()]


async def test_a_folder_of_people_is_enrolled_and_refusals_have_their_reason(gateway, hire, settings, database, photos):
    await hire()
    files = {
        "people/ann/1.jpg": photos["ann"],
        "people/ann/sub/same.jpg": photos["ann"],
        "people/crowd/1.jpg": photos["party"],
        "people/nobody/1.jpg": photos["nobody"],
        "people/nobody/notes.txt": b"-",
        "people/nobody/.hidden/1.jpg": photos["ann"],
        "__MACOSX/people/._1.jpg": b"-",
    }
    job = await start(gateway, zipped(files, zipfile.ZIP_DEFLATED))

    done = await ended(gateway, job)
    assert (done["kind"], done["state"], done["progress"]["done"], done["progress"]["total"]) == (
        "import",
        "done",
        5,
        5,
    ), done
    lines = await outcomes(gateway, job)
    assert [(line["n"], line["person"], line["name"], line["code"]) for line in lines] == [
        (0, "ann", "people/ann/1.jpg", None),
        (1, "ann", "people/ann/sub/same.jpg", None),
        (2, "crowd", "people/crowd/1.jpg", "several-faces"),
        (3, "nobody", "people/nobody/1.jpg", "no-face"),
        (4, "nobody", "people/nobody/notes.txt", "not-a-photograph"),
    ]
    assert {line["outcome"] for line in lines[:2]} == {"created", "known"}, "whichever was first"
    assert [line["outcome"] for line in lines[2:]] == ["refused", "refused", "skipped"]
    assert done["progress"]["note"] == "5 of 5: 1 created, 1 known, 2 refused, 1 skipped."
    assert lines[0]["face"] == lines[1]["face"]
    assert lines[2]["detail"] == "More than one face detected."
    assert [decision for _, decision, _ in await recognized(gateway, photos["ann"], "acme")] == ["match"]
    assert await database.fetchval("SELECT count(*) FROM images WHERE expires_at IS NULL") == 1
    assert archives(settings) == [], "what was uploaded goes when the import ends"
    assert await database.fetchval("SELECT count(*) FROM archives") == 0


async def test_names_are_read_as_the_archive_and_the_client_say(gateway, hire, ann, bob):
    """Also if they are far too long."""
    await hire()
    buffer, long = io.BytesIO(), "z" + random.Random(1).randbytes(10_000).hex()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(".\\1234\\1234\\1.jpg", ann)
        archive.writestr(".\\1234\\Zoe\u0308\\1.jpg", bob)
        archive.writestr(".\\1234\\list.csv", b"-")
        archive.writestr(f".\\1234\\{long}\\1.jpg", ann)
        archive.writestr(".\\1234\\a\nb\\1.jpg", ann)
    content = buffer.getvalue().replace(b"\\1234\\1.jpg", b"\\" + "山田".encode("cp932") + b"\\1.jpg")

    job = await start(gateway, content, zip_encoding="932")

    assert (await ended(gateway, job))["state"] == "done"
    assert [(line["person"], line["name"], line["outcome"]) for line in await outcomes(gateway, job)] == [
        ("Zo\u00eb", "1234/Zoe\u0308/1.jpg", "created"),
        ("a\nb", "1234/a\nb/1.jpg", "refused"),
        (long[:256], f"1234/{long}/1.jpg", "refused"),
        ("山田", "1234/山田/1.jpg", "created"),
        ("", "1234/list.csv", "skipped"),
    ]
    persons = (await gateway.get("/directories/acme/persons")).json()["items"]
    assert [person["person"] for person in persons] == ["Zo\u00eb", "山田"]
    guessed = await ended(gateway, await start(gateway, content))
    assert guessed["progress"]["note"].startswith("5 of 5: 1 created, 1 known, 2 refused, 1 skipped. Names")


async def test_an_archive_may_have_any_number_of_other_files(gateway, hire, ann):
    await hire()
    notes = dict.fromkeys((f"ann/{number:04}.txt" for number in range(1_001)), b"")
    job = await start(gateway, zipped({"ann/1.jpg": ann, **notes}))
    assert (await ended(gateway, job))["progress"]["note"] == "1,002 of 1,002: 1 created, 1,001 skipped."
    lines = await outcomes(gateway, job)
    assert [line["name"] for line in lines] == ["ann/1.jpg", *sorted(notes)]
    assert {line["outcome"] for line in lines[1:]} == {"skipped"}


@pytest.mark.timing
async def test_a_killed_worker_leaves_an_import_that_ends_with_each_face_once(
    gateway, hire, hire_process, settings, database
):
    number = 30

    async def ten_are_enrolled() -> bool:
        return len(await outcomes(gateway, job)) == 10

    with gate_before(settings.vectorizer_urls, passes=10) as gate:
        held = settings.model_copy(update={"vectorizer_urls": gate.url})
        patient = {"APISERVER_IMPORT_CONCURRENCY": "2", "APISERVER_VECTORIZER_TIMEOUT_SECONDS": "3600"}
        first = await hire_process(held, **patient, **LOST_SOON)
        job = await start(gateway, zipped(people(number)))
        await until(ten_are_enrolled)
        first.process.send_signal(signal.SIGKILL)
        await first.process.wait()
    assert await ten_are_enrolled()
    await hire(job_lost_seconds=LOST_SECONDS)

    assert (await ended(gateway, job))["state"] == "done"
    lines = await outcomes(gateway, job)
    assert [line["n"] for line in lines] == list(range(number))
    assert Counter(line["outcome"] for line in lines)["created"] == number
    assert len({line["face"] for line in lines}) == number
    assert await database.fetchval("SELECT count(*) FROM faces WHERE directory = 'acme'") == number
    assert await database.fetchval("SELECT count(DISTINCT person) FROM faces") == number


async def test_a_manifest_of_stored_photographs(gateway, hire, settings, ann, ann_again):
    folder = Path(settings.image_store_url.removeprefix("file://")) / "imports" / "2026"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(ann)
    (folder / "b.jpg").write_bytes(ann_again)
    await hire()
    keys = [("ann", "a.jpg"), ("ann", "b.jpg"), ("bob", "missing.jpg")]
    body = {"manifest": [{"person": person, "key": f"imports/2026/{name}"} for person, name in keys]}
    answer = await gateway.post("/directories/acme/imports", json=body)
    assert answer.status_code == 202

    job = answer.json()["job"]
    assert (await ended(gateway, job))["state"] == "done"
    assert [(line["name"], line["outcome"], line["code"]) for line in await outcomes(gateway, job)] == [
        ("2026/a.jpg", "created", None),
        ("2026/b.jpg", "created", None),
        ("2026/missing.jpg", "refused", "object-not-found"),
    ]
    assert (folder / "a.jpg").exists(), "they are whoever's put them there"


async def test_poor_photographs_are_warned_of_or_refused_as_asked_for(gateway, hire, ann):
    await hire()
    dark = encoded(Image.open(io.BytesIO(ann)).point(lambda value: value * 0.2))
    archive = zipped({"ann/1.jpg": dark})
    refused, warned = await start(gateway, archive, quality="refuse"), await start(gateway, archive)
    for job, outcome, code in ((refused, "refused", "poor-quality"), (warned, "created", "too-dark")):
        await ended(gateway, job)
        [line] = await outcomes(gateway, job)
        assert (line["outcome"], line["code"]) == (outcome, code)


@pytest.mark.parametrize(
    "key", ["a.jpg", "imports/", "imports/../a.jpg", "imports/./a.jpg", "imports//a.jpg", "imports/a\\b", "/imports/a"]
)
async def test_no_other_objects_can_be_imported(gateway, key):
    answer = await gateway.post("/directories/acme/imports", json={"manifest": [{"person": "ann", "key": key}]})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-field")
    assert answer.json()["detail"].startswith("manifest.0.key: ")


async def test_archives_that_mean_no_good_are_refused_by_name(gateway, hire_process, settings, database):
    worker = await hire_process(APISERVER_MAX_IMPORT_FILES="20")
    bad = {
        b"PK\x03\x04 and no more": "archive-unreadable",
        zipped({"../ann/1.jpg": b"-"}): "archive-unsafe",
        zipped({"/ann/1.jpg": b"-"}): "archive-unsafe",
        zipped({"ann\\..\\..\\1.jpg": b"-"}): "archive-unsafe",
        zipped({"C:/1.jpg": b"-"}): "archive-unsafe",
        zipped({"ann/0": bytes(30_000_000)}, zipfile.ZIP_DEFLATED): "archive-bomb",
        zipped({f"ann/{n}": b"-" for n in range(21)}): "archive-too-many-files",
        zipped({"known/ann.jpg": b"-", "known/bo.jpg": b"-", "list.csv": b"-"}): "archive-without-people",
        zipped({}): "archive-without-people",
        zipped({"ann/0": b"-"}, zipfile.ZIP_LZMA): "archive-unreadable",
        zipped({"manifest.json": b'{"format": "faceserver-bundle", "version": 2}'}): "bundle-unsupported",
        zipped({"manifest.json": b'{"format": "faceserver-bundle", "version": 1}'}): "bundle-invalid",
    }
    # Jobs of one directory wait for each other.
    jobs = {await start(gateway, archive, f"{n}"): code for n, (archive, code) in enumerate(bad.items())}
    for job, code in jobs.items():
        failed = await ended(gateway, job)
        assert (failed["state"], failed["problem"]["code"]) == ("failed", code), failed
    assert "Traceback" not in worker.log
    assert await database.fetchval("SELECT count(*) FROM faces") == 0
    assert archives(settings) == []


@pytest.mark.timing
async def test_a_manifest_takes_a_slot(serve: Serve, settings):
    gateway = await serve(
        settings.model_copy(update={"max_requests": 1, "max_image_bytes": 1000, "upload_timeout_seconds": 3600})
    )
    sending = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"manifest": [' + b" " * 1000
        sending.set()
        await asyncio.Event().wait()

    headers = {"Content-Type": "application/json"}
    slow = asyncio.create_task(gateway.post("/directories/acme/imports", content=endless(), headers=headers))
    await sending.wait()

    async def refused() -> bool:
        return (await gateway.post("/directories/acme/imports", json={"manifest": []})).status_code == 503

    await until(refused)
    slow.cancel()


async def test_one_file_that_is_too_large_or_damaged_harms_no_other(gateway, hire, ann):
    await hire(max_image_bytes=500_000)
    archive = bytearray(zipped({"ann/0.bmp": bytes(500_001), "ann/1.jpg": ann, "ann/2.jpg": b"spoilt by one bit"}))
    archive[archive.index(b"spoilt")] ^= 1
    job = await start(gateway, bytes(archive))
    assert (await ended(gateway, job))["state"] == "done"
    assert [(line["outcome"], line["code"]) for line in await outcomes(gateway, job)] == [
        ("refused", "image-too-large"),
        ("created", None),
        ("refused", "archive-unreadable"),
    ]


async def test_what_is_wrong_with_a_request_is_said_at_once(serve: Serve, settings, database):
    gateway = await serve(settings.model_copy(update={"max_import_bytes": 1000}))
    path = "/directories/acme/imports"
    large = await gateway.post(path, files={"file": bytes(1001)})
    assert (large.status_code, large.json()["code"]) == (413, "archive-too-large")
    assert large.headers["connection"] == "close", "or the rest of it would be read to be dropped"
    overlong = await gateway.post(
        path, content=b"-", headers={"Content-Type": f"multipart/form-data; boundary={257 * 'b'}"}
    )
    assert (overlong.status_code, overlong.json()["code"]) == (400, "invalid-form")
    loud = await gateway.post(path, content=b"-", headers={"Content-Type": "Multipart/Form-Data; boundary=b"})
    assert (loud.status_code, loud.json()["code"]) == (400, "invalid-form")
    assert (await gateway.post(path, files={"file": b""})).json()["code"] == "file-empty"
    assert (await gateway.post(path, files={"photo": b"PK"})).json()["code"] == "file-missing"
    wrong = await gateway.post(path, files={"file": b"PK"}, data={"face": "prettiest"})
    assert (wrong.json()["code"], wrong.json()["detail"][:6]) == ("invalid-field", "face: ")
    wrong = await gateway.post(path, files={"file": b"PK"}, data={"zip_encoding": "rot13"})
    assert (wrong.json()["code"], wrong.json()["detail"][:14]) == ("invalid-field", "zip_encoding: ")
    assert (await gateway.post(path, content=b"-")).json()["code"] == "invalid-json"
    assert (await gateway.post(path, json={"manifest": []})).json()["code"] == "invalid-field"
    assert (await gateway.post("/directories/nobodys/exports")).json()["code"] == "directory-not-found"
    unknown = f"/directories/acme/imports/{hashlib.md5(b'').hexdigest()}/outcomes"  # noqa: S324 - any number will do
    assert (await gateway.get(unknown)).json()["code"] == "job-not-found"
    assert archives(settings) == []
    for table in ("archives", "imports", "jobs"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}") == 0, table  # noqa: S608


@pytest.mark.parametrize("images", [False, True])
async def test_a_bundle_is_recognized_the_same_in_another_installation(here, other, photos, images):
    gateway, database = here.gateway, here.database
    people = {"ann": photos["ann"], "ann?": photos["ann again"], "bob/x": photos["bob"]}
    for person, photo in people.items():
        await learn(gateway, person, photo)
    await database.execute(
        """
        UPDATE persons SET display_name = 'Ann', external_id = 'a-1', metadata = '{"floor": 3}' WHERE person = 'ann'
        """
    )
    await database.execute("INSERT INTO persons (directory, person) VALUES ('acme', 'without a face')")
    content = await exported(gateway, images=images)

    job = await start(other.gateway, content, "copy")
    assert (await ended(other.gateway, job))["state"] == "done"
    assert {line["outcome"] for line in await outcomes(other.gateway, job, "copy")} == {"created"}

    there = other.database
    columns = "face, person, model, embedding::text, crop, box, score, quality, image_sha256, created_at"
    for table, rows in (("faces", columns), ("persons", "person, display_name, external_id, metadata, created_at")):
        statement = f"SELECT {rows} FROM {table} ORDER BY 1"  # noqa: S608
        assert await there.fetch(statement) == await database.fetch(statement)
    assert await there.fetchval("SELECT count(image) FROM faces") == (3 if images else 0)
    assert await there.fetchval("SELECT count(*) FROM images") == (3 if images else 0)
    for photo in people.values():
        assert await recognized(other.gateway, photo, "copy") == await recognized(gateway, photo, "acme")
    again = await start(other.gateway, content, "copy")
    await ended(other.gateway, again)
    assert {line["outcome"] for line in await outcomes(other.gateway, again, "copy")} == {"known"}
    if images:
        key = await there.fetchval("SELECT image FROM faces WHERE person = 'ann'")
        assert (await other.gateway.get(f"/files/{key}")).content == photos["ann"]


def rewritten(bundle: bytes, **changes: Callable[[bytes], bytes]) -> bytes:
    """The bundle with some of its files changed."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    for name, content in files.items():
        change = changes.get(name.split(".")[0].split("/")[0])
        files[name] = change(content) if change else content
    return zipped(files)


@pytest.mark.parametrize("again", ["learned", "imported"])
async def test_a_photograph_that_comes_after_its_face_goes_with_it(here, other, ann, again):
    await learn(here.gateway, "ann", ann)
    await ended(other.gateway, await start(other.gateway, await exported(here.gateway)))
    assert await other.database.fetchval("SELECT count(image) FROM faces") == 0

    if again == "learned":
        await learn(other.gateway, "ann", ann)
    else:
        await ended(other.gateway, await start(other.gateway, await exported(here.gateway, images=True)))
    [face] = await other.database.fetch("SELECT face, image FROM faces")
    shown = f"/files/{face['image']}"
    assert face["face"] == await here.database.fetchval("SELECT face FROM faces"), "it is the same one"
    assert (await other.gateway.get(shown)).content == ann
    assert await other.database.fetchval("SELECT expires_at FROM images") is None
    deleted = await other.gateway.delete("/directories/acme/persons/ann")

    assert deleted.json()["images"] == 1
    assert (await other.gateway.get(shown)).status_code == 404


async def test_embeddings_of_another_model_are_made_anew(gateway, hire, database, ann, ann_again):
    await hire()
    await learn(gateway, "ann", ann)
    await learn(gateway, "ann", ann_again)
    [model] = [row["model"] for row in await database.fetch("SELECT DISTINCT model FROM faces")]
    foreign = {part: lambda content: content.replace(model.encode(), b"another@0123") for part in ("manifest", "faces")}
    for images, directory, least in ((True, "from images", 0.999), (False, "from crops", 0.98)):
        job = await start(gateway, rewritten(await exported(gateway, images=images), **foreign), directory)
        assert (await ended(gateway, job))["state"] == "done"
        assert {line["outcome"] for line in await outcomes(gateway, job, directory)} == {"created"}
        similar = await database.fetch(
            """
            SELECT -(one.embedding <#> other.embedding) AS similarity, other.model
            FROM faces AS one JOIN faces AS other USING (image_sha256)
            WHERE one.directory = 'acme' AND other.directory = $1
            """,
            directory,
        )
        assert [row["model"] for row in similar] == [model, model]
        assert min(row["similarity"] for row in similar) > least


async def test_a_bundle_is_what_its_documentation_says(gateway, hire, database, ann, bob):
    await hire()
    await learn(gateway, "ann", ann)
    await learn(gateway, "bob", bob)
    with zipfile.ZipFile(io.BytesIO(await exported(gateway, images=True))) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        faces = [json.loads(line) for line in archive.read("faces.jsonl").splitlines()]
        persons = [json.loads(line) for line in archive.read("persons.jsonl").splitlines()]
        [model] = manifest["models"]
        embeddings = np.load(io.BytesIO(archive.read(model["embeddings"])))
        assert (manifest["format"], manifest["version"]) == ("faceserver-bundle", 1)
        counts = {name: manifest[name] for name in ("directory", "persons", "faces", "images")}
        assert counts == {"directory": "acme", "persons": 2, "faces": 2, "images": True}
        assert set(model["thresholds"]) == {"match", "review"}
        assert [person["person"] for person in persons] == ["ann", "bob"]
        assert (embeddings.dtype, embeddings.shape) == (np.float16, (2, model["dimension"]))
        for row, face in enumerate(faces):
            assert (face["model"], face["row"]) == (model["id"], row)
            stored = await database.fetchval("SELECT embedding::text FROM faces WHERE face = $1", face["face"])
            assert np.allclose(np.array(json.loads(stored)), embeddings[row].astype(float), atol=1e-3)
            assert archive.read(f"crops/{face['face']}.jpg").startswith(b"\xff\xd8")
            photo = archive.read(f"images/{face['image']}")
            assert photo == {"ann": ann, "bob": bob}[face["person"]]
            assert hashlib.sha256(photo).hexdigest() == face["image_sha256"]


async def test_a_spoilt_face_of_a_bundle_is_refused_and_not_taken_as_it_is(gateway, hire, database, ann):
    await hire()
    await learn(gateway, "ann", ann)
    content = await exported(gateway, images=True)
    embeddings = "embeddings-sface_2021dec@fb143eea0783"
    spoilt: list[tuple[str, Callable[[bytes], bytes]]] = [
        (embeddings, lambda part: part[:-2]),
        (embeddings, lambda part: part[:-256] + bytes(256)),
        ("crops", lambda _: b"GIF89a"),
        ("images", lambda part: part + b"-"),
        ("faces", lambda part: part.replace(b"image/jpeg", b"text/html")),
    ]
    jobs = [
        await start(gateway, rewritten(content, **{part: change}), f"{n}") for n, (part, change) in enumerate(spoilt)
    ]
    for n, job in enumerate(jobs):
        assert (await ended(gateway, job))["state"] == "done"
        [line] = await outcomes(gateway, job, f"{n}")
        assert (line["outcome"], line["code"]) == ("refused", "bundle-invalid")
    assert await database.fetchval("SELECT count(*) FROM faces WHERE directory <> 'acme'") == 0


async def origins(gateway: httpx.AsyncClient, directory: str) -> list[tuple[str, str]]:
    faces = (await gateway.get(f"/directories/{directory}/faces")).json()["items"]
    return [(face["person"], face["origin"]) for face in faces]


@pytest.mark.parametrize("trust", [None, "embeddings"])
async def test_an_embedding_that_is_not_that_of_its_crop_is_taken_only_on_trust(gateway, hire, ann, trust):
    await hire()
    await learn(gateway, "ann", ann)
    assert await origins(gateway, "acme") == [("ann", "photograph")]
    forged = np.eye(1, 128, dtype=np.float32)[0]
    made_up = forged.astype(np.float16).tobytes()
    content = rewritten(
        await exported(gateway),
        **{"embeddings-sface_2021dec@fb143eea0783": lambda part: part[: -len(made_up)] + made_up},
    )
    job = await start(gateway, content, "copy", **({"trust": trust} if trust else {}))
    note = (await ended(gateway, job))["progress"]["note"]
    [line] = await outcomes(gateway, job, "copy")
    asked = {"directory": "copy", "model": "sface_2021dec@fb143eea0783", "embeddings": [forged.tolist()]}
    [answer] = (await gateway.post("/identify", json=asked)).json()["results"]

    assert line["outcome"] == "created"
    if trust:
        assert (line["code"], note) == (None, "1 of 1: 1 created.")
        assert (answer["decision"], answer["person"]) == ("match", "ann"), "whoever made the bundle decides"
        assert await origins(gateway, "copy") == [("ann", "bundle")]
    else:
        assert (line["code"], note) == ("embedding-replaced", "1 of 1: 1 created. Embeddings replaced: 1.")
        assert answer["decision"] == "unknown"
        assert await origins(gateway, "copy") == [("ann", "crop")]
        assert [decision for _, decision, _ in await recognized(gateway, ann, "copy")] == ["match"]


async def test_what_a_bundle_brings_for_a_picture_is_not_stored_unless_it_is_one(gateway, hire, database, ann):
    await hire()
    await learn(gateway, "ann", ann)
    content, page = await exported(gateway, images=True), b"<html><script>alert(1)</script></html>"

    def described(lines: bytes) -> bytes:
        return lines.replace(hashlib.sha256(ann).hexdigest().encode(), hashlib.sha256(page).hexdigest().encode())

    def declared(lines: bytes) -> bytes:
        return lines.replace(b"image/jpeg", b"image/png")

    changes: list[tuple[dict[str, Callable[[bytes], bytes]], str]] = [
        ({"images": lambda _: page, "faces": described}, "invalid-file-format"),
        ({"crops": lambda _: b"\xff\xd8\xff" + page}, "image-unreadable"),
        ({"crops": lambda _: ann}, "image-unreadable"),
        ({"faces": declared}, "bundle-invalid"),
    ]
    for n, (change, code) in enumerate(changes):
        job = await start(gateway, rewritten(content, **change), f"{n}")
        assert (await ended(gateway, job))["state"] == "done"
        [line] = await outcomes(gateway, job, f"{n}")
        assert (line["outcome"], line["code"]) == ("refused", code)
    assert await database.fetchval("SELECT count(*) FROM images") == 1


async def test_bundles_whose_time_is_over_are_removed(gateway, hire, settings, database, ann):
    await hire()
    await learn(gateway, "ann", ann)
    await exported(gateway)
    [archive] = archives(settings)
    job = await database.fetchval("SELECT job FROM archives")
    await database.execute("UPDATE archives SET expires_at = now()")
    assert (await gateway.get(f"/directories/acme/exports/{job}/bundle")).json()["code"] == "bundle-not-found"
    async with open_database(settings.database_url.get_secret_value(), pool_size=1, timeout_seconds=60) as connections:
        await Archives(LocalStore(archive.parents[1]), connections, 2).delete_expired(10)
    assert not archive.exists()
    assert await database.fetchval("SELECT count(*) FROM archives") == 0


async def test_who_is_deleted_leaves_no_outcome_and_no_bundle(gateway, hire, database, photos):
    await hire()
    job = await start(gateway, zipped({"ann/1.jpg": photos["ann"], "bob/1.jpg": photos["bob"]}))
    await ended(gateway, job)
    await exported(gateway)
    bundle = await database.fetchval("SELECT job FROM archives")
    assert (await gateway.delete("/directories/acme/persons/ann")).status_code == 200

    assert [line["person"] for line in await outcomes(gateway, job)] == ["bob"]
    assert (await gateway.get(f"/directories/acme/exports/{bundle}/bundle")).json()["code"] == "bundle-not-found"
    assert (await gateway.delete("/directories/acme")).status_code == 200
    assert (await gateway.get(f"/directories/acme/imports/{job}/outcomes")).json()["code"] == "job-not-found"
    assert await database.fetchval("SELECT count(*) FROM import_items") == 0
