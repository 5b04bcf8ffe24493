"""The persons of /recognize."""

from apiserver.api.recognize import recognized_person
from apiserver.biometrics.face import Candidate, Face
from apiserver.biometrics.model import Calibration, Model, Thresholds
from apiserver.directories.thresholds import Applied, Source
from apiserver.recognition.candidates import SearchOptions
from apiserver.search.identification import SearchResult
from apiserver.search.planning import Path

THRESHOLDS = Thresholds(match=0.5, review=0.4)
MODEL = Model("model", 2, Calibration(slope=20, intercept=-8), THRESHOLDS)
APPLIED = Applied(THRESHOLDS, Source.DEFAULT, fpir=0.001, faces=100, floor=0.2)
FACE = Face((1, 2, 3, 4), 0.98765432, [0.0, 0.0], recognizability=0.97654321)
BLURRED = Face((1, 2, 3, 4), 0.98765432, [0.0, 0.0], recognizability=0.19)


def entry(*candidates: Candidate, face: Face = FACE):
    options = SearchOptions("acme", k=5, threshold=None, scoring=None, unique_persons=False)
    [identity] = options.identities([face.probe], [SearchResult(list(candidates), Path.EXACT)], APPLIED)
    return recognized_person(face, identity, MODEL).model_dump(mode="json", exclude_unset=True)


def test_nobody_enrolled():
    assert entry() == {
        "box": [1, 2, 3, 4],
        "score": 0.987654,
        "probability": 0.0,
        "similarity": None,
        "decision": "unknown",
        "reason": None,
        "recognizability": 0.976543,
        "candidates": [],
        "search": "exact",
    }


def test_a_match_and_a_review_have_an_id():
    for similarity, decision in ((0.5, "match"), (0.45, "review")):
        answer = entry(Candidate("ann", similarity), Candidate("bob", 0.1))
        assert (answer["id"], answer["decision"]) == ("ann", decision)


def test_a_stranger_has_no_id_but_candidates():
    answer = entry(Candidate("ann", 0.39), Candidate("bob", 0.1))
    assert "id" not in answer
    assert answer["decision"] == "unknown"
    assert [candidate["id"] for candidate in answer["candidates"]] == ["ann", "bob"]


def test_a_face_below_the_floor_has_candidates_but_is_unknown():
    answer = entry(Candidate("ann", 0.9), face=BLURRED)
    assert "id" not in answer
    assert (answer["decision"], answer["reason"], answer["recognizability"]) == ("unknown", "unrecognizable", 0.19)
    assert [(candidate["id"], candidate["similarity"]) for candidate in answer["candidates"]] == [("ann", 0.9)]


def test_a_face_that_was_not_measured_has_no_floor():
    answer = entry(Candidate("ann", 0.9), face=Face((1, 2, 3, 4), 0.9, [0.0, 0.0]))
    assert (answer["decision"], answer["reason"], answer["recognizability"]) == ("match", None, None)


def test_a_face_below_the_floor_takes_nobody_from_the_others():
    options = SearchOptions("acme", k=2, threshold=None, scoring=None, unique_persons=True)
    ann, bob, eve = (Candidate(name, similarity) for name, similarity in (("ann", 0.9), ("bob", 0.3), ("eve", 0.2)))
    results = [SearchResult([ann, bob, eve], Path.EXACT), SearchResult([Candidate("ann", 0.6), bob], Path.EXACT)]
    blurred, clear = options.identities([BLURRED.probe, FACE.probe], results, APPLIED)
    assert (blurred.decision, blurred.candidates) == ("unknown", [ann, bob])
    assert (clear.decision, clear.candidates[0].person) == ("match", "ann")


def test_the_entry_speaks_of_its_best_candidate():
    answer = entry(Candidate("ann", 0.4), Candidate("bob", 0.1))
    assert answer["similarity"] == answer["candidates"][0]["similarity"] == 0.4
    assert answer["probability"] == answer["candidates"][0]["probability"] == 0.5
