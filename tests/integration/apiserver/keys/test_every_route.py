"""Every route with every kind of caller: who may not call it learns and changes nothing, who may is let in."""

import itertools
import re
from collections import defaultdict
from uuid import uuid4

import pytest
import pytest_asyncio

from apiserver.access.scopes import SHORTHANDS, Scope
from apiserver.app import create_app
from tests.integration.apiserver.conftest import serving
from tests.integration.apiserver.keys.kinds import OTHERS, WAYS, WITHOUT_RIGHTS, Kind, kinds
from tests.integration.apiserver.valid_requests import DIRECTORY, FACE, PERSON, World, prepared, valid_requests
from tests.integration.apiserver.worker_process import working
from tests.servers.receiver import receiver
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOUBTED = ("/merges", "/warnings", "/lookalikes", "/comparisons", "/score-distributions", "/activity")

NEEDS = {
    "enrol": ["POST /learn", f"POST {PERSON}/faces"],
    "recognize": [
        "POST /recognize",
        "POST /verify",
        "POST /identify",
        "POST /detect",
        "POST /preview",
        "POST /compare",
    ],
    "export": [
        "POST /embed",
        f"GET {PERSON}/export",
        f"POST {DIRECTORY}/exports",
        f"GET {DIRECTORY}/exports/{{job}}/bundle",
    ],
    "read": [
        "GET /directories",
        *(f"GET {DIRECTORY}{path}" for path in ("", "/persons", "/faces", *DOUBTED)),
        *(f"GET {path}" for path in (PERSON, f"{PERSON}/faces", FACE)),
    ],
    "read images": ["GET /files/{key}", "GET /files/{key}/preview", f"GET {FACE}/image", f"GET {FACE}/crop"],
    "edit": [
        *(f"PUT {PERSON}", f"PATCH {PERSON}", f"POST {PERSON}/merge", f"POST {PERSON}/split"),
        *(f"{method} {DIRECTORY}/dismissals/faces/{{face}}" for method in ("PUT", "DELETE")),
        *(f"{method} {DIRECTORY}/dismissals/persons/{{person}}/{{other}}" for method in ("PUT", "DELETE")),
        f"POST {DIRECTORY}/comparisons",
    ],
    "delete": [f"DELETE {PERSON}", f"DELETE {FACE}", "GET /deletions/{deletion}"],
    "import": [f"POST {DIRECTORY}/imports", "GET /jobs/{id}", "DELETE /jobs/{id}"],  # the job is one of an import
    "import|read": [f"GET {DIRECTORY}/imports/{{job}}/outcomes"],
    "admin": [
        *(f"{method} {DIRECTORY}" for method in ("PUT", "PATCH")),
        *("POST /keys", "GET /keys", "GET /keys/{id}", "PATCH /keys/{id}", "DELETE /keys/{id}"),
        *("POST /keys/{id}/rotate", "GET /keys/{id}/usage", "GET /audit", "GET /audit/export"),
    ],
    "operate": ["GET /status"],
    "admin delete": [f"DELETE {DIRECTORY}"],
    "": ["GET /models", "GET /session", "GET /usage"],
    "nobody": [
        *("POST /session", "DELETE /session", "GET /health/live", "GET /health/ready", "GET /version"),
        *("GET /", "GET /app", "GET /app/{path:path}"),
        *("GET /openapi.json", "GET /docs", "GET /docs/start.js", "GET /docs/{name}"),
    ],
}
"""What each route requires: all of the scopes, or one of them. Written down here a second time, on purpose."""

OF_ROUTE = {action: scopes for scopes, actions in NEEDS.items() for action in actions}

MISSING = {
    "POST /verify": "person-not-found",  # a caller without `read` must not learn which of both is unknown
    "GET /files/{key}": "file-not-found",
    "GET /files/{key}/preview": "file-not-found",
    "GET /jobs/{id}": "job-not-found",
    "DELETE /jobs/{id}": "job-not-found",
    "GET /deletions/{deletion}": "deletion-not-found",
}
"""Codes of the answers about what does not exist; elsewhere it is the key or the directory."""

GIVEN = frozenset({Scope.RECOGNIZE})
"""The scopes of the key that the requests are about, and of the one that they make."""

ADMIN = Kind(frozenset(Scope), "*", "bearer")


@pytest_asyncio.fixture(loop_scope="module")
async def world(guarded, guarded_settings, ann, bob):
    """The directory acme/east with all that the requests concern, jobs done."""
    _, client, callers, _ = guarded
    admin = await callers.headers(ADMIN)
    world = await prepared(client, "acme/east", ann, bob, admin)

    async def done():
        jobs = [(await client.get(f"/jobs/{job}", headers=admin)).json() for job in (world.names["job"], world.bundle)]
        return all(job["state"] == "done" for job in jobs)

    async with working(guarded_settings):
        await until(done)
    return world


def suffices(action, scopes):
    """Tell whether a key with these scopes may make the call in its directories."""
    needed = OF_ROUTE[action]
    if "|" in needed:
        return bool(scopes & set(needed.split("|")))
    return needed == "nobody" or scopes >= set(needed.split())


def expected(request, kind):
    """Return status and code of the answer; None for a success."""
    needed = OF_ROUTE[request.action]
    if kind.way in WITHOUT_RIGHTS:
        return _without_rights(request, needed, kind.way)
    gives = kind.covers and kind.scopes >= GIVEN  # a key that may do more than the caller does not exist for it
    refusals = [
        (request.in_path and not kind.covers, (404, "directory-not-found")),
        (request.route == "/jobs/{id}" and not kind.covers, (404, "job-not-found")),
        (not suffices(request.action, kind.scopes), (403, "scope-missing")),
        ("/keys/{id}" in request.route and not gives, (404, "key-not-found")),
        (request.action == "POST /keys" and not gives, (403, "scope-missing")),
        (
            (request.in_body or request.by_id) and not kind.covers,
            (404, MISSING.get(request.action, "directory-not-found")),
        ),
    ]
    return next((answer for applies, answer in refusals if applies), None)


def _without_rights(request, needed, way):
    code = WITHOUT_RIGHTS[way]
    if request.route.startswith("/health/"):
        return None
    if code == "csrf-token-wrong":
        return None if request.method == "GET" or request.action == "POST /session" else (403, code)
    if code == "key-invalid":
        return 401, code
    return None if needed == "nobody" else (401, code)


async def test_every_route_has_a_valid_request(guarded):
    actions = {f"{method.upper()} {path}" for path, calls in guarded.app.openapi()["paths"].items() for method in calls}
    served = {f"{method} {route.path}" for route in guarded.app.routes for method in route.methods}
    world = World(defaultdict(str), "", [], "", "", "")
    tried = {request.action for request in valid_requests(world, b"", b"")}
    assert actions < served == tried, "add a valid request"
    assert tried == set(OF_ROUTE), "add what the route requires"


@pytest.mark.parametrize("each", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "each"])
async def test_requests_that_the_right_key_may_make_fail_with_all_others(guarded, world, ann, bob, each):
    """Refused requests change nothing, so that each would succeed; afterwards it does, with the right key."""
    _, client, callers, _ = guarded
    requests = valid_requests(world, ann, bob)
    checked = 0
    for number, request in enumerate(requests):
        for kind in kinds() if each else kinds()[number % SHARE :: SHARE]:
            checked += await check(client, callers, request, kind, world)
    assert checked >= (2000 if each else 200)
    for request, way in zip(requests, itertools.cycle(WAYS)):
        answer = await request.send(client, await callers.headers(right(request, way)))
        assert answer.is_success, (request.action, answer.text[:300])


SHARE = 19
"""Of the kinds, which one of this many is tried with a request in the short form; coprime to the number of ways."""


async def check(client, callers, request, kind, world):
    """Send a request unless it may change something; return how many answers were checked."""
    wanted = expected(request, kind)
    if wanted is None and request.changes:
        return 0
    headers = await callers.headers(kind)
    answer = await request.send(client, headers)
    shown = (kind, request.action, request.path, answer.status_code, answer.text[:300])
    if wanted is None:
        assert answer.is_success, shown
        if not kind.covers:
            assert not any(mark in answer.text for mark in marks(world)), shown
        return 1
    assert (answer.status_code, answer.json()["code"]) == wanted, shown
    if not kind.covers:
        missing = await request.elsewhere(NOWHERE).send(client, headers)
        assert comparable(answer) == comparable(missing), shown
    return 1


NOWHERE = "nope/east"
"""A directory that does not exist."""


def marks(world):
    """Return texts that only the answers about the directory acme/east have."""
    names = [
        value for name, value in world.names.items() if name not in {"directory", "person", "name", "other", "path"}
    ]
    return ['"acme/east"', world.bundle, world.merge, *names]


def comparable(answer):
    """Return what must be the same in two answers."""
    body = {name: value for name, value in answer.json().items() if name not in {"request_id", "trace_id"}}
    differing = {"date", "x-request-id", "content-length"}
    headers = sorted(
        (name, re.sub(r"dur=[\d.]+", "", value)) for name, value in answer.headers.items() if name not in differing
    )
    return answer.status_code, body, headers


def right(request, way):
    """Return the caller with as few rights as the request allows."""
    needed = OF_ROUTE[request.action]
    if needed == "nobody":
        return Kind(frozenset(Scope), "acme/east", "session" if request.action == "DELETE /session" else "none")
    scopes = frozenset(map(Scope, needed.partition("|")[0].split())) or frozenset({Scope.ENROL})
    return Kind(scopes | GIVEN if "admin" in needed and "/keys" in request.route else scopes, "acme/east", way)


async def test_what_is_hidden_costs_what_is_missing(guarded, guarded_settings, ann, bob):
    """The same statements and the same calls of other services, so that time tells nothing either."""
    _, client, callers, _ = guarded
    world = await prepared(client, "acme/west", ann, bob, await callers.headers(ADMIN))
    pairs = []
    with receiver() as received:
        async with serving(create_app(guarded_settings.model_copy(update={"otlp_endpoint": received.url}))) as traced:
            for request in valid_requests(world, ann, bob):
                if not (request.in_path or request.in_body or request.by_id):
                    continue
                for scopes, other in zip((frozenset(Scope), SHORTHANDS["manage"]), OTHERS, strict=False):
                    headers = await callers.headers(Kind(scopes, other, "bearer"))
                    if request.by_id:
                        await traces(traced, request, headers)  # where a tag leads is remembered for both
                    asked = [await traces(traced, each, headers) for each in (request, request.elsewhere(NOWHERE))]
                    pairs.append((request.action, *asked))
        found = [(action, work(received, hidden), work(received, missing)) for action, hidden, missing in pairs]
    assert [(action, hidden) for action, hidden, _ in found] == [(action, missing) for action, _, missing in found]
    looked_up = {action for action, hidden, _ in found if any("SELECT" in each for each in hidden)}
    assert looked_up >= {"GET /files/{key}", "GET /jobs/{id}", "GET /deletions/{deletion}"}


async def traces(client, request, headers):
    trace = uuid4().hex
    answer = await request.send(client, headers | {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert answer.status_code in {403, 404}, (request.action, answer.text)
    return trace


def work(received, trace):
    """Return what a request did, without the binding of whichever connection it had, and the lookup of its key.

    Whether these are necessary depends on what was asked before, and not on the directory.
    """
    # Sorted by text: when a statement began is reckoned from its end, which on a busy machine exchanges neighbours.
    done = sorted(f"{span.name} {span.attributes.get('db.query.text', '')}" for span in received.of(trace))
    assert done, "nothing was traced"
    return [each for each in done if "set_config" not in each and "FROM keys WHERE id = $1 AND kind = ?" not in each]
