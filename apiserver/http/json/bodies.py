"""JSON request bodies, validated by a model.

They are parsed whatever their content type, because `curl -d` sends another one. Only web pages must declare them:
browsers ask first whether a page may send a type that forms do not have.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from apiserver.http.field_names import meant_by
from apiserver.http.upload_stream import SMALL_BYTES, read_body
from apiserver.problems import ImageTooLarge, InvalidField, InvalidJson, Problem, UnsupportedMediaType
from apiserver.state import State
from serving.web.web_pages import is_of_web_page

_JSON = re.compile(r"\s*application/(?:[\w.-]+\+)?json\s*(?:;|$)", re.IGNORECASE)

Body = TypeVar("Body", bound="JsonBody")
Model = TypeVar("Model", bound=BaseModel)


class JsonBody(BaseModel):
    """A JSON object. Unknown fields and values of a wrong type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    @classmethod
    def request_body(cls) -> dict[str, Any]:
        """Return the OpenAPI description of the body, for a route's `openapi_extra`."""
        schema = {"schema": cls.model_json_schema()}
        return {"requestBody": {"required": True, "content": {"application/json": schema}}}


async def read_json(
    request: Request,
    kind: type[Body],
    wrong: type[Problem] = InvalidField,
    *,
    max_bytes: int = SMALL_BYTES,
    max_counts: Mapping[bytes, int] | None = None,
) -> Body:
    """Parse the body of a request. Raises InvalidJson, UploadTimeout, or `wrong`, which names the invalid field.

    max_counts: how often a long body may contain a character of JSON, since a value costs more than its bytes do.
    """
    body = await read_small(request, max_bytes=max_bytes)
    for character, count in (max_counts or {}).items():
        if body.count(character) > count:
            raise InvalidJson("The body has too many values.")
    return parse_json(kind, body, wrong)


def parse_json(kind: type[Model], body: bytes, wrong: type[Problem] = InvalidField) -> Model:
    """Parse a JSON body. Raises InvalidJson, or `wrong`, which names the invalid field."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error, wrong, kind) from error


def parse_fields(kind: type[Model], fields: Mapping[str, str]) -> Model:
    """Parse the texts of a form. Raises InvalidField."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise _problem(error, InvalidField, kind) from error


async def read_small(request: Request, *, max_bytes: int = SMALL_BYTES) -> bytes:
    """Return a body without a photograph.

    Raises UploadTimeout, InvalidJson if it exceeds `max_bytes`, or UnsupportedMediaType for another type of a web page.
    """
    seconds = State.of(request).settings.upload_timeout_seconds
    try:
        body = await read_body(request, timeout_seconds=seconds, max_bytes=max_bytes)
    except ImageTooLarge as error:
        raise InvalidJson("The body is too long.") from error
    if body and is_of_web_page(request.scope) and not _JSON.match(request.headers.get("content-type", "")):
        raise UnsupportedMediaType("Send JSON as application/json.")
    return body


def _problem(error: ValidationError, wrong: type[Problem], kind: type[BaseModel]) -> Problem:
    """Return InvalidJson if a body is not a JSON object; otherwise `wrong`, with a sentence that names the field."""
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid" or (first["type"] == "model_type" and not first["loc"]):
        return InvalidJson()
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden" and len(first["loc"]) == 1 and (meant := meant_by(place, _names(kind))):
        return wrong(f"{place}: the field is called {meant}.")
    return wrong(f"{place}: {first['msg']}." if place else f"{first['msg']}.")


def _names(kind: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in kind.model_fields.items()]
