"""The services as programs of a standalone stack. Settings not set here come from the environment."""

import sys
from pathlib import Path

from faceserver.standalone.child import Program
from faceserver.standalone.settings import Settings

SHUTDOWN_SECONDS = 20
"""Time that the services give requests in progress; set explicitly because STOP_SECONDS depends on it."""

STOP_SECONDS = SHUTDOWN_SECONDS + 10.0  # for closing connections afterwards


_UNENCRYPTED_VECTORIZER = dict.fromkeys(
    ("VECTORIZER_TLS_CERTIFICATE_FILE", "VECTORIZER_TLS_KEY_FILE", "VECTORIZER_TLS_CLIENT_CA_FILE"), ""
)
"""Gateway and vectorizer of a stack meet on loopback, where the secret decides; the gateway expects plain HTTP."""


def vectorizer(settings: Settings, port: int, health_port: int | None = None, secret: str = "") -> Program:
    """Return the vectorizer, on loopback `port`."""
    return Program(
        name="vectorizer",
        command=[sys.executable, "-m", "vectorizer"],
        environment={
            "VECTORIZER_HOST": "127.0.0.1",
            "VECTORIZER_PORT": str(port),
            **_health("VECTORIZER", health_port),
            "VECTORIZER_SECRET": secret,
            "VECTORIZER_SECRET_FILE": "",
            **_UNENCRYPTED_VECTORIZER,
            "VECTORIZER_MODELS": settings.models,
            "VECTORIZER_SHUTDOWN_TIMEOUT_SECONDS": str(SHUTDOWN_SECONDS),
        },
        stop_seconds=STOP_SECONDS,
        health_port=health_port,
    )


def gateway(
    settings: Settings,
    folder: Path,
    dsn: str,
    vectorizer_port: int,
    health_port: int | None = None,
    *,
    secret: str = "",
) -> Program:
    """Return the gateway, which keeps its images in `folder`."""
    return Program(
        name="gateway",
        command=[sys.executable, "-m", "apiserver", "--held"],
        environment={
            "APISERVER_HOST": settings.host,
            "APISERVER_PORT": str(settings.port),
            "APISERVER_TLS_CERTIFICATE_FILE": str(settings.tls_certificate or ""),
            "APISERVER_TLS_KEY_FILE": str(settings.tls_key or ""),
            **_keys(settings),
            **({} if settings.page else {"APISERVER_PAGE": "false"}),
            **_health("APISERVER", health_port),
            **_shared(folder, dsn, vectorizer_port, secret),
        },
        stop_seconds=STOP_SECONDS,
        health_port=health_port,
    )


def worker(folder: Path, dsn: str, vectorizer_port: int, secret: str = "") -> Program:
    """Return the worker, which runs the gateway's jobs."""
    return Program(
        name="worker",
        command=[sys.executable, "-m", "apiserver.worker"],
        environment=_shared(folder, dsn, vectorizer_port, secret),
        stop_seconds=STOP_SECONDS,
    )


def _keys(settings: Settings) -> dict[str, str]:
    chosen = {
        "APISERVER_REQUIRE_KEYS": settings.require_keys,
        "APISERVER_INSECURE_OPEN": settings.insecure_open,
    }
    return {name: "true" for name, is_set in chosen.items() if is_set}


def _health(prefix: str, port: int | None) -> dict[str, str]:
    return {} if port is None else {f"{prefix}_HEALTH_HOST": "127.0.0.1", f"{prefix}_HEALTH_PORT": str(port)}


def _shared(folder: Path, dsn: str, vectorizer_port: int, secret: str) -> dict[str, str]:
    """Return the settings that gateway and worker share."""
    return {
        "APISERVER_DATABASE_URL": dsn,
        "APISERVER_DATABASE_URL_FILE": "",
        "APISERVER_VECTORIZER_SECRET": secret,
        "APISERVER_VECTORIZER_SECRET_FILE": "",
        "APISERVER_SHUTDOWN_TIMEOUT_SECONDS": str(SHUTDOWN_SECONDS),
        "APISERVER_VECTORIZER_URLS": f"http://127.0.0.1:{vectorizer_port}",
        "APISERVER_IMAGE_STORE_URL": (folder / "images").as_uri(),
    }
