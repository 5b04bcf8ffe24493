"""Tokens of an identity provider: who gets in with what, which tokens are refused, and what its outage changes."""

import hmac
import json
import time
from base64 import urlsafe_b64encode

import asyncpg
import pytest
import pytest_asyncio
from joserfc.jwk import RSAKey

from apiserver.app import create_app
from apiserver.keys.attempts import MAX_ATTEMPTS
from tests.integration.apiserver.conftest import patient, serving
from tests.servers.oidc_issuer import AUDIENCE, serving_issuer, signed
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


AT_ONCE = 1e-9


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def issuer():
    with serving_issuer() as issuer:
        yield issuer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings(issuer, shared_database_url, vectorizer_url, tmp_path_factory):
    chosen = {
        "require_keys": True,
        "trusted_proxies": "127.0.0.1",
        "oidc_issuer": issuer.url,
        "oidc_audience": f"other, {AUDIENCE}",
    }
    return patient(shared_database_url, vectorizer_url, tmp_path_factory.mktemp("oidc")).model_copy(update=chosen)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(settings):
    async with serving(create_app(settings)) as client:
        yield client


async def who(gateway, token):
    answer = await gateway.get("/session", headers=bearer(token))
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("kid", "algorithm"), [("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA"), ("ed", "Ed25519")]
)
async def test_a_token_gives_scopes_and_directories(gateway, issuer, kid, algorithm):
    status, shown = await who(gateway, issuer.token(kid, algorithm, {"typ": "at+jwt"}))
    assert status == 200, shown
    assert (shown["subject"], shown["name"], shown["directories"]) == ("oidc:ann-1", "ann", ["acme"])
    assert "edit" in shown["scopes"]
    assert "admin" not in shown["scopes"]
    assert await call(gateway, issuer.token(), "/directories/beta") == (404, "directory-not-found")
    assert await call(gateway, issuer.token(), "/keys") == (403, "scope-missing")


async def call(gateway, token, path="/session"):
    answer = await gateway.get(path, headers=bearer(token))
    return answer.status_code, answer.json().get("code")


async def test_shapes_of_claims(issuer, settings):
    mapped = {
        "oidc_scopes_claim": "realm_access.roles",
        "oidc_scopes": "cn=guards,dc=acme=recognize read; owners=admin",
        "oidc_directories": "acme, branch/*",
    }
    async with serving(create_app(settings.model_copy(update=mapped))) as keycloak:

        async def rights(**claims):
            _, shown = await who(keycloak, issuer.token(typ="Bearer", **claims))
            return shown.get("scopes"), shown.get("directories"), shown.get("code")

        guards, owners = ({"roles": [role, "x", 1]} for role in ("cn=guards,dc=acme", "owners"))
        listed = {"faceserver_directories": ["beta", "beta-*", "nonsense*", 7]}
        assert await rights(realm_access=guards, **listed) == (["read", "recognize"], ["beta", "beta-*"], None)
        for texts in ("beta gamma", "beta,gamma"):
            found = await rights(realm_access=guards, faceserver_directories=texts)
            assert found == (["read", "recognize"], ["beta", "gamma"], None)
        default = await rights(realm_access=guards, faceserver_directories=None)
        assert default == (["read", "recognize"], ["acme", "branch/*"], None)
        scopes, directories, _ = await rights(realm_access=owners)
        assert ("admin" in scopes, "operate" in scopes, directories) == (True, False, ["acme"])
        scopes, directories, _ = await rights(realm_access=owners, faceserver_directories="*")
        assert ("operate" in scopes, directories) == (True, ["*"])
        nothings: list[object] = [{"roles": ["faceserver:admin"]}, {"roles": {}}, "owners", None, []]
        for nothing in nothings:
            assert await rights(realm_access=nothing) == (None, None, "token-without-rights")
        assert (await rights(realm_access=owners, faceserver_directories=[]))[2] == "token-without-rights"


def changed_part(token, part, value):
    parts = token.split(".")
    parts[part] = urlsafe_b64encode(value).rstrip(b"=").decode()
    return ".".join(parts)


def with_hmac(secret, head, claims):
    """The library does not make such a token of a public key."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    digest = hmac.digest(secret, b".".join(parts), f"sha{head['alg'][2:]}")
    return b".".join([*parts, urlsafe_b64encode(digest).rstrip(b"=")]).decode()


def forgeries(issuer):
    """Tokens that nobody may be let in with."""
    now = int(time.time())
    public = issuer.keys["rsa"].as_pem(private=False)
    other = RSAKey.generate_key(2048)
    good = issuer.token()
    head = {"alg": "RS256", "kid": "rsa"}
    claims = issuer.claims()
    yield "none", changed_part(good, 0, b'{"alg":"none","kid":"rsa"}').rpartition(".")[0] + "."
    yield "None", changed_part(good, 0, b'{"alg":"None","kid":"rsa"}')
    for algorithm in ("HS256", "HS512"):
        yield algorithm, with_hmac(public, {"alg": algorithm, "kid": "rsa"}, claims)
    yield "other key", signed(other, head, claims)
    yield "own key", signed(other, head | {"jwk": other.as_dict(private=False)}, claims)
    yield "jku", signed(other, head | {"kid": "evil", "jku": "https://evil.example/jwks"}, claims)
    yield "RS512", signed(issuer.keys["rsa"], head | {"alg": "RS512"}, claims)
    for kid in ("../../dev/null", "/dev/null", "' OR 1=1", "rsa\0", "x" * 300, "", 7, None, ["rsa"]):
        yield f"kid {kid!r:.20}", changed_part(good, 0, json.dumps({"alg": "RS256", "kid": kid}).encode())
    yield "no kid", changed_part(good, 0, b'{"alg":"RS256"}')
    yield "key of another algorithm", changed_part(good, 0, b'{"alg":"ES256","kid":"rsa"}')
    yield "payload", changed_part(good, 1, json.dumps(issuer.claims(sub="eve")).encode())
    yield "signature", changed_part(good, 2, b"\0" * 256)
    yield "no signature", good.rpartition(".")[0] + "."
    yield "long", issuer.token(filler="x" * 17_000)
    yield "deep head", changed_part(good, 0, b'{"alg":' + b"[" * 9_000)
    yield "head", changed_part(good, 0, b'["RS256"]')
    yield "no base64", "eyJ\xe4." + good.partition(".")[2]
    yield "crit", changed_part(good, 0, b'{"alg":"RS256","kid":"rsa","crit":["b64"],"b64":false}')
    for kind in ("logout+jwt", "dpop+jwt", "secevent+jwt"):
        yield kind, issuer.token(header={"typ": kind})
    for wrong in (
        {"iss": f"{issuer.url}/"},
        {"iss": None},
        {"aud": "faceserver2"},
        {"aud": ["a", "b"]},
        {"aud": None},
        {"aud": {"faceserver": 1}},
        {"exp": None},
        {"exp": str(now + 600)},
        {"exp": True},
        {"exp": 1e300},
        {"nbf": now + 600},
        {"iat": now + 600},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "a\nb"},
        {"sub": "x" * 256},
        {"typ": "ID"},
        {"typ": "Refresh"},
        {"cnf": {"jkt": "x"}},
    ):
        yield str(wrong), issuer.token(**wrong)


async def test_forged_and_foreign_tokens_are_refused(gateway, issuer):
    count = 0
    for count, (name, token) in enumerate(forgeries(issuer), 1):
        headers = {"Authorization": f"Bearer {token}".encode("latin-1"), "X-Forwarded-For": f"192.0.2.{count}"}
        answer = await gateway.get("/session", headers=headers)
        shown = (answer.status_code, answer.json()["code"])
        assert shown in {(401, "token-invalid"), (401, "key-invalid")}, (name, answer.text)
    assert count > 45
    assert (await call(gateway, issuer.token()))[0] == 200


async def test_clocks_may_differ_a_little(gateway, issuer):
    now = int(time.time())
    assert await call(gateway, issuer.token(exp=now - 100)) == (401, "token-expired")
    for slight in ({"exp": now - 5}, {"nbf": now + 5}, {"iat": now + 5}, {"exp": now + 60.5}):
        assert (await call(gateway, issuer.token(**slight)))[0] == 200


async def test_bad_tokens_are_attempts_and_expired_ones_are_not(settings, issuer):
    async with serving(create_app(settings)) as gateway:
        for _ in range(MAX_ATTEMPTS + 1):
            assert await call(gateway, issuer.token(exp=1)) == (401, "token-expired")
        for _ in range(MAX_ATTEMPTS):
            assert await call(gateway, issuer.token(aud="x")) == (401, "token-invalid")
        assert await call(gateway, issuer.token(aud="x")) == (429, "too-many-attempts")
        assert (await call(gateway, issuer.token()))[0] == 200


async def test_limits_are_those_of_a_subject(settings, issuer):
    limited = settings.model_copy(update={"key_requests_per_minute": 2})
    async with serving(create_app(limited)) as gateway:
        assert [(await call(gateway, issuer.token()))[0] for _ in range(3)] == [200, 200, 429]
        assert (await call(gateway, issuer.token(sub="bob")))[0] == 200


async def test_sessions_and_links_of_tokens_end_with_them(gateway, issuer, shared_database_url, ann):
    exp = int(time.time()) + 300
    token = issuer.token(exp=exp)
    page = {"Sec-Fetch-Site": "same-origin"}
    signed_in = await gateway.post("/session", json={"key": token}, headers=page)
    gateway.cookies.clear()
    assert signed_in.status_code == 201, signed_in.text
    shown = signed_in.json()
    assert (shown["subject"], shown["name"], shown["directories"]) == ("oidc:ann-1", "ann", ["acme"])
    cookie = {"Cookie": signed_in.headers["Set-Cookie"].partition(";")[0]}
    assert (await gateway.get("/session", headers=cookie)).json() == shown
    learned = await gateway.post("/learn", data={"person": "ann"}, files={"file": ann}, headers=bearer(token))
    url = learned.json()["url"]
    assert "key=oidc%3Aann-1" in url
    assert f"expires={exp}&" in url
    assert (await gateway.get(url)).status_code == 200
    assert (await gateway.get(url.replace("ann-1", "ann-2"))).status_code == 403
    connection = await asyncpg.connect(shared_database_url)
    stored = await connection.fetchval("SELECT expires_at FROM sessions WHERE subject = 'oidc:ann-1'")
    await connection.close()
    assert stored.timestamp() == exp


async def test_keys_rotate_and_an_outage_keeps_those_of_before(settings):
    with serving_issuer() as issuer:
        chosen = {"oidc_issuer": issuer.url, "oidc_refetch_seconds": AT_ONCE}
        issuer.published = ["ec"]
        async with serving(create_app(settings.model_copy(update=chosen))) as gateway:
            assert (await call(gateway, issuer.token("ec", "ES256")))[0] == 200
            assert await call(gateway, issuer.token("rsa")) == (401, "token-invalid")
            issuer.published = ["rsa"]
            assert (await call(gateway, issuer.token("rsa")))[0] == 200
            assert await call(gateway, issuer.token("ec", "ES256")) == (401, "token-invalid")
            issuer.is_down = True
            assert await call(gateway, issuer.token("ed", "EdDSA")) == (503, "identity-provider-unavailable")
            assert (await call(gateway, issuer.token("rsa")))[0] == 200
            assert any("identity provider" in each for each in (await gateway.get("/health/ready")).json()["warnings"])


async def test_unknown_keys_are_asked_for_once_in_a_while(settings):
    with serving_issuer() as issuer:
        async with serving(create_app(settings.model_copy(update={"oidc_issuer": issuer.url}))) as gateway:
            assert (await call(gateway, issuer.token()))[0] == 200
            before = issuer.fetches
            for number in range(10):
                header = {"kid": f"unknown-{number}"}
                assert await call(gateway, issuer.token(header=header)) == (401, "token-invalid")
            assert issuer.fetches == before == 1


@pytest.mark.parametrize("document", [None, {"issuer": "https://other.example"}, {"jwks_uri": "http://192.0.2.1/jwks"}])
async def test_without_keys_of_the_provider_its_tokens_cannot_be_checked(settings, document):
    with serving_issuer() as issuer:
        issuer.is_down, issuer.document = document is None, document or {}
        chosen = {"oidc_issuer": issuer.url, "oidc_refetch_seconds": AT_ONCE}
        async with serving(create_app(settings.model_copy(update=chosen))) as gateway:
            assert await call(gateway, issuer.token()) == (503, "identity-provider-unavailable")
            assert issuer.fetches == 0
            assert (await gateway.get("/health/ready")).status_code == 200  # it has no key, and needs none
            assert (await gateway.get("/session")).json()["code"] == "key-missing"
            issuer.is_down, issuer.document = False, {}
            await until(lambda: _is_let_in(gateway, issuer))


async def _is_let_in(gateway, issuer):
    return (await call(gateway, issuer.token()))[0] == 200


async def test_old_keys_are_used_for_a_bounded_time(settings):
    with serving_issuer() as issuer:
        chosen = {"oidc_issuer": issuer.url, "oidc_refetch_seconds": AT_ONCE, "oidc_stale_seconds": AT_ONCE}
        async with serving(create_app(settings.model_copy(update=chosen))) as gateway:
            await until(lambda: _was_fetched(issuer))
            issuer.is_down = True
            await until(lambda: _is_unavailable(gateway, issuer))


async def _was_fetched(issuer):
    return issuer.fetches > 0


async def _is_unavailable(gateway, issuer):
    return await call(gateway, issuer.token()) == (503, "identity-provider-unavailable")


async def test_without_an_issuer_tokens_are_no_keys(settings, issuer):
    async with serving(create_app(settings.model_copy(update={"oidc_issuer": ""}))) as gateway:
        answer = await gateway.get("/session", headers=bearer(issuer.token()))
        assert answer.status_code in {401, 503}  # 503: no test has made a key in this database
        assert answer.json()["code"] in {"key-invalid", "no-keys"}
