"""Signed links with everything about them altered: none opens a photograph, or tells whether there is one."""

import time
from collections.abc import Iterator
from itertools import product
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import pytest
import pytest_asyncio

from apiserver.access.links import Link, SigningKey
from apiserver.access.scopes import Scope
from tests.integration.apiserver.keys.kinds import Kind
from tests.integration.apiserver.keys.test_every_route import ADMIN, OF_ROUTE, comparable
from tests.integration.apiserver.valid_requests import prepared, valid_requests

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN = Kind(frozenset(Scope), "acme/east", "x-api-key")
INSUFFICIENT = [
    Kind(frozenset(Scope), "*", "none"),
    Kind(frozenset({Scope.IMAGES}), "acme/*", "x-api-key"),
    Kind(frozenset(Scope) - {Scope.IMAGES}, "beta", "bearer"),
    Kind(frozenset({Scope.READ}), "acme", "session"),
]
"""Callers who may not see photographs themselves, so that the link counts."""

ELSEWHERE = Kind(frozenset(Scope), "beta", "bearer")
"""One who may, but not these: only what is no link at all is refused as such."""

NOT_THERE = {"file-not-found", "directory-not-found"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(guarded, ann, bob):
    return await prepared(guarded.client, "acme/east", ann, bob, await guarded.callers.headers(ADMIN))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def links(guarded, world):
    """Links to the photograph of a face, its crop, and the file of the photograph."""
    headers = await guarded.callers.headers(OWN)
    answer = await guarded.client.get("/directories/acme%2Feast/persons/ann/faces", headers=headers)
    [face] = answer.json()["items"]
    crop, _, query = face["crop"].partition("?")
    key_id, signing = dict(parse_qsl(query))["key"], await newest(guarded)
    paths = (crop, crop.removesuffix("crop") + "image", f"/files/{world.names['key']}")
    return [f"{path}?{Link(path, 'acme/east', key_id, int(time.time()) + 600).signed(signing)}" for path in paths]


async def newest(guarded):
    row = await guarded.connection.fetchrow("SELECT day, secret FROM signing_keys ORDER BY day DESC LIMIT 1")
    return SigningKey(str(row["day"]), row["secret"])


def elsewhere(path: str) -> str:
    """Return the path of what does not exist, beside this one."""
    if path.startswith("/files/"):
        return f"/files/{uuid4()}.jpg"
    parts = path.split("/")
    parts[parts.index("faces") + 1] = str(uuid4())
    return "/".join(parts)


def altered(query: str) -> Iterator[str]:
    """Return what a link may not have become."""
    sent = dict(parse_qsl(query))
    for name, value in sent.items():
        yield urlencode({each: text for each, text in sent.items() if each != name})
        yield f"{query}&{urlencode({name: value})}"
        for other in ("", "0", f"0{value}", f"{value}0", f" {value}", value[::-1], value[:-1], value.swapcase() + "\0"):
            yield urlencode(sent | {name: other})
    for difference in (-1, 1, 60, 10**6):
        yield urlencode(sent | {"expires": str(int(sent["expires"]) + difference)})
        yield urlencode(sent | {"kid": str(int(sent["kid"]) + difference)})
    signature = sent["signature"]
    for place, digit in product(range(len(signature)), "0a"):
        if signature[place] != digit:
            yield urlencode(sent | {"signature": signature[:place] + digit + signature[place + 1 :]})


@pytest.mark.parametrize("each", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "each"])
async def test_altered_links_open_nothing_and_tell_nothing(guarded, links, each):
    """Whoever sends them; each is as right as it can be but for one part."""
    checked = 0
    for number, link in enumerate(links):
        path, _, query = link.partition("?")
        others = [other.partition("?")[0] for other in links if other != link]
        swapped = [(other, query) for other in others]
        changed = [(path, wrong) for wrong in dict.fromkeys(altered(query)) if "signature=" in wrong]
        for place, ((at, wrong), kind) in enumerate(product(swapped + changed, [*INSUFFICIENT, ELSEWHERE])):
            if not each and (place + number) % 23:
                continue
            headers = await guarded.callers.headers(kind)
            seen, missing = [
                await guarded.client.get(f"{where}?{wrong}", headers=headers) for where in (at, elsewhere(at))
            ]
            shown = (kind, at, wrong, seen.text[:200])
            codes = NOT_THERE | {"link-invalid"} if kind == ELSEWHERE else {"link-invalid"}
            assert seen.json()["code"] in codes, shown
            assert comparable(seen) == comparable(missing), shown
            checked += 1
    assert checked >= (2000 if each else 80)
    for link, kind in product(links, INSUFFICIENT):
        assert (await guarded.client.get(link, headers=await guarded.callers.headers(kind))).status_code == 200


async def test_links_of_others_open_nothing(guarded, links):
    """With a right signature, for what the key that it names may not see, or no longer."""
    callers, signing, now = guarded.callers, await newest(guarded), int(time.time())
    ids = {}
    for name, scopes, reach in (
        ("other", Scope, "beta"),
        ("prefix", Scope, "acme/east/*"),
        ("revoked", Scope, "acme/east"),
    ):
        ids[name], _ = await callers.key(Kind(frozenset(scopes), reach, "bearer"))
    await callers.revoke(ids["revoked"])
    right = ids["own"] = dict(parse_qsl(links[0].partition("?")[2]))["key"]
    for link in links:
        path = link.partition("?")[0]
        wrong = [
            *(Link(path, "acme/east", ids[name], now + 60).signed(signing) for name in ("other", "prefix", "revoked")),
            Link(path, "acme/east", "absent", now + 60).signed(signing),
            Link(path, "beta", ids["other"], now + 60).signed(signing),
            Link(elsewhere(path), "acme/east", right, now + 60).signed(signing),
            Link(path, "acme/east", right, now + 60).signed(SigningKey(signing.kid, bytes(32))),
            Link(path, "acme/east", right, now + 60).signed(SigningKey("1", signing.secret)),
            urlencode({"expires": now + 60, "key": right, "kid": signing.kid})
            + f"&signature={Link(path, 'acme/east', right, now + 60).signature(signing, 'POST')}",
        ]
        for query in wrong:
            answer = await guarded.client.get(f"{path}?{query}")
            assert (answer.status_code, answer.json()["code"]) == (403, "link-invalid"), (path, query)
        late = await guarded.client.get(f"{path}?{Link(path, 'acme/east', right, now).signed(signing)}")
        assert (late.status_code, late.json()["code"]) == (403, "link-expired")
        assert (await guarded.client.head(link)).status_code == 200
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert (await guarded.client.request(method, link)).status_code == 405


async def test_a_link_opens_no_other_route(guarded, links, world, ann, bob):
    opened = {link.partition("?")[0] for link in links}
    for request, link in product(valid_requests(world, ann, bob), links):
        if request.path in opened:
            continue
        options = request.options | {"params": dict(parse_qsl(link.partition("?")[2]))}
        answer = await guarded.client.request(request.method, request.path, **options)
        if OF_ROUTE[request.action] == "nobody" or request.route == "/session":
            continue
        wanted = (403, "link-invalid") if request.route == "/files/{key}/preview" else (401, "key-missing")
        assert (answer.status_code, answer.json()["code"]) == wanted, request.action
