"""Routes of the calls of CompreFace: they ignore parameters that they do not have, and concern one directory."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from starlette.types import Scope

from apiserver.access.grants import OPEN, current_grant, default_directory
from apiserver.http.access.guard import enter
from apiserver.http.admission import counted_body
from apiserver.http.paths import EncodedRoute, decoded
from apiserver.keys.uuid_keys import sent_token
from apiserver.problems import KeyMissing
from apiserver.state import State

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class CompreFaceRoute(EncodedRoute):
    """A route that calls its endpoint with the request alone, bound to the directory of the caller's key.

    It is not part of the OpenAPI document, which describes the calls of this service.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's
        super().__init__(path, endpoint, **options | {"include_in_schema": False})

    def check(self, scope: Scope) -> None:
        """Accept all parameters."""

    def get_route_handler(self) -> Handler:
        """Return the handler of a request."""

        async def handle(request: Request) -> Response:
            if self.needs.key:
                _enter(request)
            response: Response = await self.endpoint(request)
            return response

        return handle


class CompreFacePhotographRoute(CompreFaceRoute):
    """A route whose request has photographs, which are not read unless there are slots and vectorizers for them."""

    def get_route_handler(self) -> Handler:
        """Return the handler of a request."""
        handle = super().get_route_handler()

        async def admit(request: Request) -> Response:
            State.of(request).vectorizer.check_room()
            with counted_body(request):
                return await handle(request)

        return admit


def path_name(request: Request, name: str) -> str:
    """Return a name in the path. Raises InvalidName if it is not UTF-8."""
    return decoded(request.path_params[name])


def _enter(request: Request) -> None:
    """Bind the request to the directory of its key.

    Raises KeyMissing without a key, also where none is required, as clients expect; or DirectoryNotFound.
    """
    if current_grant() is OPEN and "x-api-key" not in request.headers and sent_token(request.scope) is None:
        raise KeyMissing
    enter(default_directory())
