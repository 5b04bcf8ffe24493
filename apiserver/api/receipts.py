"""Response bodies of deletions."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from apiserver.deletion.records import Receipt


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


def receipt_response(receipt: Receipt) -> Response:
    """Convert a receipt to a response."""
    return Response(ReceiptAnswer(**asdict(receipt)).model_dump_json(), media_type="application/json")
