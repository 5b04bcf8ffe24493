"""Processes are killed again and again under load: nothing acknowledged is lost, and nothing deleted comes back.

Keys are required, what is stored is encrypted, and the audit has every change once.
"""

import asyncio
import base64
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import asyncpg
import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from apiserver.audit import __main__ as audit
from apiserver.encryption.sealing import is_sealed
from tests.adversity.audit import changes_without_their_entry, is_sealed_up
from tests.adversity.ledger import KeyLedger, Ledger, Writers
from tests.stack import Stack, new_stack
from tests.waiting import until, wait_until

pytestmark = pytest.mark.timing

_WRITERS = 4
_REQUESTS_BETWEEN_KILLS = 5
_KINDS = ("gateway", "database", "backend", "vectorizer", "worker")


@pytest.fixture
def stack() -> Iterator[Stack]:
    # Objects of deleted photographs, and jobs of killed workers, are taken up soon.
    environment = {
        "APISERVER_IMAGE_STORE_TIMEOUT_SECONDS": "2",
        "APISERVER_JOB_LOST_SECONDS": "2",
        "APISERVER_AUDIT_RECOGNITIONS": "all",
        "APISERVER_MASTER_KEY": base64.b64encode(os.urandom(32)).decode(),
    }
    with new_stack("--require-keys", environment=environment) as stack:
        yield stack.start()
        assert stack.stop() == 0, stack.log
        assert "Traceback" not in stack.log, stack.log


@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(3000)])])
async def test_the_service_has_what_it_acknowledged(stack: Stack, kills: int):
    admin = {"Authorization": f"Bearer {(stack.data / 'admin.key').read_text().strip()}"}
    with Writers(stack, _WRITERS, **admin) as writers, stack.client(**admin) as client:
        keys = KeyLedger(client)
        for number in range(kills):
            writers.wait_for(_REQUESTS_BETWEEN_KILLS)
            keys.make()
            _kill(stack, _KINDS[number % len(_KINDS)])
            if number % 2:
                keys.revoke_one()
        writers.wait_for(_REQUESTS_BETWEEN_KILLS)

    wait_until(stack.is_ready)
    dsn = stack.gateway.environ()["APISERVER_DATABASE_URL"]
    connection = await asyncpg.connect(dsn)
    try:
        await until(lambda: _deletions_finished(connection))
        with stack.client(**admin) as client:
            assert keys.disputed(client) == []
            for ledger in writers.ledgers:
                assert ledger.wrong == []
                assert _persons(client, ledger.directory) == _due(ledger)
        await _assert_rows_and_objects_agree(connection, stack)
        assert await changes_without_their_entry(connection, writers.ledgers, keys) == []
        await until(lambda: is_sealed_up(connection))
        assert await asyncio.to_thread(audit.main, ["verify", "--database-url", dsn]) == 0
    finally:
        await connection.close()


def _kill(stack: Stack, kind: str) -> None:
    """Kill a process of this kind with SIGKILL once there is one."""

    def is_killed() -> bool:
        with suppress(ValueError, psutil.NoSuchProcess, IndexError):  # it is being restarted
            process = random.choice(stack.database.children()) if kind == "backend" else getattr(stack, kind)
            process.kill()
            return True
        return False

    wait_until(is_killed)


def _due(ledger: Ledger) -> dict[str, set[str]]:
    return {person: set(faces) for person, faces in ledger.faces.items()}


def _persons(client: httpx.Client, directory: str) -> dict[str, set[str]]:
    """Return the ids of the faces of all persons, whose photographs must be there."""
    persons = {}
    for person in _listed(client, f"/directories/{directory}/persons"):
        faces = list(_listed(client, f"/directories/{directory}/persons/{person['person']}/faces"))
        for face in faces:
            assert client.get(face["image"]).is_success
        persons[person["person"]] = {face["face"] for face in faces}
    return persons


def _listed(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    query: dict[str, str] = {}
    while True:
        page = client.get(path, params=query).raise_for_status().json()
        yield from page["items"]
        if not page["next"]:
            return
        query = {"cursor": page["next"]}


async def _deletions_finished(connection: asyncpg.Connection) -> bool:
    return not await connection.fetchval("SELECT count(*) FROM deletions WHERE finished_at IS NULL")


async def _assert_rows_and_objects_agree(connection: asyncpg.Connection, stack: Stack) -> None:
    rows = {row["image"]: row["expires_at"] for row in await connection.fetch("SELECT image, expires_at FROM images")}
    objects = {path.name for path in stack.images()}
    assert all(is_sealed(path.read_bytes()) for path in stack.images())
    assert all(is_sealed(row["crop"]) for row in await connection.fetch("SELECT crop FROM faces"))
    assert objects <= rows.keys()
    assert {image for image, expires_at in rows.items() if expires_at is None} <= objects
    enrolled = {row["image"] for row in await connection.fetch("SELECT image FROM faces WHERE image IS NOT NULL")}
    assert enrolled == {image for image, expires_at in rows.items() if expires_at is None}
