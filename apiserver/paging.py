"""Lists in pages. A cursor holds the key of the last item of the page before, so that every page costs the same."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel, Field, TypeAdapter
from pydantic_core import to_json

from apiserver.problems import InvalidField

Item = TypeVar("Item")
Key = TypeVar("Key")

_CURSOR: TypeAdapter[tuple[str, list[object]]] = TypeAdapter(tuple[str, list[object]])


class PageQuery(BaseModel):
    """The parameters of a list, for `Annotated[PageQuery, Query()]`."""

    limit: int = Field(100, ge=1, le=1000, description="The most items of a page.")
    cursor: str | None = Field(None, max_length=4096, description="`next` of the page before.")


class Page(BaseModel, Generic[Item]):
    """Some items of a list, in its order."""

    items: list[Item]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")

    def response(self) -> Response:
        """Return the page as the client reads it, without FastAPI checking every item once more."""
        return Response(self.model_dump_json(), media_type="application/json")


def write_cursor(order: str, key: Sequence[object]) -> str:
    """Return the cursor of the page after `key` in a list of this `order`, whose cursors suit no other list."""
    return urlsafe_b64encode(to_json([order, key])).rstrip(b"=").decode()


def read_cursor(cursor: str | None, order: str, kind: TypeAdapter[Key]) -> Key | None:
    """Return the key that a cursor of this `order` holds, None for the first page. Raises InvalidField."""
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        written, key = _CURSOR.validate_json(text)
        found = kind.validate_python(key)
    except ValueError as error:  # a ValidationError is one, too
        raise InvalidField("cursor: it is not the `next` of a page.") from error
    if written != order or any("\0" in part for part in key if isinstance(part, str)):  # no text of PostgreSQL has it
        raise InvalidField("cursor: it is that of another list or order.")
    return found
