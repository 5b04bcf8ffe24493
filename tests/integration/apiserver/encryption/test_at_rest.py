"""What is stored while encryption is on, what can be read then, and what without the keys."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import asyncpg
import httpx
import pytest

from apiserver import tasks
from apiserver.encryption.keys import DirectoryKeys
from apiserver.encryption.rotation import replace_key
from apiserver.encryption.sealing import is_sealed, key_id_of
from apiserver.encryption.unencrypted import unencrypted
from apiserver.jobs.runs import run_job
from apiserver.problems import ArchiveUnreadable, KeyUnavailable
from apiserver.settings.settings import Settings
from tests.integration.apiserver.encryption.conftest import new_key, resources_of, under

CROP = "/directories/{}/persons/ann/faces/{}/crop"


def objects(settings: Settings) -> dict[str, bytes]:
    """Everything in the store, by name."""
    folder = Path(settings.image_store_url.removeprefix("file://"))
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def replace_object(settings: Settings, key: str, content: bytes) -> None:
    Path(settings.image_store_url.removeprefix("file://"), key).write_bytes(content)


async def learn(gateway: httpx.AsyncClient, photograph: bytes, directory: str = "acme") -> dict[str, Any]:
    answer = await gateway.post(
        "/learn", data={"person": "ann", "directory": directory}, files={"file": ("a.jpg", photograph)}
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def face_of(gateway: httpx.AsyncClient, directory: str = "acme") -> str:
    faces = await gateway.get(f"/directories/{directory}/persons/ann/faces")
    face: str = faces.json()["items"][0]["face"]
    return face


async def stored_crops(database: asyncpg.Connection) -> list[bytes]:
    rows = await database.fetch("SELECT crop FROM faces UNION ALL SELECT crop FROM collapsed_faces")
    return [row["crop"] for row in rows]


async def test_photographs_and_crops_are_stored_encrypted_and_read_in_the_clear(serve, encrypting, database, ann, bob):
    settings = under(encrypting)
    plain = await serve(settings)
    known = await learn(plain, ann, "plain")
    expected = await plain.get(known["url"])
    gateway = await serve(encrypting)

    answer = await learn(gateway, ann)
    recognized = await gateway.post("/recognize", data={"directory": "acme"}, files={"file": ("b.jpg", bob)})
    key = answer["url"].rpartition("/")[2]
    assert is_sealed(objects(settings)[key])
    assert is_sealed(objects(settings)[recognized.json()["url"].rpartition("/")[2]])
    read = await gateway.get(answer["url"])
    assert read.content == expected.content
    assert int(read.headers["content-length"]) == len(expected.content)
    assert read.headers["content-type"] == "image/jpeg"
    assert (await gateway.get(known["url"])).content == expected.content
    crop = await gateway.get(CROP.format("acme", await face_of(gateway)))
    assert crop.content == (await plain.get(CROP.format("plain", await face_of(plain, "plain")))).content
    assert sorted(map(is_sealed, await stored_crops(database))) == [False, True]
    export = await gateway.get("/directories/acme/persons/ann/export")
    with ZipFile(io.BytesIO(export.content)) as archive:
        names = archive.namelist()
        assert archive.read(f"images/{key}") == expected.content
        assert [archive.read(name) for name in names if name.startswith("crops/")] == [crop.content]


async def test_without_the_master_key_encrypted_data_are_an_outage(serve, encrypting, ann, bob):
    settings = under(encrypting)
    gateway = await serve(encrypting)
    url, crop = (await learn(gateway, ann))["url"], CROP.format("acme", await face_of(gateway))

    for other in (settings, under(settings, new_key())):
        without = await serve(other)
        for path in (url, crop):
            refused = await without.get(path)
            assert (refused.status_code, refused.json()["code"]) == (503, "key-unavailable")
        # Nothing is stored in the clear because a process lacks a setting, and recognition goes on.
        learned = await without.post(
            "/learn", data={"person": "bob", "directory": "acme"}, files={"file": ("b.jpg", bob)}
        )
        assert (learned.status_code, learned.json()["code"]) == (503, "key-unavailable")
        recognized = await without.post("/recognize", data={"directory": "acme"}, files={"file": ("b.jpg", bob)})
        assert (recognized.status_code, recognized.json()["url"]) == (201, None)
        assert (await without.get("/directories/acme/persons")).is_success
    assert [is_sealed(content) for content in objects(settings).values()] == [True]


@pytest.mark.parametrize("replaced_by", ["another photograph", "a part of it", "one in the clear"])
async def test_an_object_that_was_replaced_is_not_shown(serve, encrypting, ann, bob, replaced_by):
    settings = under(encrypting)
    gateway = await serve(encrypting)
    key = (await learn(gateway, ann))["url"].rpartition("/")[2]
    other = (await learn(gateway, bob))["url"].rpartition("/")[2]
    stored = objects(settings)
    content = {
        "another photograph": stored[other],
        "a part of it": stored[key][: 48 + 65_552],
        "one in the clear": bob,
    }[replaced_by]
    replace_object(settings, key, content)

    shown = await gateway.get(f"/files/{key}")
    assert (shown.status_code, shown.json()["code"]) == (500, "object-damaged")


async def test_a_crop_that_was_exchanged_is_not_shown(serve, encrypting, database, ann, bob):
    gateway = await serve(encrypting)
    await learn(gateway, ann)
    face = await face_of(gateway)
    await learn(gateway, bob)
    other = await database.fetchval("SELECT crop FROM faces WHERE face <> $1", face)
    await database.execute("UPDATE faces SET crop = $2 WHERE face = $1", face, other)

    shown = await gateway.get(CROP.format("acme", face))
    assert (shown.status_code, shown.json()["code"]) == (500, "object-damaged")


async def test_nothing_that_was_copied_can_be_read_after_its_directory_was_deleted(serve, encrypting, jobs, ann):
    settings = under(encrypting)
    database = jobs.database
    gateway = await serve(encrypting)
    url = (await learn(gateway, ann))["url"]
    key = url.rpartition("/")[2]
    copied = objects(settings)[key]
    row = await database.fetchrow("SELECT image, crop, crop_key FROM faces")
    erased = await database.fetchval("SELECT key_id FROM directory_keys")

    assert (await gateway.delete("/directories/acme")).status_code in {200, 202}
    assert await database.fetchval("SELECT count(*) FROM directory_keys") == 0
    again = await learn(gateway, ann)
    assert again["url"] == url
    assert (await gateway.get(url)).is_success
    assert await database.fetchval("SELECT key_id FROM directory_keys") != erased
    # Somebody puts the copies back: of the photograph and of the crop.
    replace_object(settings, key, copied)
    await database.execute("UPDATE faces SET crop = $1, crop_key = $2", row["crop"], row["crop_key"])
    for path in (url, CROP.format("acme", await face_of(gateway))):
        refused = await gateway.get(path)
        assert (refused.status_code, refused.json()["code"]) == (503, "key-unavailable")
    await jobs.encrypt(encrypting)
    assert objects(settings)[key] == copied


async def test_what_was_stored_before_is_encrypted_by_a_job(serve, encrypting, jobs, ann, ann_again):
    settings = under(encrypting)
    database = jobs.database
    plain = await serve(settings)
    urls = [(await learn(plain, photograph))["url"] for photograph in (ann, ann_again)]
    merged = await plain.post("/learn", data={"person": "eve", "directory": "acme"}, files={"file": ("a.jpg", ann)})
    assert merged.is_success
    face = CROP.format("acme", await face_of(plain))
    assert (await plain.post("/directories/acme/persons/ann/merge", json={"from": ["eve"]})).is_success
    before = [(await plain.get(path)).content for path in (*urls, face)]
    assert await jobs.encrypt(settings) == 0

    assert await jobs.encrypt(encrypting) == 2 + 2 + 1  # the last one was collapsed by the merge
    assert all(map(is_sealed, objects(settings).values()))
    assert [is_sealed(crop) for crop in await stored_crops(database)] == 3 * [True]
    gateway = await serve(encrypting)
    assert [(await gateway.get(path)).content for path in (*urls, face)] == before
    assert await jobs.encrypt(encrypting) == 0


async def test_a_new_master_key_wraps_all_keys_again(serve, settings, jobs, ann):
    database = jobs.database
    old, new = new_key(), new_key()
    url = (await learn(await serve(under(settings, old)), ann))["url"]
    stored = objects(settings)

    await jobs.encrypt(under(settings, new, old))
    assert objects(settings) == stored
    assert (await (await serve(under(settings, new))).get(url)).is_success
    assert (await (await serve(under(settings, old))).get(url)).status_code == 503
    assert await database.fetchval("SELECT count(*) FROM directory_keys") == 1


async def test_a_new_key_replaces_that_of_a_directory(serve, encrypting, jobs, ann):
    settings = under(encrypting)
    database = jobs.database
    gateway = await serve(encrypting)
    url = (await learn(gateway, ann))["url"]
    crop = CROP.format("acme", await face_of(gateway))
    before, stored = [(await gateway.get(path)).content for path in (url, crop)], objects(settings)
    retired = await database.fetchval("SELECT key_id FROM directory_keys")

    async with resources_of(encrypting) as resources:
        assert await replace_key(resources.database, resources.images.keys.masters, "acme")
        assert not await replace_key(resources.database, resources.images.keys.masters, "none")
        assert (await learn(gateway, ann))["created"] is False
        assert await jobs.encrypt(encrypting) == 2
    used = await database.fetchval("SELECT key_id FROM directory_keys WHERE retired_at IS NULL")
    assert {key_id_of(content) for content in (*objects(settings).values(), *await stored_crops(database))} == {used}
    assert objects(settings) != stored
    assert [(await gateway.get(path)).content for path in (url, crop)] == before
    assert await database.fetchval("SELECT count(*) FROM directory_keys") == 2
    await database.execute(
        "UPDATE directory_keys SET retired_at = now() - interval '1 hour' WHERE retired_at IS NOT NULL"
    )
    await jobs.encrypt(encrypting)
    assert await database.fetchval("SELECT array_agg(key_id) FROM directory_keys") == [used]
    assert used != retired


async def run_task(settings, database, kind):
    """Run the waiting job of a kind."""
    row = await database.fetchrow(
        "SELECT id, args FROM procrastinate_jobs WHERE queue_name = $1 ORDER BY id DESC LIMIT 1", kind
    )
    async with resources_of(settings) as resources:
        await run_job(tasks.ON_REQUEST[kind], resources, row["id"], json.loads(row["args"]))


@pytest.mark.parametrize("encrypted_later", [False, True])
async def test_archives_are_encrypted(serve, encrypting, jobs, ann, encrypted_later):
    """A bundle is exported and read, and then imported: into another directory, by ranges."""
    settings = under(encrypting)
    database = jobs.database
    writing = settings if encrypted_later else encrypting
    gateway = await serve(writing)
    await learn(gateway, ann)
    face = await face_of(gateway)
    plain = (await gateway.get(CROP.format("acme", face))).content
    job = (await gateway.post("/directories/acme/exports", json={"images": True})).json()["job"]
    await run_task(writing, database, "export")
    bundle = (await gateway.get(f"/directories/acme/exports/{job}/bundle")).content
    form = {"files": {"file": ("b.zip", bundle)}}
    assert (await gateway.post("/directories/copy/imports", **form)).status_code == 202
    if encrypted_later:
        assert await jobs.encrypt(encrypting) == 4

    archives = {name: content for name, content in objects(settings).items() if name.startswith("archives/")}
    assert (len(archives), all(map(is_sealed, archives.values()))) == (2, True)
    gateway = await serve(encrypting)
    assert (await gateway.get(f"/directories/acme/exports/{job}/bundle")).content == bundle
    with ZipFile(io.BytesIO(bundle)) as archive:
        assert archive.read(f"crops/{face}.jpg") == plain
    await run_task(encrypting, database, "import")
    assert (await gateway.get(CROP.format("copy", await face_of(gateway, "copy")))).content == plain
    assert [is_sealed(crop) for crop in await stored_crops(database)] == [True, True]
    assert await database.fetchval("SELECT array_agg(purpose) FROM archives") == ["export"]
    await database.execute("UPDATE archives SET expires_at = now()")
    async with resources_of(encrypting) as resources:
        assert (await resources.archives.delete_expired(10)).deleted == 1
    assert not [name for name in objects(settings) if name.startswith("archives/")]


async def read_whole(archives, job):
    with await archives.reader("acme", job, 10_000_000) as file:
        return await asyncio.to_thread(file.read)


async def test_an_archive_that_was_replaced_is_not_imported(serve, encrypting, database, ann):
    settings = under(encrypting)
    gateway = await serve(encrypting)
    zipped = io.BytesIO()
    with ZipFile(zipped, "w") as archive:
        archive.writestr("ann/a.jpg", ann)
    for directory in ("acme", "other"):
        await gateway.post(f"/directories/{directory}/imports", files={"file": ("a.zip", zipped.getvalue())})
    job = await database.fetchval("SELECT job FROM archives WHERE directory = 'acme'")
    other = await database.fetchval("SELECT archive FROM archives WHERE directory = 'other'")

    async with resources_of(encrypting) as resources:
        archives = resources.archives
        assert await read_whole(archives, job) == zipped.getvalue()
        for replaced in (objects(settings)[other], objects(settings)[f"archives/{job}.zip"][:-1], zipped.getvalue()):
            replace_object(settings, f"archives/{job}.zip", replaced)
            with pytest.raises((ArchiveUnreadable, KeyUnavailable)):
                await read_whole(archives, job)


async def test_a_deleted_key_is_used_for_a_second_at_most(encrypting, database):
    async with resources_of(encrypting) as resources:
        keys = resources.images.keys
        key = await keys.in_use("acme")
        assert key
        assert await keys.find("acme", key.key_id) == key == await keys.in_use("acme")
        assert await DirectoryKeys(resources.database, keys.masters).find("acme", key.key_id) == key

        await database.execute("DELETE FROM directory_keys")
        with pytest.raises(KeyUnavailable):
            await DirectoryKeys(resources.database, keys.masters).find("acme", key.key_id)
        keys.forget("acme")
        with pytest.raises(KeyUnavailable):
            await keys.find("acme", key.key_id)


async def test_a_row_of_another_directory_does_not_open_its_key(encrypting, database):
    async with resources_of(encrypting) as resources:
        key = await resources.images.keys.in_use("acme")
        assert key
        await database.execute(
            "INSERT INTO directory_keys (directory, key_id, master_id, wrapped) "
            "SELECT 'other', key_id, master_id, wrapped FROM directory_keys WHERE directory = 'acme'"
        )

        with pytest.raises(KeyUnavailable):
            await resources.images.keys.find("other", key.key_id)


async def test_progress_is_counted(serve, encrypting, jobs, ann):
    settings = under(encrypting)
    await learn(await serve(settings), ann)
    async with resources_of(encrypting) as resources:
        assert await unencrypted(resources.database) == {"photographs": 1, "crops": 1, "archives": 0}
        await jobs.encrypt(encrypting)
        assert (await unencrypted(resources.database)).total() == 0
