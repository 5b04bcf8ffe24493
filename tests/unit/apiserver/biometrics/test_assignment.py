"""Who gets whom where everyone is there once at most."""

from apiserver.biometrics.assignment import assign_once
from apiserver.biometrics.face import Candidate


def ranked(**similarities):
    return [Candidate(person, similarity) for person, similarity in similarities.items()]


def names(assigned):
    return [[candidate.person for candidate in candidates] for candidates in assigned]


def test_the_surest_face_keeps_the_person_and_the_other_gets_its_next_best():
    faces = [ranked(ann=0.6, bob=0.5), ranked(ann=0.9, bob=0.2)]
    assert names(assign_once(faces, 0.3)) == [["bob"], ["ann"]]


def test_whom_a_face_took_is_nobody_elses():
    faces = [ranked(ann=0.9, bob=0.4), ranked(ann=0.8, bob=0.7), ranked(ann=0.7, bob=0.6)]
    assert names(assign_once(faces, 0.3)) == [["ann"], ["bob"], []]


def test_the_surest_pair_stays_although_another_sum_were_greater():
    faces = [ranked(ann=0.9, bob=0.8), ranked(ann=0.85)]
    assert names(assign_once(faces, 0.3)) == [["ann", "bob"], []]


def test_whoever_would_not_be_named_anyway_takes_nobody():
    faces = [ranked(ann=0.2), ranked(ann=0.1)]
    assert names(assign_once(faces, 0.3)) == [["ann"], ["ann"]]


def test_no_faces_and_faces_without_candidates():
    assert assign_once([], 0.3) == []
    assert assign_once([[], ranked(ann=0.9)], 0.3) == [[], ranked(ann=0.9)]
