"""Request and response bodies of directories."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from apiserver.api.responses import AppliedThresholds
from apiserver.biometrics.open_set import MAX_FPIR, MIN_FPIR
from apiserver.directories.settings import DirectorySettings, QualitySettings
from apiserver.http.json_bodies import JsonBody
from apiserver.http.paging import PageQuery
from apiserver.names import Text
from apiserver.search.statements import Scoring

_MAX_SECONDS = 10 * 366 * 86_400
_MAX_DAYS = 100 * 366


class SettingsBody(JsonBody):
    """Settings of a directory. Omitted or null settings take the service's default."""

    fpir: float | None = Field(
        None,
        ge=MIN_FPIR,
        le=MAX_FPIR,
        description="Maximum share of strangers that may be named; the thresholds adapt as the directory grows.",
        examples=[0.001],
    )
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="Minimum cosine of a match, independent of the directory's size. Excludes `fpir`.",
        examples=[0.5],
    )
    scoring: Scoring | None = Field(None, description="Default of /recognize for how a person's faces are combined.")
    recognized_retention_seconds: int | None = Field(
        None, ge=0, le=_MAX_SECONDS, description="How long recognized images are kept; 0: not at all.", examples=[3600]
    )
    unseen_retention_days: int | None = Field(
        None,
        ge=1,
        le=_MAX_DAYS,
        description="Persons who were neither recognized nor enrolled for this many days are deleted.",
        examples=[365],
    )
    quality: QualitySettings | None = Field(None, description="Quality limits for enrolment.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.fpir is not None and self.threshold is not None:
            raise ValueError("fpir and threshold exclude each other; set only one of them")
        return self

    def settings(self, model: str) -> DirectorySettings:
        """Return all settings; a threshold applies to `model`."""
        return DirectorySettings(**self._changes(model, self.model_fields_set | type(self).model_fields.keys()))

    def changes(self, model: str) -> dict[str, Any]:
        """Return the settings that the client sent, by the field names of DirectorySettings."""
        return self._changes(model, self.model_fields_set)

    def _changes(self, model: str, names: set[str]) -> dict[str, Any]:
        changes = {name: getattr(self, name) for name in names}
        if "threshold" in changes:
            changes["threshold_model"] = None if self.threshold is None else model
        return changes


class DirectoriesQuery(PageQuery):
    """Query parameters of the list of directories."""

    prefix: Text = Field("", max_length=255, description="Only names with this prefix (case-sensitive).")


class DirectorySummary(BaseModel):
    """A directory in the list of directories."""

    model_config = ConfigDict(from_attributes=True)

    directory: str = Field(examples=["acme"])
    persons: int = Field(description="Number of persons.", examples=[301])
    faces: int = Field(description="Number of faces, of all models.", examples=[812])
    created_at: datetime


class DirectoryAnswer(BaseModel):
    """A directory: its settings, its size for the model in use, and the thresholds applied at this size."""

    directory: str = Field(examples=["acme"])
    fpir: float | None = Field(description="The setting; null means the service's default.")
    threshold: float | None = Field(description="The setting; null means that `fpir` determines the thresholds.")
    threshold_model: str | None = Field(description="The only model that `threshold` applies to.")
    scoring: Scoring | None = Field(description="The setting; null means `max`.")
    recognized_retention_seconds: int | None = Field(description="The setting; null means the service's default.")
    unseen_retention_days: int | None = Field(description="The setting; null means that nobody is deleted.")
    quality: QualitySettings | None = Field(description="The setting; null means the service's default.")
    model: str = Field(description="The model in use.", examples=["sface_2021dec@fb143eea0783"])
    persons: int = Field(description="Number of persons with a face of this model.", examples=[301])
    faces: int = Field(description="Number of faces of this model.", examples=[812])
    thresholds: AppliedThresholds
    created_at: datetime
    updated_at: datetime = Field(description="Time of the last change of the settings.")
    revision: int = Field(description="Incremented by every change.", examples=[1])
