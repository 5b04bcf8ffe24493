"""Routes that refuse parameters of the URL which they do not have."""

from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from fastapi.openapi.utils import get_openapi
from starlette.types import Scope

from apiserver.http.access.guard import GuardedRoute
from apiserver.http.field_names import Unknown, check_parameters
from apiserver.problems import InvalidField

_MAX_PARAMETERS = 100


class CheckedRoute(GuardedRoute):
    """A route that accepts only the parameters of the URL that its description names.

    Raises UnknownField or InvalidField.
    """

    unknown: ClassVar[Unknown] = Unknown.REFUSED

    def check(self, scope: Scope) -> None:
        """Refuse unknown parameters."""
        if scope["query_string"] and scope["method"] in (self.methods or ()):
            check_parameters(_sent(scope["query_string"]), *self._names, self.unknown)

    @cached_property
    def _names(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names of the parameters, and of the fields of the body."""
        description = get_openapi(title="", version="", routes=[self])
        [operation] = description["paths"][self.path].values()
        parameters = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
        return frozenset(parameters), frozenset(_fields(operation.get("requestBody", {})))


def _sent(query: bytes) -> list[str]:
    """Return the names in the query of a URL. Raises InvalidField."""
    parameters = query.decode("latin-1").split("&", _MAX_PARAMETERS)
    if len(parameters) > _MAX_PARAMETERS:
        raise InvalidField("The URL has too many parameters.")
    # To decode the values as well would double what a long one costs.
    return [unquote_plus(parameter.partition("=")[0]) for parameter in parameters if parameter]


def _fields(body: dict[str, Any]) -> list[str]:
    return [name for media in body.get("content", {}).values() for name in media["schema"].get("properties", ())]
