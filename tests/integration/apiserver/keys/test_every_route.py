"""Every route, called with every kind of key: who may not call it learns nothing, who may is let in."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from apiserver.access.grants import OPEN
from apiserver.access.scopes import Scope
from apiserver.app import create_app
from apiserver.keys import records
from apiserver.keys.secrets import new_id, new_text
from apiserver.keys.wishes import read_reach, read_scopes
from tests.integration.apiserver.conftest import patient, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

OF_BODY = {"/learn", "/recognize", "/verify"}
"""These name their directory in a form."""

REFUSED = (401, 429)
"""429: an address that sends many wrong keys has to wait."""

HEADERS = {"bearer": lambda text: {"Authorization": f"Bearer {text}"}, "x-api-key": lambda text: {"x-api-key": text}}

HEADER = ["bearer", pytest.param("x-api-key", marks=pytest.mark.long)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings(shared_database_url, vectorizer_url, tmp_path_factory):
    open_ones = patient(shared_database_url, vectorizer_url, tmp_path_factory.mktemp("guarded"))
    return open_ones.model_copy(update={"require_keys": True})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(settings, shared_database_url):
    app = create_app(settings)
    connection = await asyncpg.connect(shared_database_url)
    await connection.execute("INSERT INTO directories (directory) VALUES ('acme'), ('beta') ON CONFLICT DO NOTHING")
    try:
        async with serving(app) as client:
            yield app, client, connection
    finally:
        await connection.close()


async def made(connection, scopes, *directories, **more):
    reach = read_reach(directories)
    record, text = await records.create(
        connection, records.Wanted("test", read_scopes(scopes, reach), reach, **more), "t"
    )
    return record.id, text


async def call(client, route, method, directory, headers):
    path = re.sub(r"\{(\w+)\}", lambda name: directory if name[1] == "directory" else str(uuid4()), route.path)
    form = {"data": {"directory": directory, "person": "ann"}, "files": {"file": b"x"}} if path in OF_BODY else {}
    if path == "/identify":
        form = {"json": {"directory": directory, "model": "none", "embeddings": [[0.0]]}}
    return await client.request(method, path, headers={"If-Match": '"999"', **headers}, **form)


def calls(app):
    return [(route, method) for route in app.routes for method in sorted(route.methods)]


async def test_every_route_declares_who_may_call_it(guarded):
    app, _, _ = guarded
    assert len(calls(app)) > 40
    for route, _ in calls(app):
        is_open = route.path == "/" or route.path.startswith(("/health/", "/docs", "/openapi.json", "/version", "/app"))
        assert route.needs.key or is_open, route.path
        assert (
            route.needs.all_of
            or route.needs.any_of
            or not route.needs.key
            or route.path
            in {
                "/models",
                "/jobs/{id}",
            }
        ), route.path


async def test_without_a_valid_key_nobody_is_let_in(guarded, settings):
    app, _, connection = guarded
    _, expired = await made(connection, ["admin"], "*", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    revoked_id, revoked = await made(connection, ["admin"], "*")
    await records.revoke(connection, revoked_id, OPEN)
    await made(connection, ["admin"], "*")
    wrong = [HEADERS["bearer"](expired), HEADERS["x-api-key"](revoked), HEADERS["x-api-key"](new_text(new_id()))]
    async with serving(create_app(settings)) as client:  # one that then makes this address wait
        for (route, method), headers in product(calls(app), [{}, *wrong]):
            answer = await call(client, route, method, "acme", headers)
            is_open = route.path.startswith("/health/") or not (headers or route.needs.key)
            assert (answer.status_code in REFUSED) != is_open, (method, route.path, headers)


@pytest.mark.parametrize("header", HEADER)
async def test_each_scope_opens_its_routes_and_no_other(guarded, header):
    app, client, connection = guarded
    for scope in Scope:
        # Made directly: as a word, `admin` stands for all scopes.
        reach = read_reach(["acme"])
        _, text = await records.create(connection, records.Wanted("test", frozenset({scope}), reach), "test")
        for route, method in calls(app):
            answer = await call(client, route, method, "acme", HEADERS[header](text))
            needed, one_of = set(route.needs.all_of), set(route.needs.any_of)
            allowed = needed <= {scope} and (not one_of or scope in one_of)
            shown = (scope, method, route.path, answer.status_code, answer.text[:200])
            assert answer.status_code not in {401, 429, *range(500, 600)}, shown
            assert (answer.status_code != 403) == (allowed or not route.needs.key), shown


@pytest.mark.parametrize("header", HEADER)
async def test_what_a_key_may_not_see_does_not_exist_for_it(guarded, header):
    app, client, connection = guarded
    for scopes in (["manage"], ["learn"], ["recognize"], ["admin"]):
        _, text = await made(connection, scopes, "beta", "branch/*")
        for route, method in calls(app):
            if "{directory}" not in route.path and route.path not in OF_BODY | {"/identify"}:
                continue
            seen, missing = await asyncio.gather(
                *(call(client, route, method, directory, HEADERS[header](text)) for directory in ("acme", "nowhere"))
            )
            assert seen.status_code == missing.status_code == 404 or seen.json()["code"] == "scope-missing"
            assert without_id(seen) == without_id(missing), (method, route.path)


async def test_admin_may_call_everything(guarded):
    app, client, connection = guarded
    for header, directories in product(HEADERS.values(), (["*"], ["acme"])):
        _, text = await made(connection, ["admin"], *directories)
        for route, method in calls(app):
            answer = await call(client, route, method, "acme", header(text))
            assert answer.status_code not in {401, 403, 429}, (method, route.path, answer.text[:200])


def without_id(answer):
    return {name: value for name, value in answer.json().items() if name != "request_id"}
