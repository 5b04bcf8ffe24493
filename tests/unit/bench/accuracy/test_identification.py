"""Splitting people into enrolled ones and strangers, and the error rates of searches."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.accuracy.error_rates import NO_FACE
from bench.accuracy.identification import Search, false_negative_rate, false_positive_rate, split
from bench.photographs.folder import Photograph

people = st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), st.integers(1, 4), max_size=20)


def photographs(counts):
    return [Photograph(Path(), f"{person}/{number}") for person in sorted(counts) for number in range(counts[person])]


def people_of(chosen):
    return {photograph.person for photograph in chosen}


def test_split_of_a_small_company():
    parts = split(photographs({"ann": 2, "bo": 3, "cy": 2, "di": 2, "eve": 1}))
    assert [photograph.name for photograph in parts.enrolments] == ["ann/0", "bo/0", "cy/0"]
    assert [photograph.name for photograph in parts.mated] == ["ann/1", "bo/1", "bo/2", "cy/1"]
    assert [photograph.name for photograph in parts.non_mated] == ["di/0", "di/1", "eve/0"]


@given(people)
def test_every_photograph_is_used_once_and_strangers_are_not_enrolled(counts):
    everything = photographs(counts)
    several = sum(count > 1 for count in counts.values())
    assume(several and (several > 3 or several < len(counts)))
    parts = split(everything)
    used = [*parts.enrolments, *parts.mated, *parts.non_mated]
    assert sorted(photograph.name for photograph in used) == [photograph.name for photograph in everything]
    assert people_of(parts.mated) == people_of(parts.enrolments)
    assert not people_of(parts.non_mated) & people_of(parts.enrolments)


@pytest.mark.parametrize("counts", [{}, {"ann": 1, "bo": 1}, {"ann": 2, "bo": 2, "cy": 2}])
def test_a_split_without_enrolled_people_or_strangers_is_refused(counts):
    with pytest.raises(ValueError, match="Identification needs"):
        split(photographs(counts))


def test_strangers_count_when_anybody_reaches_the_threshold():
    searches = [Search(None, "ann", 0.5, "match"), Search(None, "bo", 0.2, "unknown"), Search(None, None, NO_FACE, "")]
    assert false_positive_rate(searches, np.array([0.1, 0.5, 0.6])).round(4).tolist() == [0.6667, 0.3333, 0.0]


def test_enrolled_people_count_when_missed_or_taken_for_another():
    searches = [
        Search("ann", "ann", 0.5, "match"),
        Search("ann", "bo", 0.9, "match"),
        Search("bo", "bo", 0.2, "unknown"),
        Search("bo", None, NO_FACE, "unknown"),
    ]
    assert false_negative_rate(searches, np.array([0.2, 0.5, 0.6])).tolist() == [0.5, 0.75, 1.0]
