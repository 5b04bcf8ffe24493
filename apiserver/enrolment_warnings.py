"""What is told about an enrolment that was made all the same: a poor photograph, or that it may be somebody else's."""

from enum import StrEnum

from pydantic import BaseModel, Field

from apiserver.answer_fields import PersonId, rounded
from apiserver.faces import Candidate, Thresholds
from apiserver.quality import Finding


class Resemblance(StrEnum):
    """How a face may be somebody else's."""

    ENROLLED_AS_ANOTHER = "enrolled-as-another"
    CLOSER_TO_ANOTHER = "closer-to-another"


class EnrolmentWarning(BaseModel):
    """A doubt about an enrolment, by name, and the value that is on the wrong side of its limit."""

    code: str = Field(examples=["blurred"])
    detail: str = Field(examples=["The face is blurred: hold the camera still, focus on the face, wipe the lens."])
    value: float = Field(examples=[0.31])
    limit: float = Field(examples=[0.45])
    person: PersonId | None = Field(None, description="Whom the face resembles, where that is the doubt.")


def of_quality(finding: Finding) -> EnrolmentWarning:
    """Return the warning of something that stands against the photograph."""
    return EnrolmentWarning(
        code=finding.reason, detail=finding.detail, value=rounded(finding.value), limit=rounded(finding.limit)
    )


def of_resemblance(another: Candidate, own: float | None, thresholds: Thresholds) -> list[EnrolmentWarning]:
    """Return what is to be said where `another` is the person most like the face beside its own.

    own: the best cosine with the person's other faces, None where there are none. Nothing is said of cosines below the
    review threshold, which strangers reach.
    """
    name, similarity = another.person, another.similarity
    warnings = []
    if similarity >= thresholds.match:
        detail = f"The face is enrolled as {name} already: two ids of one person, or a photograph of {name}."
        warnings.append(_resembling(Resemblance.ENROLLED_AS_ANOTHER, detail, another, thresholds.match))
    if own is not None and similarity >= max(own, thresholds.review):
        detail = f"The face resembles {name} more than the person's own faces: perhaps it is a photograph of {name}."
        warnings.append(_resembling(Resemblance.CLOSER_TO_ANOTHER, detail, another, own))
    return warnings


def _resembling(code: Resemblance, detail: str, another: Candidate, limit: float) -> EnrolmentWarning:
    return EnrolmentWarning(
        code=code, detail=detail, value=rounded(another.similarity), limit=rounded(limit), person=another.person
    )
