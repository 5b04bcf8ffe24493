"""Directories as clients write and read them."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from apiserver.directory_settings import DirectorySettings, QualitySettings
from apiserver.json_bodies import JsonBody
from apiserver.open_set import LEAST_FPIR, MOST_FPIR
from apiserver.paging import PageQuery
from apiserver.responses import AppliedThresholds
from apiserver.search_sql import Scoring
from apiserver.storable import Text

_MAX_SECONDS = 10 * 366 * 86_400
_MAX_DAYS = 100 * 366


class SettingsBody(JsonBody):
    """All settings of a directory; what is left out or null is the service's default."""

    fpir: float | None = Field(
        None,
        ge=LEAST_FPIR,
        le=MOST_FPIR,
        description="The share of strangers that may be named; the thresholds follow as the directory grows.",
        examples=[0.001],
    )
    threshold: float | None = Field(
        None,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="The cosine from which a candidate is a match, however large the directory. Not beside `fpir`.",
        examples=[0.5],
    )
    scoring: Scoring | None = Field(None, description="How a person's samples count where /recognize does not say.")
    recognized_retention_seconds: int | None = Field(
        None, ge=0, le=_MAX_SECONDS, description="How long recognized images stay; 0 keeps none.", examples=[3600]
    )
    unseen_retention_days: int | None = Field(
        None,
        ge=1,
        le=_MAX_DAYS,
        description="Persons neither recognized nor learned for so long are deleted.",
        examples=[365],
    )
    quality: QualitySettings | None = Field(None, description="When a photograph is too poor to be learned.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.fpir is not None and self.threshold is not None:
            raise ValueError("set fpir or threshold, not both")
        return self

    def settings(self, model: str) -> DirectorySettings:
        """Return the settings, a threshold being for `model`."""
        return DirectorySettings(**self._changes(model, self.model_fields_set | type(self).model_fields.keys()))

    def changes(self, model: str) -> dict[str, Any]:
        """Return the settings that were given, by the names of DirectorySettings."""
        return self._changes(model, self.model_fields_set)

    def _changes(self, model: str, names: set[str]) -> dict[str, Any]:
        changes = {name: getattr(self, name) for name in names}
        if "threshold" in changes:
            changes["threshold_model"] = None if self.threshold is None else model
        return changes


class DirectoriesQuery(PageQuery):
    """Which directories to list."""

    prefix: Text = Field("", max_length=255, description="Only names that begin with it, to the letter.")


class DirectorySummary(BaseModel):
    """A directory in a list."""

    model_config = ConfigDict(from_attributes=True)

    directory: str = Field(examples=["acme"])
    persons: int = Field(description="People in it.", examples=[301])
    faces: int = Field(description="Their faces, of all models.", examples=[812])
    created_at: datetime


class DirectoryAnswer(BaseModel):
    """A directory: what was set, what it holds for the model in use, and the thresholds that follow at this size."""

    directory: str = Field(examples=["acme"])
    fpir: float | None = Field(description="As it was set; null leaves it to the service.")
    threshold: float | None = Field(description="As it was set; null leaves it to the rate.")
    threshold_model: str | None = Field(description="The model that `threshold` was set for; it holds for no other.")
    scoring: Scoring | None = Field(description="As it was set; null is `max`.")
    recognized_retention_seconds: int | None = Field(description="As it was set; null leaves it to the service.")
    unseen_retention_days: int | None = Field(description="As it was set; null keeps everybody.")
    quality: QualitySettings | None = Field(description="As it was set; null leaves it to the service.")
    model: str = Field(description="The model in use.", examples=["sface_2021dec@fb143eea0783"])
    persons: int = Field(description="People with a face of this model.", examples=[301])
    faces: int = Field(description="Their faces of this model.", examples=[812])
    thresholds: AppliedThresholds
    created_at: datetime
    updated_at: datetime = Field(description="When the settings were edited last.")
    revision: int = Field(description="One more with every edit.", examples=[1])
