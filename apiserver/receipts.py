"""Receipts of deletions as clients read them."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from apiserver.deletions import Receipt


class ReceiptAnswer(BaseModel):
    """What was deleted, and whether its last photograph is gone from the store."""

    deletion: UUID
    directory: str = Field(examples=["acme"])
    person: str | None = Field(description="Whose; forgotten once it has finished.", examples=["ann"])
    face: UUID | None = Field(description="The face, if one was deleted alone.")
    persons: int = Field(examples=[1])
    faces: int = Field(description="Embeddings and crops, gone when this was answered.", examples=[3])
    images: int = Field(description="Photographs, shown no more, and removed from the store by a job.", examples=[4])
    requested_at: datetime
    finished_at: datetime | None = Field(description="When the last photograph was gone; null: not yet.")


def receipt_response(receipt: Receipt) -> Response:
    """Return the receipt as the client reads it."""
    return Response(ReceiptAnswer(**asdict(receipt)).model_dump_json(), media_type="application/json")
