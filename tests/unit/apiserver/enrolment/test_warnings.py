"""When an enrolled face may be another person's."""

import pytest

from apiserver.biometrics.face import Candidate
from apiserver.biometrics.model import Thresholds
from apiserver.enrolment.warnings import resemblance_warnings

THRESHOLDS = Thresholds(match=0.5, review=0.4)


@pytest.mark.parametrize(
    ("another", "own", "codes"),
    [
        (0.39, None, []),
        (0.39, 0.1, []),  # strangers are as similar
        (0.45, None, []),
        (0.45, 0.6, []),
        (0.45, 0.2, ["closer-to-another"]),
        (0.5, None, ["enrolled-as-another"]),
        (0.6, 0.7, ["enrolled-as-another"]),
        (0.7, 0.6, ["enrolled-as-another", "closer-to-another"]),
    ],
)
def test_warnings(another: float, own: float | None, codes: list[str]):
    warnings = resemblance_warnings(Candidate("bob", another), own, THRESHOLDS)
    assert [warning.code for warning in warnings] == codes
    assert all((warning.person, warning.value) == ("bob", another) for warning in warnings)
    assert all("bob" in warning.detail and warning.value >= warning.limit for warning in warnings)
