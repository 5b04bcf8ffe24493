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
        is_open = route.path == "/" or route.path.startswith(
            ("/health/", "/docs", "/openapi.json", "/version", "/session", "/app")
        )
        assert route.needs.key or is_open, route.path
        assert (
            route.needs.all_of
            or route.needs.any_of
            or not route.needs.key
            or route.path
            in {
                "/models",
                "/jobs/{id}",
                "/usage",
                "/session",
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


OTHERS = ("beta", "acme2", "branch/*", "ac")
"""Directories and a prefix that `acme` is not among."""


@pytest.mark.parametrize("each", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "each"])
async def test_requests_that_the_right_key_may_make_fail_with_all_others(guarded, ann, each):
    """Denied requests change nothing, so that each would succeed; afterwards it does, with the right key."""
    app, client, connection = guarded
    needs = {(method, route.path): route.needs for route, method in calls(app)}
    _, admin = await made(connection, ["admin"], "*")
    right = HEADERS["bearer"](admin)
    requests = await valid_requests(client, right, ann)
    elsewhere = [
        *((frozenset({scope}), read_reach([other])) for scope in Scope for other in OTHERS),
        *((read_scopes(["admin"], read_reach([other])), read_reach([other])) for other in OTHERS),
    ]
    grants = elsewhere if each else elsewhere[:: 2 * len(OTHERS) + 1]  # each of the others with some of the scopes
    grants += [(frozenset({scope}), read_reach(["acme"])) for scope in Scope]
    checked = 0
    for number, (scopes, reach) in enumerate(grants):
        wanted = records.Wanted("test", scopes, reach)
        header = [*HEADERS.values()][number % 2]((await records.create(connection, wanted, "test"))[1])
        for method, template, path, options in requests:
            needed = needs[method, template]
            allowed = set(needed.all_of) <= scopes and (not needed.any_of or scopes & set(needed.any_of))
            if reach.covers("acme") and allowed:
                continue
            answer = await client.request(method, path, headers=header, **options())
            shown = (sorted(scopes), reach, method, path, answer.text[:200])
            if reach.covers("acme"):
                assert answer.status_code == 403, shown
            else:
                assert answer.status_code in {403, 404}, shown
                missing = await client.request(
                    method, path.replace("acme", "nowhere"), headers=header, **options(directory="nowhere")
                )
                assert (answer.status_code, without_id(answer)) == (missing.status_code, without_id(missing)), shown
                checked += 1
            checked += 1
    for headers in ({}, HEADERS["bearer"]("fs_wrong")):
        for method, _, path, options in requests:
            answer = await client.request(method, path, headers=headers, **options())
            assert answer.status_code in REFUSED, (method, path)
            checked += 1
    assert checked >= (2000 if each else 300)
    for method, _, path, options in requests:
        answer = await client.request(method, path, headers=right, **options())
        assert answer.is_success, (method, path, answer.text[:300])
    await connection.execute("INSERT INTO directories (directory) VALUES ('acme') ON CONFLICT DO NOTHING")


async def valid_requests(client, headers, photo):
    """Return method, route, path and a function of options of requests that succeed one after the other."""

    def options(**more):
        return lambda **named: more | ({"data": more["data"] | named} if "data" in more else {})

    def form(**fields):
        return options(data={"directory": "acme", **fields}, files={"file": photo})

    for person in ("ann", "ann2"):
        learned = await client.post(
            "/learn", data={"directory": "acme", "person": person}, files={"file": photo}, headers=headers
        )
        assert learned.is_success, learned.text
    persons, one = "/directories/{directory}/persons", "/directories/{directory}/persons/{person}"
    faces = f"{one}/faces"
    [face] = (await client.get("/directories/acme/persons/ann/faces", headers=headers)).json()["items"]
    ids = {"directory": "acme", "person": "ann", "face": face["face"]}
    bare = options()
    listed = [
        ("POST", "/learn", form(person="ann")),
        ("POST", "/recognize", form()),
        ("POST", "/verify", form(person="ann")),
        *(("GET", path, bare) for path in ("/directories/{directory}", persons, one, faces, f"{faces}/{{face}}")),
        *(("GET", f"{faces}/{{face}}/{what}", bare) for what in ("image", "crop")),
        ("GET", "/directories/{directory}/faces", bare),
        ("GET", f"{one}/export", bare),
        ("PATCH", one, options(json={"display_name": "Ann"})),
        ("PUT", one, options(json={"display_name": "Ann"})),
        ("PATCH", "/directories/{directory}", options(json={"fpir": 0.01})),
        ("PUT", "/directories/{directory}", options(json={"fpir": 0.01})),
        ("POST", "/directories/{directory}/exports", options(json={})),
        ("DELETE", f"{faces}/{{face}}", bare),
        ("DELETE", one, bare),
        ("DELETE", "/directories/{directory}", bare),
    ]
    return [
        (method, template, re.sub(r"\{(\w+)\}", lambda name: ids[name[1]], template), given)
        for method, template, given in listed
    ]


def without_id(answer):
    return {name: value for name, value in answer.json().items() if name != "request_id"}
