"""The tail of impostor scores, and its published figures."""

import json
import tomllib

import numpy as np
import pytest
from scipy.stats import genpareto

from bench.accuracy.impostor_tail import fit_tail, genuine_scores, impostor_scores
from bench.accuracy.real_galleries import comparisons_of_samples, search_real_people
from bench.accuracy.stranger_rates import interval
from bench.documents.fill import fill, read_records
from bench.photographs.synthetic_embeddings import SyntheticPeople, another_photograph
from tests.checkout import ROOT

RECORDS = [one for one in read_records(ROOT / "bench" / "results") if one["kind"] == "open_set"]
DOCUMENT = (ROOT / "docs" / "thresholds.md").read_text()


def crowd(people: int, photographs: int = 2, dimension: int = 24, seed: int = 0):
    random = np.random.default_rng(seed)
    identity = random.normal(size=(people, 1, dimension))
    vectors = (identity + 0.3 * random.normal(size=(people, photographs, dimension))).reshape(-1, dimension)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.repeat(np.arange(people), photographs)


def test_scores_of_one_person_and_of_two():
    embeddings = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    people = np.array([0, 0, 1])
    assert genuine_scores(embeddings, people) == pytest.approx([0.8])
    assert sorted(impostor_scores(embeddings, people)) == pytest.approx([0, 0.6])


def test_the_fit_recovers_a_known_tail():
    scores = genpareto.rvs(-0.1, loc=0.2, scale=0.03, size=400_000, random_state=np.random.default_rng(1))
    tail = fit_tail(scores, rate=0.05)
    for rate in (1e-3, 1e-5):
        assert tail.cosine(rate) == pytest.approx(genpareto.isf(rate, -0.1, loc=0.2, scale=0.03), abs=0.01)


def test_real_galleries_keep_the_rate_where_people_are_independent():
    embeddings, people = crowd(600)
    rates = {one.fpir_asked: one for one in search_real_people(embeddings, people, 100, seed=3)}
    assert 0.5 < rates[0.01].fpir / 0.01 < 2
    assert rates[0.01].fpir_low < rates[0.01].fpir < rates[0.01].fpir_high
    assert rates[0.01].fitted_people == 300
    assert rates[0.001].threshold > rates[0.01].threshold
    assert rates[0.001].fnir >= rates[0.01].fnir


def test_equal_photographs_of_a_person_are_one_comparison():
    embeddings, people = crowd(300, photographs=1)
    assert comparisons_of_samples(np.repeat(embeddings, 2, axis=0), np.repeat(people, 2), 2) == pytest.approx(1)


def test_second_photographs_of_synthetic_people_have_the_requested_cosines():
    population = SyntheticPeople(np.zeros(24, np.float32), np.eye(24, dtype=np.float32), np.full(6, 0.05))
    enrolled = population.draw(500, seed=1)
    again = another_photograph(enrolled, population, np.array([0.5, 0.7]), seed=2)
    cosines = np.sum(enrolled * again, axis=1)
    assert set(np.round(cosines, 3)) == {np.float32(0.5), np.float32(0.7)}


def test_draws_differ_by_their_seed_only():
    population = SyntheticPeople(np.zeros(8, np.float32), np.eye(8, dtype=np.float32), np.full(6, 0.05))
    assert np.array_equal(population.draw(20, 1), population.draw(20, 1))
    assert not np.array_equal(population.draw(20, 1), population.draw(20, 2))


def test_an_interval_of_none_in_a_thousand_ends_where_the_rule_of_three_says():
    low, high = interval(0, 1000)
    assert low == 0
    assert 0.003 < high < 0.004


def test_the_tables_are_those_of_the_records():
    assert fill(DOCUMENT, RECORDS) == DOCUMENT, "run python -m bench performance docs/thresholds.md"
    assert len(RECORDS) == 2


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["models"])
def test_the_manifest_holds_the_measured_tail(record):
    manifest = tomllib.loads((ROOT / "vectorizer" / "packs" / "manifest.toml").read_text())
    [shipped] = [entry for entry in manifest["embedders"] if entry["name"] == record["models"]]
    assert shipped["tail"] == record["tail"]
    assert shipped["calibrated"]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["models"])
def test_records_hold_no_path_of_a_machine(record):
    words = json.dumps(record).replace('"', " ").split()
    assert not [word for word in words if word.startswith(("/", "file:"))]
