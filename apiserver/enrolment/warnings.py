"""Doubts about an enrolment that was made nevertheless: a poor photograph, or a resemblance to another person."""

from dataclasses import dataclass
from enum import StrEnum

from apiserver.biometrics.face import Candidate
from apiserver.biometrics.model import Thresholds
from apiserver.biometrics.quality import Finding


class Resemblance(StrEnum):
    """How a face resembles another person."""

    ENROLLED_AS_ANOTHER = "enrolled-as-another"
    CLOSER_TO_ANOTHER = "closer-to-another"


@dataclass(frozen=True, slots=True)
class EnrolmentWarning:
    """A doubt about an enrolment, and the value that is on the wrong side of its limit.

    person: the other person, if the doubt is a resemblance.
    """

    code: str
    detail: str
    value: float
    limit: float
    person: str | None = None


def quality_warning(finding: Finding) -> EnrolmentWarning:
    """Return the warning of a defect of the photograph."""
    return EnrolmentWarning(finding.reason, finding.detail, finding.value, finding.limit)


def resemblance_warnings(another: Candidate, own: float | None, thresholds: Thresholds) -> list[EnrolmentWarning]:
    """Return the warnings of a face that resembles `another` person most, apart from the person it is enrolled as.

    own: the best cosine with the person's other faces, None if there are none. Cosines below the review threshold
    cause no warning: strangers reach them.
    """
    name, similarity = another.person, another.similarity
    warnings = []
    if similarity >= thresholds.match:
        detail = f"The face is enrolled as {name} already: two ids of one person, or a photograph of {name}."
        warnings.append(
            EnrolmentWarning(Resemblance.ENROLLED_AS_ANOTHER, detail, similarity, thresholds.match, person=name)
        )
    if own is not None and similarity >= max(own, thresholds.review):
        detail = f"The face resembles {name} more than the person's own faces: perhaps it is a photograph of {name}."
        warnings.append(EnrolmentWarning(Resemblance.CLOSER_TO_ANOTHER, detail, similarity, own, person=name))
    return warnings
