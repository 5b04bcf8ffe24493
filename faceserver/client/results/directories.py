"""Directories: their settings and sizes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from faceserver.client.results.recognition import Thresholds

Scoring = Literal["max", "mean"]

QualityAction = Literal["off", "warn", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityGate:
    """Quality requirements for enrolment; None is the service's default. docs/quality.md explains them."""

    action: QualityAction | None = None
    min_face_pixels: int | None = None
    min_sharpness: float | None = None
    min_brightness: float | None = None
    max_brightness: float | None = None
    max_yaw_degrees: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySummary:
    """A directory in a list."""

    directory: str
    persons: int
    faces: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A directory: its settings (None: the service's default), its size for the model in use, and its thresholds."""

    directory: str
    fpir: float | None
    threshold: float | None
    threshold_model: str | None
    scoring: Scoring | None
    recognized_retention_seconds: int | None
    unseen_retention_days: int | None
    quality: QualityGate | None
    model: str
    persons: int
    faces: int
    thresholds: Thresholds
    created_at: datetime
    updated_at: datetime
    revision: int
    recognizability_floor: float | None = None
    keep_originals: bool | None = None
    require_consent: bool | None = None
    delete_without_consent_days: int | None = None
