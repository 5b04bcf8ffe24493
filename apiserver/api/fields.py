"""Fields that several response models share, with their OpenAPI descriptions."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BaseModel, Field

from apiserver.enrolment import warnings as enrolment_warnings

_DECIMALS = 6
_EMBEDDING_DECIMALS = 7

PersonId = Annotated[str, Field(examples=["ann"])]
DirectoryName = Annotated[str, Field(examples=["acme"])]
ModelId = Annotated[str, Field(examples=["sface_2021dec@fb143eea0783"])]
BoxPixels = Annotated[
    list[int],
    Field(description="Left, top, right and bottom in pixels of the upright image.", examples=[[178, 63, 268, 176]]),
]
DetectorScore = Annotated[
    float, Field(description="The detector's confidence that this is a face.", examples=[0.931334])
]
Cosine = Annotated[float, Field(description="Cosine similarity of the two embeddings.", examples=[0.712345])]
Probability = Annotated[
    float, Field(description="Probability that both faces are of one person, at even prior.", examples=[0.998877])
]
Embedding = Annotated[
    list[float], Field(description="The embedding, normalized to length 1.", examples=[[0.0314159, -0.0271828]])
]


def rounded(value: float) -> float:
    """Round a score, cosine or probability for a response."""
    return round(value, _DECIMALS)


def rounded_embedding(embedding: Sequence[float]) -> list[float]:
    """Round the values of an embedding for a response, to the precision of float32."""
    return [round(value, _EMBEDDING_DECIMALS) for value in embedding]


class EnrolmentWarning(BaseModel):
    """A doubt about an enrolment, by name, and the value that is on the wrong side of its limit."""

    code: str = Field(examples=["blurred"])
    detail: str = Field(examples=["The face is blurred: hold the camera still, focus on the face, wipe the lens."])
    value: float = Field(examples=[0.31])
    limit: float = Field(examples=[0.45])
    person: PersonId | None = Field(None, description="Whom the face resembles, if that is the doubt.")

    @classmethod
    def of(cls, warning: enrolment_warnings.EnrolmentWarning) -> Self:
        """Return the warning as clients read it."""
        value, limit = rounded(warning.value), rounded(warning.limit)
        answer = cls(code=warning.code, detail=warning.detail, value=value, limit=limit)
        if warning.person is not None:
            answer.person = warning.person  # else the answer has no such field
        return answer
