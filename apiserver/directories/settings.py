"""Settings of a directory."""

from pydantic import BaseModel, ConfigDict, Field

from apiserver.biometrics.model import Scoring
from apiserver.biometrics.quality import Action, QualityLimits


class QualitySettings(BaseModel):
    """Quality limits for enrolment, and what to do with poor photographs; None means the service's default."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    action: Action | None = Field(None, description="How to treat poor photographs; `warn` if unset.")
    min_face_pixels: int | None = Field(
        None, ge=0, le=10_000, description="Minimum length of the shorter side of the face's box."
    )
    min_sharpness: float | None = Field(None, ge=0, le=1, description="Faces below it are blurred.")
    min_brightness: float | None = Field(None, ge=0, le=1, description="Faces below it are too dark.")
    max_brightness: float | None = Field(None, ge=0, le=1, description="Faces above it are too bright.")
    max_yaw_degrees: float | None = Field(None, ge=0, le=90, description="Faces above it are turned away.")

    def limits(self) -> QualityLimits:
        """Return the limits to apply: these settings, completed by the service's defaults."""
        return QualityLimits(**self.model_dump(exclude_none=True))


class DirectorySettings(BaseModel):
    """Settings of a directory, by the names of their columns; None means the service's default.

    A threshold applies to one model only.
    """

    model_config = ConfigDict(frozen=True)

    fpir: float | None = None
    threshold: float | None = None
    threshold_model: str | None = None
    scoring: Scoring | None = None
    recognized_retention_seconds: int | None = None
    unseen_retention_days: int | None = None
    recognizability_floor: float | None = None
    keep_originals: bool | None = None
    require_consent: bool | None = None
    delete_without_consent_days: int | None = None
    quality: QualitySettings | None = None

    def quality_limits(self) -> QualityLimits:
        """Return the limits for photographs to enrol."""
        return self.quality.limits() if self.quality else QualityLimits()
