"""The command that lists and replaces the keys of directories."""

import asyncio
import json

import pytest

from apiserver.audit.__main__ import main as audit
from apiserver.data_keys import main
from tests.integration.apiserver.encryption.conftest import new_key, resources_of, under


@pytest.fixture
def key_id(settings, monkeypatch):
    """The key of the directory acme; the command reads its settings from the environment."""
    master_key = new_key()
    for name in ("database_url", "image_store_url"):
        value = getattr(settings, name)
        monkeypatch.setenv(f"APISERVER_{name.upper()}", getattr(value, "get_secret_value", lambda value=value: value)())
    monkeypatch.setenv("APISERVER_MASTER_KEY", master_key)

    async def make():
        async with resources_of(under(settings, master_key)) as resources:
            return await resources.images.keys.in_use("acme")

    return str(asyncio.run(make()).key_id)


def test_keys_are_listed_and_replaced(key_id, capsys):
    assert main(["list"]) == 0
    [row] = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert (row[0], row[1], row[-1]) == ("acme", key_id, "in use")

    assert main(["replace", "acme", "none"]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["acme", "none"]
    assert main(["list"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(row[1] == key_id, row[-1]) for row in rows] == [(True, "retired"), (False, "in use")]
    assert audit(["list", "--directory", "acme"]) == 0
    [entry] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (entry["subject"], entry["object"], entry["counts"]) == ("command line", rows[1][1], {"replaced": 1})


def test_without_a_master_key_keys_are_not_replaced(key_id, capsys, monkeypatch):
    monkeypatch.delenv("APISERVER_MASTER_KEY")

    assert main(["replace", "acme"]) == 1
    assert "APISERVER_MASTER_KEY_FILE" in capsys.readouterr().err
    assert main(["list"]) == 0
    assert key_id in capsys.readouterr().out
