"""Paged lists. A cursor contains the key of the previous page's last item, so that all pages cost the same."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from fastapi import Response
from pydantic import BaseModel, Field, TypeAdapter
from pydantic_core import to_json

from apiserver.problems import InvalidField
from apiserver.turns import taking_turns

Item = TypeVar("Item")
Key = TypeVar("Key")

_CURSOR: TypeAdapter[tuple[str, list[object]]] = TypeAdapter(tuple[str, list[object]])


class PageQuery(BaseModel):
    """Query parameters of a paged list, for `Annotated[PageQuery, Query()]`."""

    limit: int = Field(100, ge=1, le=1000, description="Maximum number of items in the page.")
    cursor: str | None = Field(None, max_length=4096, description="`next` of the previous page.")


class Page(BaseModel, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None = Field(description="Cursor of the next page; null on the last page.")

    @classmethod
    async def response(cls, items: Iterable[BaseModel], following: str | None) -> Response:
        """Return a page as a response, without FastAPI's second validation of every item.

        Each item is made, written and freed before the next one; others get their turn in between.
        """
        written = [item.model_dump_json().encode() async for item in taking_turns(items)]
        content = b'{"items":[%s],"next":%s}' % (b",".join(written), to_json(following))
        return Response(content, media_type="application/json")


def write_cursor(order: str, key: Sequence[object]) -> str:
    """Return the cursor of the page after `key`. `order` names the list and its order; others refuse the cursor."""
    return urlsafe_b64encode(to_json([order, key])).rstrip(b"=").decode()


def read_cursor(cursor: str | None, order: str, kind: TypeAdapter[Key]) -> Key | None:
    """Return the key in a cursor of this `order`; None for the first page. Raises InvalidField."""
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        written, key = _CURSOR.validate_json(text)
        found = kind.validate_python(key)
    except ValueError as error:  # includes ValidationError
        raise InvalidField("cursor: it must be the `next` of a page.") from error
    if written != order or any(
        "\0" in part for part in key if isinstance(part, str)
    ):  # PostgreSQL's text cannot contain it
        raise InvalidField("cursor: it belongs to another list or another order.")
    return found
