"""Fields that several response models share, with their OpenAPI descriptions."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

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
