"""A disk with too little free space, or none: recognition and deletions go on."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from apiserver.access.scopes import Scope
from apiserver.biometrics.face import Image
from apiserver.database.opening import open_database
from apiserver.problems import ImageStoreFull
from apiserver.storage.archives import Archives
from apiserver.storage.free_space import FreeSpace
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from tests.image_rows import image_row
from tests.integration.apiserver.encryption.conftest import new_key
from tests.integration.apiserver.http.callers import Callers
from tests.integration.apiserver.worker_process import working
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

    for path in ("/detect", "/embed", "/preview", "/recognize"):
        assert (await nearly_full.post(path, files={"file": ann})).status_code in {200, 201}
    caller = await Callers(database).add(frozenset({Scope.DELETE}), "default")
    assert (await nearly_full.post("/session", json={"key": caller["x-api-key"]})).status_code == 201, "to delete"
    nearly_full.cookies.clear()
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


@dataclass
class SmallDisk:
    """A disk of a few megabytes, without room for files, or for bytes."""

    folder: Path
    files: bool

    def fill(self) -> None:
        """Leave nothing free."""
        (self.folder / "filler").mkdir()
        try:
            if self.files:
                for number in range(1_000):
                    (self.folder / "filler" / str(number)).touch()
            else:
                with (self.folder / "filler" / "0").open("wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
        except OSError:
            return
        pytest.fail("the disk is not small")

    def empty(self) -> None:
        """Remove what `fill` wrote."""
        for file in (self.folder / "filler").iterdir():
            file.unlink()
        (self.folder / "filler").rmdir()

    def objects(self) -> set[str]:
        """Return the names of the files in the store."""
        return {file.name for file in (self.folder / "images").rglob("*") if file.is_file()}


@pytest.fixture(params=[pytest.param("bytes", marks=pytest.mark.long), "files"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    if os.geteuid() != 0:
        pytest.skip("Mounting a disk needs root.")
    folder = tmp_path / "disk"
    folder.mkdir()
    options = "size=4m,nr_inodes=100"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"No disk can be mounted here: {mounted.stderr.strip()}")
    yield SmallDisk(folder, files=request.param == "files")
    subprocess.run(["umount", "--lazy", folder], check=True)


async def test_a_full_disk_with_keys_and_encryption(serve, settings, database, small_disk, ann, bob):  # noqa: PLR0917
    """A disk without room for bytes is noticed before anything is written; one without room for files is not."""
    locked = settings.model_copy(
        update={
            "image_store_url": f"file://{small_disk.folder}/images",
            "image_store_min_free_bytes": 20_000,
            "image_store_retry_seconds": 0.01,
            "image_store_timeout_seconds": 2,
            "master_key": SecretStr(new_key()),
            "require_keys": True,
        }
    )
    gateway = await serve(locked)
    gateway.headers.update(await Callers(database).add(frozenset(Scope), "default"))
    for person, photograph in (("ann", ann), ("bob", bob)):
        answer = await gateway.post("/learn", data={"person": person}, files={"file": photograph})
        assert answer.status_code == 201
    stored = small_disk.objects()
    small_disk.fill()
    full = "image-store-unavailable" if small_disk.files else "image-store-full"

    async def refuses():
        answer = await gateway.post("/learn", data={"person": "cid"}, files={"file": ann})
        assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True), answer.text
        return answer.json()["code"] == full  # a moment earlier, the free space was not known yet

    await until(refuses)
    found = (await gateway.post("/recognize", files={"file": bob})).json()
    assert ([person["id"] for person in found["persons"]], found["url"]) == (["bob"], None)
    assert [warning["code"] for warning in found["warnings"]] == ["photograph-not-kept"]
    people = "/directories/default/persons"
    assert [person["person"] for person in (await gateway.get(people)).json()["items"]] == ["ann", "bob"]
    assert small_disk.objects() == stored, "and no part of another"

    async with working(locked):
        deletion = (await gateway.delete(f"{people}/ann")).json()["deletion"]

        async def erased():
            return (await gateway.get(f"/deletions/{deletion}")).json()["finished_at"]

        await until(erased)
    [left] = small_disk.objects()
    assert left in stored
    [face] = (await gateway.get(f"{people}/bob/faces")).json()["items"]
    assert (await gateway.get(face["image"])).content[:2] == b"\xff\xd8", "it can still be read"
    small_disk.empty()

    async def learned():
        return (await gateway.post("/learn", data={"person": "cid"}, files={"file": ann})).status_code == 201

    await until(learned)
    assert len(small_disk.objects()) == 2
