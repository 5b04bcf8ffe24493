"""The limits of a key, as people write them."""

import pytest

from apiserver.access.limits import ALWAYS, ENROLLING, Limit, Quota, read_limits
from apiserver.problems import InvalidField


def test_limits_are_read_by_name():
    assert read_limits({}) == {}
    assert read_limits(dict.fromkeys(Limit, 3)) == dict.fromkeys(Limit, 3)
    assert read_limits({"lane_seconds_per_day": 0.5, "faces_per_day": None}) == {
        "lane_seconds_per_day": 0.5,
        "faces_per_day": None,
    }


@pytest.mark.parametrize(
    "wanted",
    [
        {"requests_per_hour": 1},
        {"": 1},
        *({"requests_per_day": value} for value in (0, -1, 1.5, True, "3", float("inf"), float("nan"), 1e16)),
        {"lane_seconds_per_day": 0.0},
    ],
)
def test_other_names_and_values_are_refused(wanted):
    with pytest.raises(InvalidField, match=r"^limits: "):
        read_limits(wanted)


def test_every_quota_has_a_limit_and_an_enrolment_spends_them_all():
    assert len({quota.limit for quota in Quota}) == len(Quota)
    assert set(Quota) == ALWAYS | ENROLLING
