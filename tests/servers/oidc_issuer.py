"""A small OpenID provider: a real HTTP server on loopback with real keys, whose discovery document can be changed."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.jwt import encode

AUDIENCE = "faceserver"


class Issuer:
    """Signs tokens, and publishes its keys at `url`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.keys = _keys()
        self.published = ["rsa", "ec", "ed"]
        self.is_down = False
        self.document: dict[str, Any] = {}
        self.fetches = 0

    def body(self, path: str) -> bytes | None:
        """Return what is served at a path; None: an error."""
        self.fetches += path == "/jwks"
        if self.is_down:
            return None
        if path == "/jwks":
            keys = [self.keys[kid].as_dict(private=False) | {"kid": kid} for kid in self.published]
            return json.dumps({"keys": keys}).encode()
        return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/jwks"} | self.document).encode()

    def claims(self, **changed: object) -> dict[str, Any]:
        """Return the claims of a token of a guard of acme, with changes; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ann-1",
            "iat": now,
            "exp": now + 600,
            "roles": ["faceserver:manage"],
            "faceserver_directories": ["acme"],
            "preferred_username": "ann",
        }
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(
        self, kid: str = "rsa", algorithm: str = "RS256", header: dict[str, Any] | None = None, **claims: object
    ) -> str:
        """Return a signed token."""
        return signed(self.keys[kid], {"alg": algorithm, "kid": kid} | (header or {}), self.claims(**claims))


@cache
def _keys() -> dict[str, Key]:
    """Return the keys of all issuers of this process: to make them takes long."""
    return {
        "rsa": RSAKey.generate_key(2048),
        "ec": ECKey.generate_key("P-256"),
        "ed": OKPKey.generate_key("Ed25519"),
    }


class _Quiet(JWSRegistry):
    """All algorithms, without warnings of the deprecated ones that attackers use."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def signed(key: Any, header: dict[str, Any], claims: dict[str, Any]) -> str:
    return encode(header, claims, key, registry=_Quiet(strict_check_header=False))


@contextmanager
def serving_issuer() -> Iterator[Issuer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    issuer = Issuer(server.server_port)
    server.RequestHandlerClass = _handler(issuer.body)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(body_of: Callable[[str], bytes | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = body_of(self.path)
            self.send_response(503 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    return Handler
