"""The route of deletions."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from apiserver.access.grants import current_grant
from apiserver.access.scopes import Scope
from apiserver.deletion import records as deletions
from apiserver.deletion.records import Receipt
from apiserver.http.access.guard import may_see, needs
from apiserver.http.checked_routes import CheckedRoute
from apiserver.problems import DeletionNotFound
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (400, 404, 500, 503)}

router = APIRouter(tags=["deletions"], route_class=CheckedRoute)


class ReceiptAnswer(BaseModel):
    """What was deleted, and whether its last photograph is removed from the store."""

    deletion: UUID
    directory: str = Field(examples=["acme"])
    person: str | None = Field(description="The person; null once the deletion has finished.", examples=["ann"])
    face: UUID | None = Field(description="The face, if a single face was deleted.")
    persons: int = Field(examples=[1])
    faces: int = Field(description="Number of embeddings and crops, deleted before the response.", examples=[3])
    images: int = Field(
        description="Number of photographs, inaccessible from now on. A job removes them from the store.", examples=[4]
    )
    requested_at: datetime
    finished_at: datetime | None = Field(description="When the last photograph was removed; null: not yet.")


@router.get("/deletions/{deletion}", response_model=ReceiptAnswer, responses=_PROBLEMS)
@needs(Scope.DELETE, free=True)
async def read_deletion(deletion: str, state: StateOf) -> Response:
    """Return the receipt of a deletion; it states when the last photograph was removed from the store."""
    try:
        deletion_id = UUID(deletion)
    except ValueError as error:
        raise DeletionNotFound from error
    receipt = await deletions.read(state.database, state.images.tagged_ids, deletion_id)
    grant = current_grant()
    asked = grant.key is not None and receipt.subject == grant.subject
    if not (asked or may_see(receipt.directory)):
        raise DeletionNotFound
    return receipt_response(receipt)


def receipt_response(receipt: Receipt) -> Response:
    """Convert a receipt to a response."""
    return Response(ReceiptAnswer(**asdict(receipt)).model_dump_json(), media_type="application/json")
