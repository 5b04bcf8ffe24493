"""The date, command, machine and versions of a measurement."""

import os
import platform
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import httpx

SPEED_PACKAGES = (
    *("numpy", "onnxruntime", "onnxruntime-gpu", "openvino", "opencv-python-headless", "pillow"),
    *("uvicorn", "fastapi", "httpx", "aiohttp", "asyncpg"),
)
"""Packages that determine speed; only the installed ones are recorded."""


@dataclass(frozen=True)
class Provenance:
    """What a reader needs to repeat a measurement; no path of the machine it was made on."""

    date: str
    command: str
    machine: str
    versions: dict[str, str]
    service: dict[str, Any]


def provenance(
    program: str,
    arguments: Sequence[str],
    service: httpx.Client | None,
    packages: Sequence[str] = ("numpy", "scikit-learn", "httpx"),
) -> Provenance:
    """Describe the date, machine and command (`python -m bench program arguments`), and the service itself."""
    return Provenance(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["python", "-m", "bench", program, *map(_relative, arguments)]),
        machine=f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        versions={"python": platform.python_version()} | dict(_versions(packages)),
        service=_account(service) if service else {},
    )


def _versions(packages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Name and version of the packages that are installed."""
    for name in packages:
        with suppress(PackageNotFoundError):
            yield name, version(name)


def _account(service: httpx.Client) -> dict[str, Any]:
    return _answer(service, "/version") | {"active": _answer(service, "/models")["active"]}


def _answer(service: httpx.Client, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = service.get(path).raise_for_status().json()
    return answer


def _relative(argument: str) -> str:
    return os.path.relpath(argument) if Path(argument).is_absolute() else argument


def _processor() -> str:
    """Return the name of the processor; on Linux it is available in a file only."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
