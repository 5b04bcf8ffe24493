"""Signatures that botocore makes, and what is done to them."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from apiserver.keys.signatures import SignedRequest, is_signed
from apiserver.problems import SignatureInvalid

BODY = b'{"CollectionId":"acme"}'
DIGEST = sha256(BODY).hexdigest()
SECRET = "wJalrXUtnFEMI"  # noqa: S105 - of the test alone
HOST = "faces.example.org:8443"


def signed_headers(path="/", token=None, more=None, service="rekognition"):
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "RekognitionService.ListFaces",
        **(more or {}),
    }
    request = AWSRequest("POST", f"https://{HOST}{path}", headers=headers, data=BODY)
    SigV4Auth(Credentials("AKFSabc", SECRET, token), service, "eu-central-1").add_auth(request)
    return [("host", HOST), *((name.lower(), value) for name, value in request.headers.items())]


def scope(headers):
    return {"headers": [(name.encode(), value.encode("latin-1")) for name, value in headers]}


def fits(headers, paths=("/",), hosts=(HOST,), digest=DIGEST, secret=SECRET):
    signed = SignedRequest.of(scope(headers))
    signed.check_body(digest)
    return signed.is_signed_by(secret, paths, hosts, digest)


def changed(headers, name, value):
    return [(each, value if each == name else kept) for each, kept in headers]


@pytest.mark.parametrize(
    "more",
    [{}, {"X-Amz-Content-Sha256": DIGEST}, {"X-Custom": "  a   b "}],
    ids=["plain", "with the digest", "with spaces"],
)
def test_what_botocore_signs_is_accepted(more):
    headers = signed_headers(more=more)
    assert is_signed(scope(headers))
    assert fits(headers)
    assert SignedRequest.of(scope(headers)).region == "eu-central-1"
    assert fits(signed_headers(token="session"))  # noqa: S106 - of the test alone
    assert fits(signed_headers("/faces of/acme~1/"), ("/", "/faces of/acme~1/"))
    assert fits(headers, hosts=("10.0.0.1", HOST))


@pytest.mark.parametrize(
    ("paths", "hosts", "digest", "secret"),
    [
        (("/faces",), (HOST,), DIGEST, SECRET),
        (("/",), ("faces.example.org",), DIGEST, SECRET),
        (("/",), (HOST,), sha256(b"{}").hexdigest(), SECRET),
        (("/",), (HOST,), DIGEST, SECRET.lower()),
    ],
    ids=["path", "host", "body", "secret"],
)
def test_another_request_or_secret_does_not_fit(paths, hosts, digest, secret):
    assert not fits(signed_headers(), paths, hosts, digest, secret)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-target", "RekognitionService.DeleteCollection"),
        ("content-type", "text/plain"),
        ("x-custom", "c"),
        ("x-amz-security-token", "other"),
    ],
)
def test_changed_headers_do_not_fit(name, value):
    headers = signed_headers(more={"X-Custom": "b"}, token="session")  # noqa: S106 - of the test alone
    assert fits(headers)
    assert not fits(changed(headers, name, value))


def edited(change):
    headers = signed_headers()
    return changed(headers, "authorization", change(dict(headers)["authorization"]))


def unsigned(name):
    return edited(lambda text: text.replace(f"{name};", "").replace(f";{name}", ""))


MALFORMED = {
    "target twice": [*signed_headers(), ("x-amz-target", "RekognitionService.DeleteCollection")],
    "host twice": [*signed_headers(), ("host", "other")],
    "date twice": [*signed_headers(), ("x-amz-date", "20260101T000000Z")],
    "authorization twice": [*signed_headers(), ("authorization", dict(signed_headers())["authorization"])],
    "host not signed": unsigned("host"),
    "target not signed": unsigned("x-amz-target"),
    "date not signed": unsigned("x-amz-date"),
    "token not signed": [*signed_headers(), ("x-amz-security-token", "x")],
    "digest not signed": [*signed_headers(), ("x-amz-content-sha256", DIGEST)],
    "signed header missing": edited(lambda text: text.replace("host;", "host;nothing;")),
    "order": edited(lambda text: text.replace("content-type;host;", "host;content-type;")),
    "capitals": edited(lambda text: text.replace("content-type;", "Content-Type;")),
    "header signed twice": edited(lambda text: text.replace("host;", "host;host;")),
    "another service": signed_headers(service="s3"),
    "another algorithm": edited(lambda text: text.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
    "short signature": edited(lambda text: text[:-1]),
    "capital signature": edited(lambda text: text[:-64] + text[-64:].upper().replace("A", "B").ljust(64, "A")),
    "no signature": edited(lambda text: text.partition(", Signature")[0]),
    "a part twice": edited(lambda text: f"{text}, Signature={'0' * 64}"),
    "another day": edited(lambda text: text.replace("/eu-central-1", "0/eu-central-1")),
    "another date": changed(signed_headers(), "x-amz-date", "20260101T000000Z"),
    "no date": [each for each in signed_headers() if each[0] != "x-amz-date"],
    "not a date": changed(signed_headers(), "x-amz-date", "today"),
    "nothing": edited(lambda _: "AWS4-HMAC-SHA256"),
}


@pytest.mark.parametrize("headers", MALFORMED.values(), ids=MALFORMED)
def test_what_could_be_read_in_two_ways_is_refused(headers):
    with pytest.raises(SignatureInvalid):
        SignedRequest.of(scope(headers))


@pytest.mark.parametrize("said", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0" * 64])
def test_the_body_must_be_signed(said):
    signed = SignedRequest.of(scope(signed_headers(more={"X-Amz-Content-Sha256": said})))
    with pytest.raises(SignatureInvalid):
        signed.check_body(DIGEST)


def test_a_request_is_good_for_fifteen_minutes():
    signed = SignedRequest.of(scope(signed_headers()))
    made = datetime.strptime(signed.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    for minutes in (-15, 0, 15):
        signed.check_time(made + timedelta(minutes=minutes))
    for seconds in (-901, 901):
        with pytest.raises(SignatureInvalid, match=r"Signature (expired|not yet current)"):
            signed.check_time(made + timedelta(seconds=seconds))
