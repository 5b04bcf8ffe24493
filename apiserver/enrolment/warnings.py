"""Doubts about an enrolment that was made nevertheless: a poor photograph, or a wrong likeness."""

from dataclasses import dataclass
from enum import StrEnum

from apiserver.biometrics.face import Candidate
from apiserver.biometrics.model import Model, Thresholds
from apiserver.biometrics.open_set import likeness_limit, likeness_rank
from apiserver.biometrics.quality import Finding


class Resemblance(StrEnum):
    """How a face resembles the wrong person, or not the right one."""

    ENROLLED_AS_ANOTHER = "enrolled-as-another"
    CLOSER_TO_ANOTHER = "closer-to-another"
    UNLIKE_OWN = "unlike-own"


@dataclass(frozen=True, slots=True)
class Likeness:
    """The likeness of an enrolled face.

    another: the most similar other person, None if there is none. own_faces: the number of the person's faces of other
    photographs. own_best: the best cosine with them; own: the one that a third of them reach, see `likeness_rank`; None
    if there are none.
    """

    another: Candidate | None
    own_faces: int = 0
    own_best: float | None = None
    own: float | None = None


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


def likeness_warnings(likeness: Likeness, thresholds: Thresholds, model: Model) -> list[EnrolmentWarning]:
    """Return the warnings of a face that resembles another person, or not the one it is enrolled as."""
    another, own = likeness.another, likeness.own
    warnings = resemblance_warnings(another, likeness.own_best, thresholds) if another else []
    if own is not None and own < (limit := likeness_limit(model.tail, likeness.own_faces)):
        warnings.append(EnrolmentWarning(Resemblance.UNLIKE_OWN, _unlike(likeness.own_faces), own, limit))
    return warnings


def resemblance_warnings(another: Candidate, own: float | None, thresholds: Thresholds) -> list[EnrolmentWarning]:
    """Return the warnings of a face that resembles `another` person most, apart from the person it is enrolled as.

    own: the best cosine with the person's other faces, None if there are none. Cosines below the review threshold
    cause no warning: strangers reach them.
    """
    name, similarity = another.person, another.similarity
    warnings = []
    if similarity >= thresholds.match:
        code = Resemblance.ENROLLED_AS_ANOTHER
        warnings.append(EnrolmentWarning(code, detail_of(code, name), similarity, thresholds.match, person=name))
    if own is not None and similarity >= max(own, thresholds.review):
        code = Resemblance.CLOSER_TO_ANOTHER
        warnings.append(EnrolmentWarning(code, detail_of(code, name), similarity, own, person=name))
    return warnings


def detail_of(code: str, person: str | None) -> str:
    """Return the sentence of a warning; person: the other one, if it names one."""
    if code == Resemblance.UNLIKE_OWN or person is None:
        return "The face does not resemble the person's other photographs: perhaps it shows somebody else."
    if code == Resemblance.ENROLLED_AS_ANOTHER:
        return f"The face is enrolled as {person} already: two ids of one person, or a photograph of {person}."
    return f"The face resembles {person} more than the person's own faces: perhaps it is a photograph of {person}."


def _unlike(others: int) -> str:
    if others == 1:
        return (
            "The face does not resemble the person's other photograph: one of the two shows somebody else or is poor, "
            "and it is not known which."
        )
    few = "fewer than a third" if likeness_rank(others) > 1 else "none"
    return f"The face resembles {few} of the person's {others:,} other photographs: perhaps it shows somebody else."
