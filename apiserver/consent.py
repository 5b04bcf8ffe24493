"""Consent of a person, or another basis on which the person is recognized, and which persons searches do not name."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from apiserver.names import Text

_MAX_AHEAD = timedelta(minutes=10)
"""How much a client's clock may be ahead."""

Time = Annotated[AwareDatetime, Field(gt=datetime(1, 1, 2, tzinfo=UTC), lt=datetime(9999, 12, 31, tzinfo=UTC))]
"""A time that can be converted to every time zone."""

COLUMNS = "consent_given_at, consent_text, consent_basis, consent_until, consent_withdrawn_at"
"""The columns of a consent, in the order of the fields of `Consent`."""

FROM_JSON = """
    (consent->>'given_at')::timestamptz, consent->>'text', consent->>'basis', (consent->>'until')::timestamptz,
    (consent->>'withdrawn_at')::timestamptz
"""
"""The values of `COLUMNS` from a column `consent` of JSON."""

ENROLLABLE = """
(NOT coalesce((SELECT require_consent FROM directories WHERE directory = $1), false) OR EXISTS (
    SELECT FROM persons WHERE persons.directory = $1 AND persons.person = {person} AND consent_ends_at > now()
))
"""
"""Whether the directory $1 lets faces of a person be enrolled: an expression, with the person to fill in."""

_RESTRICTED = "SELECT person FROM persons WHERE directory = $1 AND restricted"
_WITHOUT_CONSENT = "SELECT person FROM persons WHERE directory = $1 AND consent_ends_at <= now()"


def unnamed(*, consent_required: bool) -> str:
    """Return the statement for the persons of the directory $1 that are not named; each part reads only them."""
    return f"{_RESTRICTED} UNION ALL {_WITHOUT_CONSENT}" if consent_required else _RESTRICTED


class Basis(StrEnum):
    """The lawful basis, after Article 6(1) of the GDPR; biometric data also need one of Article 9(2)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTERESTS = "vital-interests"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTERESTS = "legitimate-interests"


class Consent(BaseModel):
    """When and to which text a person agreed, and how long the consent is valid."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    given_at: Time = Field(description="When it was given; not in the future.", examples=["2026-11-02T09:00:00Z"])
    text: Text = Field(
        min_length=1,
        max_length=1000,
        description="Identifier or version of the text that the person agreed to.",
        examples=["employees-v3"],
    )
    basis: Basis = Field(Basis.CONSENT, description="The lawful basis, after GDPR Article 6(1).")
    until: Time | None = Field(
        None, description="When it ends; null: it has no end.", examples=["2027-11-02T09:00:00Z"]
    )
    withdrawn_at: Time | None = Field(None, description="When it was withdrawn; null: it was not.", examples=[None])

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.given_at > datetime.now(UTC) + _MAX_AHEAD:
            raise ValueError("given_at is in the future")
        if self.until is not None and self.until <= self.given_at:
            raise ValueError("until is not after given_at")
        if self.withdrawn_at is not None and self.withdrawn_at < self.given_at:
            raise ValueError("withdrawn_at is before given_at")
        return self

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Consent | None":
        """Return the consent in the columns of a row, if there is one."""
        if row["consent_given_at"] is None:
            return None
        values = {name: row[f"consent_{name}"] for name in cls.model_fields}
        return cls.model_construct(**values | {"basis": Basis(values["basis"])})

    def columns(self) -> tuple[object, ...]:
        """Return the values of `COLUMNS`."""
        return tuple(getattr(self, name) for name in type(self).model_fields)


NO_CONSENT = (None,) * len(Consent.model_fields)
"""The values of `COLUMNS` without a consent."""
