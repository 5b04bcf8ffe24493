"""A disk with too little free space: recognition and deletions go on."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apiserver.biometrics.face import Image
from apiserver.database import open_database
from apiserver.problems import ImageStoreFull
from apiserver.storage.archives import Archives
from apiserver.storage.free_space import FreeSpace
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from tests.image_rows import image_row
from tests.waiting import until


@pytest.fixture
async def nearly_full(serve, settings):
    """A gateway whose disk has less free space than it must leave."""
    gateway = await serve(settings.model_copy(update={"image_store_min_free_bytes": 10**18}))

    async def noticed():
        return (await gateway.get("/health/ready")).json()["warnings"]

    await until(noticed)
    return gateway


async def learn(gateway, photograph):
    return await gateway.post("/learn", data={"person": "ann"}, files={"file": photograph})


async def test_recognition_goes_on_and_keeps_nothing(gateway, nearly_full, database, ann, ann_again):
    assert (await learn(gateway, ann)).status_code == 201
    answer = (await nearly_full.post("/recognize", files={"file": ann_again})).json()
    assert (answer["url"], answer["persons"][0]["id"]) == (None, "ann")
    [warning] = answer["warnings"]
    assert (warning["code"], "nearly full" in warning["detail"]) == ("photograph-not-kept", True)
    assert await database.fetchval("SELECT count(*) FROM images") == 1, "the learned one"
    unasked = (await nearly_full.post("/recognize", data={"keep": "false"}, files={"file": ann_again})).json()
    assert unasked["warnings"] == []


async def test_nothing_else_is_stored_and_deletions_work(gateway, nearly_full, database, ann):
    assert (await learn(gateway, ann)).status_code == 201
    person = "/directories/default/persons/ann"
    refused = [
        await learn(nearly_full, ann),
        await nearly_full.post(f"{person}/faces", files={"file": ann}),
        await nearly_full.post("/directories/default/imports", files={"file": b"zip"}),
        await nearly_full.post("/directories/default/exports", json={}),
        await nearly_full.patch(person, json={"display_name": "Ann"}),
        await nearly_full.put("/directories/other", json={}),
    ]
    assert {(response.status_code, response.json()["code"]) for response in refused} == {(503, "image-store-full")}
    assert {response.headers["Retry-After"] for response in refused} == {"60"}

    for path in ("/detect", "/embed", "/recognize"):
        assert (await nearly_full.post(path, files={"file": ann})).status_code in {200, 201}
    assert (await nearly_full.get(person)).status_code == 200
    assert (await nearly_full.delete(person)).status_code == 200
    assert await database.fetchval("SELECT count(*) FROM faces") == 0


async def test_what_runs_already_is_put_off(database_url, database, tmp_path):
    space = FreeSpace(tmp_path, 10**18)
    await space.refresh()
    row, store = (
        image_row("acme", b"content", Image("image/png", "png", 1, 1), timedelta(hours=1)),
        open_store("memory:///"),
    )
    async with open_database(database_url, pool_size=1, timeout_seconds=60) as connections:
        images = ImageStore(store, connections, 60, space=space)
        archives = Archives(store, connections, 60, space=space)
        for save in (images.save(row, b"content"), images.save_all({row: b"content"})):
            with pytest.raises(ImageStoreFull):
                await save
        with pytest.raises(ImageStoreFull):
            await archives.writing("acme", uuid4(), "export", timedelta(hours=1)).__aenter__()
    assert await database.fetchval("SELECT (SELECT count(*) FROM images) + (SELECT count(*) FROM archives)") == 0
