"""The persons of /recognize."""

from apiserver.api.recognize import recognized_person
from apiserver.biometrics.face import Candidate, Face
from apiserver.biometrics.model import Calibration, Model, Thresholds
from apiserver.recognition.candidates import SearchOptions
from apiserver.search.identification import SearchResult
from apiserver.search.planning import Path

THRESHOLDS = Thresholds(match=0.5, review=0.4)
MODEL = Model("model", 2, Calibration(slope=20, intercept=-8), THRESHOLDS)
FACE = Face((1, 2, 3, 4), 0.98765432, [0.0, 0.0])


def entry(*candidates: Candidate):
    options = SearchOptions("acme", k=5, threshold=None, scoring=None, unique_persons=False)
    [identity] = options.identities([SearchResult(list(candidates), Path.EXACT)], THRESHOLDS)
    return recognized_person(FACE, identity, MODEL).model_dump(mode="json", exclude_unset=True)


def test_nobody_enrolled():
    assert entry() == {
        "box": [1, 2, 3, 4],
        "score": 0.987654,
        "probability": 0.0,
        "similarity": None,
        "decision": "unknown",
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


def test_the_entry_speaks_of_its_best_candidate():
    answer = entry(Candidate("ann", 0.4), Candidate("bob", 0.1))
    assert answer["similarity"] == answer["candidates"][0]["similarity"] == 0.4
    assert answer["probability"] == answer["candidates"][0]["probability"] == 0.5
