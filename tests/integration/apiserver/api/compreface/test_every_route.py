"""Every call of CompreFace with every kind of caller, and what each writes into the audit."""

import pytest
import pytest_asyncio

from apiserver.access.scopes import Scope
from apiserver.api.compreface.routes import CompreFaceRoute
from apiserver.app import create_app
from tests.integration.apiserver.api.compreface.conftest import jpeg
from tests.integration.apiserver.api.compreface.valid_requests import FACES, NEEDS, valid_requests
from tests.integration.apiserver.conftest import serving
from tests.integration.apiserver.keys.kinds import WAYS, Callers, Kind, kinds

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIRECTORY = "acme/east"
SHARE = 19
"""Of the kinds, which one of this many is tried with a request."""

WITHOUT_KEY = {
    "none": (400, 20),
    "unknown": (404, 10),
    "malformed": (400, 26),
    "expired": (404, 10),
    "revoked": (404, 10),
    "ended session": (400, 20),
    "session without token": (403, 10),
}

WITHOUT_ENTRY = {"detection", "verification", "migrate"}
"""These look at nothing but what they are sent."""


class World:
    """A gateway that requires keys, its callers, and a photograph of Ann in the directory."""

    def __init__(self, client, callers, image):
        self.client, self.callers, self.image = client, callers, image


@pytest_asyncio.fixture(loop_scope="module")
async def world(facade_settings, keys_database, ann):
    settings = facade_settings.model_copy(update={"trusted_proxies": "127.0.0.1", "audit_recognitions": "all"})
    async with serving(create_app(settings)) as client:
        callers = Callers(client, keys_database)
        headers = await callers.headers(Kind(frozenset(Scope), DIRECTORY, "bearer"))
        answer = await client.post(FACES, params={"subject": "Ann"}, files=jpeg(ann), headers=headers)
        yield World(client, callers, answer.json()["image_id"])


async def test_every_route_has_a_valid_request(facade_settings):
    app = create_app(facade_settings)
    known = [route for route in app.routes if isinstance(route, CompreFaceRoute)]
    routes = {f"{method} {route.path}" for route in known for method in route.methods or ()}
    assert routes == set(NEEDS)
    assert {each.action for each in valid_requests("", b"", b"")} == routes


def expected(request, kind):
    """Return status and code of the answer, None for a success."""
    needed = NEEDS[request.action]
    if kind.way in WITHOUT_KEY:
        return without_key(request, needed, kind.way)
    if needed is None:
        return None
    if not kind.scopes >= needed:
        return 403, 10
    if kind.reach.endswith("/*"):  # such a key has no directory that a request without one could mean
        return 404, 10
    return None if kind.reach == DIRECTORY or not request.by_id else (404, 44)


def without_key(request, needed, way):
    if way == "session without token":
        return None if request.method == "GET" else WITHOUT_KEY[way]
    if needed is None:
        return None if way in {"none", "ended session"} else WITHOUT_KEY[way]
    return (404, 10) if way == "none" and "/static/" in request.route else WITHOUT_KEY[way]


async def test_only_the_right_key_may_make_a_call(world, ann, bob):
    requests = valid_requests(world.image, ann, bob)
    refused = 0
    for number, request in enumerate(requests):
        for kind in kinds()[number % SHARE :: SHARE]:
            wanted = expected(request, kind)
            if wanted is None and request.changes:
                continue
            answer = await request.send(world.client, await world.callers.headers(kind))
            shown = kind, request.action, answer.status_code, answer.text[:200]
            if wanted is None:
                assert answer.is_success, shown
                assert kind.reach in {DIRECTORY, "*"} or world.image not in answer.text, shown
            else:
                assert (answer.status_code, answer.json()["code"]) == wanted, shown
                refused += 1
    assert refused > 40
    for request, way in zip(requests, WAYS * len(requests), strict=False):
        needed = NEEDS[request.action] or {Scope.ENROL}
        answer = await request.send(world.client, await world.callers.headers(Kind(frozenset(needed), DIRECTORY, way)))
        assert answer.is_success, (request.action, answer.text)


async def test_every_change_is_in_the_audit(world, keys_database, ann, bob):
    """So are recognitions and photographs; an entry names the route, the key and the directory."""
    for request in valid_requests(world.image, ann, bob):
        seen = await keys_database.fetchval("SELECT max(id) FROM audit")
        kind = Kind(frozenset(Scope), DIRECTORY, "x-api-key")
        answer = await request.send(world.client, await world.callers.headers(kind))
        assert answer.is_success, (request.action, answer.text)
        entries = await keys_database.fetch("SELECT * FROM audit WHERE id > $1 AND subject LIKE 'key:%'", seen)
        reads = request.method == "GET" and "image" not in request.route
        if reads or WITHOUT_ENTRY & set(request.route.split("/")) or request.route.endswith("/delete"):
            assert entries == [], request.action
            continue
        assert [(entry["action"], entry["directory"]) for entry in entries] == [(request.action, DIRECTORY)]
        assert "Ann" not in str(entries[0]["counts"])
