"""The OpenAPI document: FastAPI's description of the routes, corrected where the service differs from it."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from apiserver.http.access.guard import GuardedRoute, Needs

_SHARED = "#/components/schemas/"
_ENVELOPED = {"/learn", "/recognize"}
"""These routes return errors as plain JSON, for clients of the older face server."""

Document = dict[str, Any]

_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "fs_…",
        "description": "A key, as `Authorization: Bearer fs_…`.",
    },
    "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same key in this header."},
}
_KEY_PROBLEMS = {
    "401": "No key, or one that is not valid",
    "403": "The key lacks a scope of the call",
    "429": "The key has used up a limit, or the address has sent too many wrong keys",
}


def documented_by(app: FastAPI, *, keys_required: bool) -> Callable[[], Document]:
    """Return a function that describes the calls of `app` and caches the result."""

    def describe() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = describe_calls(app, keys_required=keys_required)
        return app.openapi_schema

    return describe


def describe_calls(app: FastAPI, *, keys_required: bool) -> Document:
    """Return the OpenAPI document of an app."""
    for route in app.routes:
        if isinstance(route, GuardedRoute):
            route.complete()
    document = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    for path, operation in _operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400 and path not in _ENVELOPED:
                _name_problems(response)
        for media in operation.get("requestBody", {}).get("content", {}).values():
            media["schema"] = _share_definitions(media.get("schema", {}), document)
    _describe_access(app, document, keys_required=keys_required)
    return document


def _describe_access(app: FastAPI, document: Document, *, keys_required: bool) -> None:
    """Say what each call requires of a key. Where no key is required, sending none is one of the choices."""
    document["components"]["securitySchemes"] = _SCHEMES
    for route in app.routes:
        if not isinstance(route, GuardedRoute) or not route.include_in_schema or not route.needs.key:
            continue
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            operation["security"] = [{scheme: scopes} for scheme in _SCHEMES for scopes in _choices(route.needs)]
            if not keys_required:
                operation["security"].append({})
            content = operation["responses"]["503"]["content"]  # all calls have it, in the format of their problems
            for status, description in _KEY_PROBLEMS.items():
                operation["responses"].setdefault(status, {"description": description, "content": content})


def _choices(needs: Needs) -> list[list[str]]:
    """Return the lists of scopes of which a key must have one."""
    return [[*needs.all_of, each] for each in needs.any_of] or [[*needs.all_of]]


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    return ((path, operation) for path, calls in document["paths"].items() for operation in calls.values())


def _name_problems(response: Document) -> None:
    """Set the media type of problems; FastAPI describes every model as application/json."""
    content = response.get("content", {})
    if "application/json" in content:
        content["application/problem+json"] = content.pop("application/json")


def _share_definitions(schema: Document, document: Document) -> Document:
    """Move the definitions of a pydantic schema to the shared components, and return the schema."""
    shared = document.setdefault("components", {}).setdefault("schemas", {})
    for name, definition in schema.get("$defs", {}).items():
        shared[name] = _referring(definition)
    return {key: _referring(value) for key, value in schema.items() if key != "$defs"}


def _referring(part: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Return a part of a schema with its references redirected to the shared components."""
    if isinstance(part, dict):
        return {key: _referring(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_referring(entry) for entry in part]
    return part.replace("#/$defs/", _SHARED) if isinstance(part, str) else part
