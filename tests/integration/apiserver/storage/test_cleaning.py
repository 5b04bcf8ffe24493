"""What is stored of photographs: no metadata, except where a directory wants them."""

import hashlib
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import asyncpg
import httpx
import pytest

from apiserver import tasks
from apiserver.database.opening import open_database
from apiserver.exports.running import export_people
from apiserver.imports.running import import_people
from apiserver.jobs.runs import Task, run_job
from apiserver.keys.usage import Usage
from apiserver.resources import Resources
from apiserver.settings.settings import Settings
from apiserver.storage.archives import Archives
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from apiserver.vectorizers.discovery import open_vectorizers
from tests.photographs import astronaut
from tests.unit.apiserver.metadata.annotated import ICC, NEEDLE, exif, saved, tiff

PHOTO = astronaut()
JPEG = saved("JPEG", PHOTO, exif=exif(1), icc_profile=ICC, comment=NEEDLE) + NEEDLE
ODD = saved("TIFF", PHOTO, compression="jpeg", description=NEEDLE.decode())
"""A TIFF whose strips are JPEG, which is encoded anew."""


@pytest.fixture
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    url, store = settings.database_url.get_secret_value(), open_store(settings.image_store_url)
    async with open_database(url, pool_size=8, timeout_seconds=60) as connections, open_vectorizers(settings) as client:
        images, archives = ImageStore(store, connections, 60), Archives(store, connections, 60)
        yield Resources(settings, connections, images, archives, client, Usage(connections, {}))


class Jobs:
    """Runs jobs in the test's process."""

    def __init__(self, resources: Resources, database: asyncpg.Connection) -> None:
        self._resources = resources
        self._database = database

    async def clean(self) -> int:
        """Run the job that takes out metadata, as if nothing were being uploaded; return how far it came."""
        await self._database.execute("UPDATE images SET written_at = now() - interval '1 hour'")
        number = await self._database.fetchval(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('upkeep', 'upkeep') RETURNING id"
        )
        await run_job(tasks.UPKEEP["metadata-removal"].task, self._resources, number, {})
        done: int = await self._database.fetchval("SELECT done FROM jobs WHERE number = $1", number)
        return done

    async def run(self, task: Task, job: str) -> None:
        row = await self._database.fetchrow(
            "SELECT id, args FROM jobs JOIN procrastinate_jobs ON id = number WHERE job = $1", UUID(job)
        )
        await run_job(task, self._resources, row["id"], json.loads(row["args"]))


@pytest.fixture
def jobs(resources: Resources, database: asyncpg.Connection) -> Jobs:
    return Jobs(resources, database)


async def learn(gateway: httpx.AsyncClient, photograph: bytes = JPEG, directory: str = "acme") -> dict[str, Any]:
    answer = await gateway.post(
        "/learn", data={"person": "ann", "directory": directory}, files={"file": ("a", photograph)}
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize(
    ("photograph", "media_type"), [(JPEG, "image/jpeg"), (ODD, "image/jpeg"), (tiff(image=PHOTO), "image/tiff")]
)
async def test_a_learned_photograph_has_no_metadata(gateway, database, photograph, media_type):
    answer = await learn(gateway, photograph)

    stored = await gateway.get(answer["url"])
    row = await database.fetchrow("SELECT * FROM images")
    assert NEEDLE not in stored.content
    assert (stored.headers["content-type"], int(stored.headers["content-length"])) == (media_type, len(stored.content))
    assert (
        row["sha256"]
        == hashlib.sha256(photograph).digest()
        == await database.fetchval("SELECT image_sha256 FROM faces")
    )
    assert (row["stored_sha256"], row["size_bytes"]) == (hashlib.sha256(stored.content).digest(), len(stored.content))
    again = await learn(gateway, photograph)
    assert again == answer | {"created": False}


async def test_other_calls_store_no_metadata(gateway):
    added = await gateway.post("/directories/acme/persons/ann/faces", files={"file": ("a.jpg", JPEG)})
    recognized = await gateway.post("/recognize", data={"directory": "acme"}, files={"file": ("b.jpg", JPEG + b"b")})
    odd = await gateway.post("/recognize", data={"directory": "acme"}, files={"file": ("c.tif", ODD)})

    urls = [added.json()["items"][0]["face"]["image"], recognized.json()["url"], odd.json()["url"]]
    for url in urls:
        assert NEEDLE not in (await gateway.get(url)).content
    export = await gateway.get("/directories/acme/persons/ann/export")
    with ZipFile(io.BytesIO(export.content)) as archive:
        assert not any(NEEDLE in archive.read(name) for name in archive.namelist())


async def test_a_directory_may_keep_originals(gateway, jobs):
    await gateway.put("/directories/acme", content='{"keep_originals": true}')
    answer = await learn(gateway)

    assert (await gateway.get(answer["url"])).content == JPEG
    assert await jobs.clean() == 0
    assert (await gateway.get(answer["url"])).content == JPEG

    await gateway.patch("/directories/acme", content='{"keep_originals": null}')
    assert await jobs.clean() == 1
    assert NEEDLE not in (await gateway.get(answer["url"])).content


@pytest.mark.parametrize("photograph", [JPEG, ODD], ids=["jpeg", "odd"])
async def test_what_an_earlier_release_stored_is_cleaned(gateway, database, jobs, settings, photograph):
    answer = await learn(gateway, photograph)
    object_ = Path(settings.image_store_url.removeprefix("file://")) / Path(answer["url"]).name
    object_.write_bytes(photograph)
    media_type = "image/tiff" if photograph is ODD else "image/jpeg"
    await database.execute("UPDATE images SET stored_sha256 = NULL, media_type = $1", media_type)

    assert await jobs.clean() == 1
    stored = await gateway.get(answer["url"])
    row = await database.fetchrow("SELECT * FROM images")
    assert NEEDLE not in stored.content
    assert stored.headers["content-type"] == "image/jpeg"
    assert row["stored_sha256"] == hashlib.sha256(stored.content).digest()
    assert row["sha256"] == hashlib.sha256(photograph).digest()
    assert await jobs.clean() == 0
    assert await learn(gateway, photograph) == answer | {"created": False}


async def test_a_photograph_that_is_sent_again_stays_to_be_cleaned(gateway, database):
    await learn(gateway)
    await database.execute("UPDATE images SET stored_sha256 = NULL")

    await learn(gateway)

    assert await database.fetchval("SELECT stored_sha256 FROM images") is None


async def test_what_cannot_be_read_is_left(gateway, database, jobs, settings):
    answer = await learn(gateway)
    await learn(gateway, saved("PNG", PHOTO))
    object_ = Path(settings.image_store_url.removeprefix("file://")) / Path(answer["url"]).name
    object_.write_bytes(b"no photograph")
    await database.execute("UPDATE images SET stored_sha256 = NULL")

    assert await jobs.clean() == 1
    assert object_.read_bytes() == b"no photograph"


@pytest.mark.parametrize("unsettled", [False, True])
@pytest.mark.parametrize("model", ["same", "other"])
async def test_a_bundle_keeps_what_a_photograph_is_known_by(gateway, database, jobs, unsettled, model):
    await learn(gateway)
    if unsettled:
        await database.execute("UPDATE images SET stored_sha256 = NULL")
    answer = await gateway.post("/directories/acme/exports", content='{"images": true}')
    await jobs.run(export_people, answer.json()["job"])
    bundle = (await gateway.get(f"/directories/acme/exports/{answer.json()['job']}/bundle")).content
    if model == "other":
        bundle = without_embeddings(bundle)

    with ZipFile(io.BytesIO(bundle)) as archive:
        [face] = [json.loads(line) for line in archive.read("faces.jsonl").splitlines()]
        stored = archive.read(f"images/{face['image']}")
    assert NEEDLE not in stored
    assert face["original_sha256"] == hashlib.sha256(JPEG).hexdigest()
    assert face.get("image_sha256") == (None if unsettled else hashlib.sha256(stored).hexdigest())

    imported = await gateway.post("/directories/new/imports", files={"file": ("bundle.zip", bundle)})
    await jobs.run(import_people, imported.json()["job"])
    assert (await learn(gateway, directory="new"))["created"] is False
    row = await database.fetchrow("SELECT * FROM images WHERE directory = 'new' AND expires_at IS NULL")
    assert row["sha256"] == hashlib.sha256(JPEG).digest()
    assert row["stored_sha256"] == hashlib.sha256(stored).digest()


def without_embeddings(bundle: bytes) -> bytes:
    """Return a bundle as if its embeddings were another model's."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(bundle)) as old, ZipFile(file, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"sface", b"xface") if name.endswith(("json", "jsonl")) else content)
    return file.getvalue()
