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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBin:
    """Numbers of pairs with a similarity from `start` up to `end`: of one person's photographs, of different people."""

    start: float
    end: float
    same: int
    different: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRates:
    """What a match threshold would mean. missed: the share of faces that no other photograph of their person reaches.

    stranger_named: the share of strangers who would be named. alike: the share of pairs of different people who reach
    it. None without such pairs.
    """

    threshold: float
    missed: float | None
    stranger_named: float
    alike: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreDistributions:
    """How alike the faces of a directory are, from a sample. same, different: the numbers of pairs."""

    directory: str
    model: str
    persons: int
    faces: int
    sampled: int
    same: int
    different: int
    bins: tuple[ScoreBin, ...]
    rates: tuple[ThresholdRates, ...]
    thresholds: Thresholds
