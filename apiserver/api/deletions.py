"""The route of deletions."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from apiserver.api.receipts import ReceiptAnswer, receipt_response
from apiserver.deletion import records as deletions
from apiserver.problems import DeletionNotFound
from apiserver.state import StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {status: {"model": ProblemDetails} for status in (404, 500, 503)}

router = APIRouter(tags=["deletions"])


@router.get("/deletions/{deletion}", response_model=ReceiptAnswer, responses=_PROBLEMS)
async def read_deletion(deletion: str, state: StateOf) -> Response:
    """Return the receipt of a deletion; it states when the last photograph was removed from the store."""
    try:
        deletion_id = UUID(deletion)
    except ValueError as error:
        raise DeletionNotFound from error
    return receipt_response(await deletions.read(state.database, deletion_id))
