"""Directories: their settings, and what they hold."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from faceserver.results.recognition import Thresholds

Scoring = Literal["max", "mean"]

QualityAction = Literal["off", "warn", "refuse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityGate:
    """What a face is held to when it is enrolled; None is the service's default. docs/quality.md explains each."""

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
    """A directory: what was set (None: left to the service), what it holds for the model in use, and what follows."""

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
