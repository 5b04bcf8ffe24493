"""Assignment of persons who are each on a photograph at most once."""

from apiserver.biometrics.assignment import assign_once
from apiserver.biometrics.face import Candidate


def ranked(**similarities):
    return [Candidate(person, similarity) for person, similarity in similarities.items()]


def names(assigned):
    return [[candidate.person for candidate in candidates] for candidates in assigned]


def test_the_surest_face_keeps_the_person_and_the_other_gets_its_next_best():
    faces = [ranked(ann=0.6, bob=0.5), ranked(ann=0.9, bob=0.2)]
    assert names(assign_once(faces, 0.3)) == [["bob"], ["ann"]]


def test_an_assigned_person_is_not_a_candidate_of_other_faces():
    faces = [ranked(ann=0.9, bob=0.4), ranked(ann=0.8, bob=0.7), ranked(ann=0.7, bob=0.6)]
    assert names(assign_once(faces, 0.3)) == [["ann"], ["bob"], []]


def test_the_surest_pair_is_kept_even_if_another_sum_is_greater():
    faces = [ranked(ann=0.9, bob=0.8), ranked(ann=0.85)]
    assert names(assign_once(faces, 0.3)) == [["ann", "bob"], []]


def test_candidates_below_the_minimum_are_not_assigned():
    faces = [ranked(ann=0.2), ranked(ann=0.1)]
    assert names(assign_once(faces, 0.3)) == [["ann"], ["ann"]]


def test_no_faces_and_faces_without_candidates():
    assert assign_once([], 0.3) == []
    assert assign_once([[], ranked(ann=0.9)], 0.3) == [[], ranked(ann=0.9)]
