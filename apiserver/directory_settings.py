"""What can be set for a directory."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from apiserver.quality import Action, QualityLimits
from apiserver.search_sql import Scoring


class QualitySettings(BaseModel):
    """From when on a photograph is too poor to be learned, and what follows; None leaves it to the service."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    action: Action | None = Field(None, description="What becomes of a poor photograph; `warn` if unset.")
    min_face_pixels: int | None = Field(None, ge=0, le=10_000, description="Shorter side of the face's box.")
    min_sharpness: float | None = Field(None, ge=0, le=1, description="Below it a face is blurred.")
    min_brightness: float | None = Field(None, ge=0, le=1, description="Below it a face is too dark.")
    max_brightness: float | None = Field(None, ge=0, le=1, description="Above it a face is too bright.")
    max_yaw_degrees: float | None = Field(None, ge=0, le=90, description="Above it a face is turned away.")

    def limits(self) -> QualityLimits:
        """Return the limits a face is held to, with the service's own where nothing was set."""
        return QualityLimits(**self.model_dump(exclude_none=True))


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """What was set for a directory; None leaves it to the service. A threshold holds for one model only."""

    fpir: float | None = None
    threshold: float | None = None
    threshold_model: str | None = None
    scoring: Scoring | None = None
    recognized_retention_seconds: int | None = None
    unseen_retention_days: int | None = None
    quality: QualitySettings | None = None

    def quality_limits(self) -> QualityLimits:
        """Return the limits of photographs to learn."""
        return self.quality.limits() if self.quality else QualityLimits()
