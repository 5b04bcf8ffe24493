"""docs/api.md and the OpenAPI documents describe what the services do."""

import json
from collections.abc import Iterator
from inspect import getmembers, isclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastapi import FastAPI

import apiserver.app
import apiserver.problems
import apiserver.settings.settings
import vectorizer.problems
import vectorizer.routes
from serving.problems import Problem
from tests.checkout import ROOT

DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SNAPSHOTS = Path(__file__).parent / "openapi"


@pytest.mark.parametrize("module", [apiserver.problems, vectorizer.problems], ids=lambda module: module.__name__)
def test_every_problem_is_documented(module: ModuleType):
    problems = [
        kind for _, kind in getmembers(module, isclass) if issubclass(kind, Problem) and bool(getattr(kind, "code", ""))
    ]
    rows = [f"| `{problem.code}` | {int(problem.status)} |" for problem in problems]
    assert len(rows) > 5
    assert [row for row in rows if row not in DOCUMENT] == []


def gateway() -> FastAPI:
    return apiserver.app.create_app(
        apiserver.settings.settings.Settings(database_url="postgresql:///none", image_store_url="memory:///")
    )


def vectorizer_calls() -> FastAPI:
    app = FastAPI(title="faceserver vectorizer")
    app.include_router(vectorizer.routes.router)
    return app


@pytest.mark.parametrize(("name", "app"), [("apiserver", gateway()), ("vectorizer", vectorizer_calls())])
def test_openapi_documents_equal_the_snapshots(name: str, app: FastAPI):
    """To accept a change, write the document over the snapshot: the diff is then part of the review."""
    document = app.openapi() | {"info": {"title": name, "version": "-"}}
    snapshot = SNAPSHOTS / f"{name}.json"
    assert document == json.loads(snapshot.read_text(encoding="utf-8")), (
        f"{snapshot} is not the document of the service"
    )


@pytest.mark.parametrize("app", [gateway(), vectorizer_calls()])
def test_every_call_is_documented(app: FastAPI):
    for path, calls in app.openapi()["paths"].items():
        for method in calls:
            assert f"`{method.upper()} {path}".replace("{key}", "<key>") in DOCUMENT


def test_every_call_says_what_it_requires_of_a_key():
    """As the table in docs/access.md does; where keys are required, none of the choices is to send none."""
    table = (ROOT / "docs" / "access.md").read_text(encoding="utf-8").partition("## What each call requires")[2]
    scopes_of = {
        call.strip(" `"): row.split("|")[1].strip()
        for row in table.splitlines()
        if row.count("|") == 3
        for call in row.split("|")[2].split(", ")
    }
    locked = apiserver.app.create_app(
        apiserver.settings.settings.Settings(
            database_url="postgresql:///none", image_store_url="memory:///", require_keys=True
        )
    ).openapi()
    assert locked["components"]["securitySchemes"].keys() == {"bearer", "x-api-key"}
    for path, calls in locked["paths"].items():
        for method, call in calls.items():
            described = scopes_of[f"{method.upper()} {path}"]
            if described == "no key":
                assert "security" not in call
                continue
            for scheme in ("bearer", "x-api-key"):
                lists = [each[scheme] for each in call["security"] if scheme in each]
                chosen = [" and ".join(f"`{scope}`" for scope in scopes) for scopes in lists]
                assert " or ".join(chosen) == ("" if described == "any key" else described), (method, path)
            assert {} not in call["security"]
            assert call["responses"].keys() >= {"401", "403", "429"}
            assert {} in gateway_document["paths"][path][method]["security"]


gateway_document = gateway().openapi()


def test_every_field_of_a_request_has_an_example():
    """Unless its schema is sufficient: a default, a list of values, a file or a boolean."""
    document = gateway().openapi()
    bare = [
        f"{method.upper()} {path}: {name}"
        for path, calls in document["paths"].items()
        for method, call in calls.items()
        for media in call.get("requestBody", {}).get("content", {}).values()
        for name, field in fields(media["schema"], document)
        if not is_self_explanatory(field)
    ]
    assert bare == []


def fields(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from resolved(schema, document).get("properties", {}).items()


def resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    )
    return found


def is_self_explanatory(field: dict[str, Any]) -> bool:
    kinds = [field, field.get("items", {}), *field.get("anyOf", [])]
    return (
        any(
            {"example", "examples", "enum", "$ref"} & kind.keys()
            or kind.get("format") in {"binary", "uuid"}
            or kind.get("type") == "boolean"
            for kind in kinds
        )
        or field.get("default") is not None
    )
