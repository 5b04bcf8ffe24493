"""Access keys for clients of Amazon Rekognition: the command, what is stored, and new master keys."""

import base64
import json
import os
import subprocess
import sys

import pytest
from pydantic import SecretStr

from apiserver.access.grants import OPEN
from apiserver.database.opening import open_database
from apiserver.encryption.master_keys import read_master_keys
from apiserver.keys import pairs, records
from apiserver.keys.records import Wanted
from apiserver.keys.wishes import read_reach, read_scopes
from apiserver.problems import InvalidField, KeyUnavailable
from tests.checkout import ROOT

CREATE = ("create", "--rekognition", "--name", "photos", "--scope", "read", "--directory", "acme")


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def masters(*keys):
    return read_master_keys(command=None, file=None, keys=",".join(keys))


def run(database_url, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "apiserver.keys", *arguments],
        cwd=ROOT,
        env={"APISERVER_DATABASE_URL": database_url, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


async def found_pair(connection, key_id) -> pairs.Pair:
    found = await pairs.find(connection, key_id)
    assert found
    return found


async def made(connection, keys):
    reach = read_reach(["acme"])
    return await pairs.create(connection, keys, Wanted("test", read_scopes(["read"], reach), reach), "test")


async def test_the_command_makes_a_pair_under_the_master_key(database_url, database):
    refused = run(database_url, *CREATE)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "needs a master key" in refused.stderr
    wrong = run(database_url, *CREATE, APISERVER_MASTER_KEY="short")
    assert (wrong.returncode, "32 bytes" in wrong.stderr) == (1, True)
    assert await database.fetchval("SELECT count(*) FROM keys") == 0

    master = new_key()
    printed = run(database_url, *CREATE, APISERVER_MASTER_KEY=master).stdout
    access, secret = (line.partition(" = ")[2] for line in printed.splitlines())
    found = await found_pair(database, pairs.key_id_of(access))
    assert await pairs.Secrets(masters(master)).of(found) == secret
    assert len(secret) == 40
    [row] = await database.fetch("SELECT * FROM keys")
    assert secret not in str(dict(row))
    assert (row["kind"], row["hash"], row["names"]) == ("pair", None, ["acme"])
    listed = json.loads(run(database_url, "list", "--json").stdout)
    assert (listed["id"], listed["scopes"]) == (found.record.id, ["read"])
    assert run(database_url, "edit", found.record.id, "--scope", "recognize").returncode == 0
    rotated = run(database_url, "rotate", found.record.id)
    assert (rotated.returncode, "make another access key" in rotated.stderr) == (1, True)
    assert run(database_url, "revoke", found.record.id).returncode == 0
    known = (await found_pair(database, found.record.id)).record
    assert (sorted(known.scopes), known.revoked_at is None) == (["recognize"], False)


@pytest.fixture
async def admin(database):
    reach = read_reach(["*"])
    _, text = await records.create(database, Wanted("test", read_scopes(["admin"], reach), reach), "test")
    return {"Authorization": f"Bearer {text}"}


WANTED = {"name": "photos", "kind": "pair", "scopes": ["read"], "directories": ["acme"]}


async def test_a_call_makes_a_pair_under_the_master_key_of_the_gateway(serve, settings, database, admin):
    master = new_key()
    gateway = await serve(settings.model_copy(update={"require_keys": True, "master_key": SecretStr(master)}))
    limited = {"expires_at": "2126-11-29T00:00:00Z", "limits": {"requests_per_minute": 5}, "note": "east"}
    answer = await gateway.post("/keys", json=WANTED | limited, headers=admin)
    assert answer.status_code == 201
    made = answer.json()
    assert made["access_key_id"] == f"AKFS{made['id']}"
    assert (len(made["key"]), made["kind"], made["images_token"]) == (40, "pair", None)
    assert {name: made[name] for name in ("name", "scopes", "directories", *limited)} == {
        **{name: WANTED[name] for name in ("name", "scopes", "directories")},
        **limited,
    }
    found = await found_pair(database, made["id"])
    assert await pairs.Secrets(masters(master)).of(found) == made["key"]
    assert found.record.created_by.startswith("key:")
    entries = await database.fetch("SELECT action FROM audit WHERE object = $1", made["id"])
    assert [row["action"] for row in entries] == ["POST /keys"]
    listed = (await gateway.get("/keys", headers=admin)).json()["items"]
    assert made["key"] not in str(listed)
    assert {each["kind"] for each in listed} == {"bearer", "pair"}

    own = {"Authorization": f"Bearer {(await made_admin_of(database, 'acme'))}"}
    for more, status in (({"directories": ["beta"]}, 403), ({"scopes": ["operate"]}, 400), ({"kind": "none"}, 400)):
        refused = await gateway.post("/keys", json=WANTED | more, headers=own)
        assert refused.status_code == status, more


async def made_admin_of(connection, directory):
    reach = read_reach([directory])
    _, text = await records.create(connection, Wanted("test", read_scopes(["admin"], reach), reach), "test")
    return text


async def test_a_gateway_without_a_master_key_makes_no_pair(serve, settings, database, admin):
    gateway = await serve(settings.model_copy(update={"require_keys": True}))
    answer = await gateway.post("/keys", json=WANTED, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (503, "key-unavailable")
    assert "APISERVER_MASTER_KEY_FILE" in answer.json()["detail"]
    assert await database.fetchval("SELECT count(*) FROM keys WHERE kind = 'pair'") == 0


async def test_secrets_are_bound_to_their_keys(database):
    keys = masters(new_key())
    first, _ = await made(database, keys)
    second, secret = await made(database, keys)
    await database.execute(
        "UPDATE keys SET encrypted_secret = (SELECT encrypted_secret FROM keys WHERE id = $2) WHERE id = $1",
        first.id,
        second.id,
    )
    with pytest.raises(KeyUnavailable):
        await pairs.Secrets(keys).of(await found_pair(database, first.id))
    assert await pairs.Secrets(keys).of(await found_pair(database, second.id)) == secret
    with pytest.raises(KeyUnavailable):
        await pairs.Secrets(masters(new_key())).of(await found_pair(database, second.id))
    with pytest.raises(InvalidField):
        await records.rotate(database, second.id, OPEN, records.DEFAULT_OVERLAP)


async def test_the_job_encrypts_secrets_under_the_newest_master_key(database_url, database):
    old, new = new_key(), new_key()
    pair, secret = await made(database, masters(old))
    lost, _ = await made(database, masters(new_key()))
    async with open_database(database_url, pool_size=2, timeout_seconds=60) as pool:
        assert await pairs.rewrap(pool, masters(new, old)) == 1
        assert await pairs.rewrap(pool, masters(new, old)) == 0
    assert await pairs.Secrets(masters(new)).of(await found_pair(database, pair.id)) == secret
    assert await pairs.find(database, lost.id)
