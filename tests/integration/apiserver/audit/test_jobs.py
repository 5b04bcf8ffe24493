"""What jobs do is recorded for whoever asked for them."""

import io
import json
import zipfile
from functools import partial

from apiserver.keys import records
from apiserver.keys.wishes import read_reach, read_scopes
from tests.integration.apiserver.worker_process import working
from tests.waiting import until


async def test_jobs_run_as_their_key(serve, settings, database, bob):
    reach = read_reach(["acme"])
    key, text = await records.create(database, records.Wanted("t", read_scopes(["admin"], reach), reach), "t")
    gateway = await serve(settings.model_copy(update={"require_keys": True}))
    mine = {"Authorization": f"Bearer {text}"}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("eve/1.jpg", bob)
    sent = {"files": {"file": content.getvalue()}, "headers": mine}

    async def entries(job):
        rows = await database.fetch("SELECT * FROM audit WHERE object = $1 ORDER BY id", job)
        assert {(row["subject"], row["directory"]) for row in rows} == {(f"key:{key.id}", "acme")}
        return [(row["action"], len(row["persons"]), json.loads(row["counts"])) for row in rows]

    async def are(count, job):
        return len(await entries(job)) == count

    async with working(settings):
        imported = (await gateway.post("/directories/acme/imports", **sent)).json()["job"]
        await until(partial(are, 2, imported))
        exported = (await gateway.post("/directories/acme/exports", headers=mine)).json()["job"]
        await until(partial(are, 2, exported))
        bundle = f"/directories/acme/exports/{exported}/bundle"
        await until(partial(_succeeds, gateway, bundle, mine))
    assert (await entries(imported))[1] == ("job import", 1, {"created": 1})
    assert (await entries(exported))[1:] == [
        ("job export", 0, {"faces": 1}),
        ("GET /directories/{directory}/exports/{job}/bundle", 0, {}),
    ]


async def _succeeds(gateway, path, headers):
    return (await gateway.get(path, headers=headers)).is_success
