"""Large answers as JSON, without keeping the event loop from other requests."""

from typing import Any

from fastapi import Response
from pydantic import BaseModel
from pydantic_core import to_json

from apiserver.turns import taking_turns

_FEW = 4
"""Items that are written at once, as those of most answers: looking for turns between them costs more than they do."""


async def json_answer(answer: BaseModel, status: int = 200, *, exclude_unset: bool = False) -> Response:
    """Return an answer as `model_dump_json` writes it; others get their turn between the items of its lists."""
    if all(len(value) <= _FEW for _, value in answer if isinstance(value, list)):
        return Response(answer.model_dump_json(exclude_unset=exclude_unset), status, media_type="application/json")
    names = answer.model_fields_set if exclude_unset else type(answer).model_fields
    fields = [
        b'"%s":%s' % (name.encode(), await _json(getattr(answer, name), exclude_unset=exclude_unset))
        for name in type(answer).model_fields
        if name in names
    ]
    return Response(b"{%s}" % b",".join(fields), status, media_type="application/json")


async def _json(value: Any, *, exclude_unset: bool) -> bytes:  # noqa: ANN401 - any field of an answer
    if isinstance(value, list):
        items = [_item(item, exclude_unset=exclude_unset) async for item in taking_turns(value)]
        return b"[%s]" % b",".join(items)
    return _item(value, exclude_unset=exclude_unset)


def _item(value: Any, *, exclude_unset: bool) -> bytes:  # noqa: ANN401 - any field of an answer, or item of one
    if isinstance(value, BaseModel):
        return value.model_dump_json(exclude_unset=exclude_unset).encode()
    return to_json(value)
