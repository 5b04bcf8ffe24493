"""The service itself."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import AliasPath, Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """probability = 1 / (1 + exp(-(slope * cosine + intercept)))."""

    slope: float
    intercept: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelThresholds:
    """The cosines that one in 100,000 (match) and one in 10,000 (review) pairs of different people reach."""

    match: float
    review: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The tail of the distribution of impostor scores; docs/thresholds.md has the formula."""

    start: float
    rate: float
    scale: float
    shape: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A detector or an embedder that the service knows. licence: SPDX.

    The optional fields belong to embedders. calibrated: whether the calibration was measured with this model.
    recognizability_floor: below it, strangers match each other; None if the model does not measure recognizability.
    """

    name: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    licence: str
    allowed_use: str
    source: str
    dimension: int | None = None
    calibration: Calibration | None = None
    thresholds: ModelThresholds | None = None
    tail: Tail | None = None
    calibrated: bool = False
    recognizability_floor: Annotated[float | None, Field(validation_alias=AliasPath("recognizability", "floor"))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The ids of the detector and the embedder in use, and all known models."""

    detector: Annotated[str, Field(validation_alias=AliasPath("active", "detector"))]
    embedder: Annotated[str, Field(validation_alias=AliasPath("active", "embedder"))]
    models: tuple[Model, ...]

    @property
    def embedder_in_use(self) -> Model:
        """The description of the embedder in use, whose id is its name and the first digits of its sha256."""
        name, _, digits = self.embedder.partition("@")
        return next(
            model
            for model in self.models
            if model.name == name and any(digest.startswith(digits) for digest in model.sha256)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The name and the version of the service."""

    service: str
    version: str
