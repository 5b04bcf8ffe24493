"""The audit by the command line and by both clients: over HTTP, from a database, and from a stopped data folder."""

import asyncio
import json

import pytest

from apiserver.audit import sealing
from apiserver.audit.__main__ import main
from apiserver.audit.verification import verify_lines
from apiserver.database.opening import open_database
from apiserver.keys import records as keys
from apiserver.keys.wishes import read_reach, read_scopes
from faceserver import AsyncClient, Client
from faceserver.standalone.accounts import unprivileged_account
from tests.commands import run
from tests.database import copy_cluster


@pytest.fixture
async def filled(gateway, database_url):
    """A gateway with three sealed entries of acme, one of other, and one without a directory."""
    for path in ("/directories/acme", "/directories/acme/persons/ann", "/directories/other", "/directories/acme"):
        assert (await gateway.put(path, json={})).is_success
    key = {"name": "door", "scopes": ["recognize"], "directories": ["*"]}
    assert (await gateway.post("/keys", json=key)).is_success
    async with open_database(database_url, pool_size=1, timeout_seconds=60) as connections:
        await sealing.seal(connections)
    return str(gateway.base_url)


async def command(*words, environment=None):
    """Run `faceserver audit` on another thread, for the gateway is in this one; return its output."""
    done = await asyncio.to_thread(run, "audit", *words, environment={"COLUMNS": "200", **(environment or {})})
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_list_over_http_and_from_the_database_is_the_same(filled, database_url):
    of_service = await command("list", "--url", filled, "--json")
    of_database = await command("list", "--database-url", database_url, "--json")
    assert of_service == of_database
    assert len(of_service.splitlines()) == 5
    options = ("--directory", "acme", "--person", "ann", "--since", "2026-01-01", "--limit", "1")
    for source in (("--url", filled), ("--database-url", database_url)):
        [line] = (await command("list", *source, *options, "--json")).splitlines()
        assert json.loads(line)["action"] == "PUT /directories/{directory}/persons/{person}"
        assert not await command("list", *source, "--until", "2026-01-01", "--json")
        assert "POST /keys" in await command("list", *source, "--subject", "open")


async def test_export_and_verification(filled, database_url, tmp_path, capfd):
    everything = await command("export", "--url", filled)
    assert verify_lines(everything.splitlines()).entries == 5
    only = await command("export", "--url", filled, "--directory", "acme")
    assert [json.loads(line)["directory"] for line in only.splitlines()[1:]] == ["acme"] * 3
    file = tmp_path / "audit.jsonl"
    file.write_text(everything)
    assert main(["verify", str(file)]) == 0
    head = capfd.readouterr().out.split()[0]
    assert main(["verify", str(file), "--expect", head]) == 0
    file.write_text(everything.replace("POST /keys", "GET /keys"))
    assert main(["verify", str(file)]) == 1
    file.write_text("nothing")
    assert main(["verify", str(file)]) == 2
    url = tmp_path / "url"
    url.write_text(database_url)
    url.chmod(0o600)
    await command("verify", "--database-url-file", url)
    capfd.readouterr()
    await command("export", "--database-url-file", url)
    assert capfd.readouterr().out == everything


async def test_both_clients(filled, tmp_path):
    with Client(filled) as client:
        entries = await asyncio.to_thread(lambda: list(client.audit(directory="acme")))
        written = await asyncio.to_thread(client.fetch_audit, tmp_path / "sync.jsonl", directory="acme")
    async with AsyncClient(filled) as client:
        assert [entry async for entry in client.audit(directory="acme")] == entries
        await client.fetch_audit(tmp_path / "async.jsonl", directory="acme")
    assert len(entries) == 3
    assert written.read_text() == (tmp_path / "async.jsonl").read_text()
    assert verify_lines(written.read_text().splitlines()).entries == 3


async def test_a_stopped_stack(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    account = unprivileged_account()
    copy_cluster(data / "postgres", account and account.pw_name)
    await asyncio.to_thread(
        run, "keys", "create", "--data", data, "--name", "first", "--scope", "admin", "--directory", "*", environment={}
    )
    [line] = (await command("list", "--data", data, "--json")).splitlines()
    entry = json.loads(line)
    assert (entry["subject"], entry["action"], entry["directory"]) == ("command line", "keys create", None)


@pytest.mark.usefixtures("filled")
async def test_an_export_has_only_the_directories_of_the_key(serve, settings, database):
    reach = read_reach(["acme"])
    _, text = await keys.create(database, keys.Wanted("t", read_scopes(["admin"], reach), reach), "t")
    gateway = await serve(settings.model_copy(update={"require_keys": True}))
    mine = {"Authorization": f"Bearer {text}"}
    lines = (await gateway.get("/audit/export", headers=mine)).text.splitlines()
    assert json.loads(lines[0])["chain"] == "acme"
    assert {json.loads(line)["directory"] for line in lines[1:]} == {"acme"}
    assert (await gateway.get("/audit/export?directory=other", headers=mine)).status_code == 404
