"""Searches against exhaustive comparisons in numpy, for each search path."""

import asyncio
from datetime import timedelta

import numpy as np
import pytest

from apiserver.biometrics.face import Image
from apiserver.biometrics.model import Calibration, Model, Scoring, Thresholds
from apiserver.database.opening import open_database
from apiserver.directories.sizes import DirectorySizes
from apiserver.search.cache import CodeCache
from apiserver.search.effort import Efforts
from apiserver.search.identification import Identification, Search
from apiserver.search.indexes import Indexed, Kind, build, drop, valid_indexes
from apiserver.search.placement import placement_of
from apiserver.search.planning import Path, SwitchPoints
from apiserver.search.recall import RecallCheck
from tests.citus import COORDINATOR
from tests.image_rows import image_row
from tests.waiting import PATIENCE_SECONDS

DIMENSION = 64
MATCH = 0.6
EXACT = SwitchPoints(10**9, 10**9, 200, 100, 0)
QUANTIZED = SwitchPoints(0, 10**9, 200, 100, 0)
INDEXED = SwitchPoints(0, 1, 200, 100, 2)
CACHED = SwitchPoints(0, 10**9, 200, 100, 0, cache_bytes=10**6)

INVALIDATE = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{}'::regclass"


def model(name="model", dimension=DIMENSION) -> Model:
    return Model(name, dimension, Calibration(20, -8), Thresholds(MATCH, 0.4))


def unit_vectors(count, seed, dimension=DIMENSION):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def near(vectors, similarity, seed):
    """A vector of about this cosine to each."""
    noise = unit_vectors(len(vectors), seed, vectors.shape[1])
    mixed = similarity * vectors + np.sqrt(1 - similarity**2) * noise
    return mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


@pytest.fixture
def searching(connections):
    """Makes a search with the given switch points; indexes are built first if they are needed."""

    def searching(points, efforts=None, codes=None):
        return Identification(connections, points, efforts or Efforts(0.99), codes)

    return searching


@pytest.fixture
def size_of(connections):
    """Counts the directory of a search."""
    sizes = DirectorySizes(connections)
    return lambda search: sizes.counted(search.directory, search.model.id)


_IN_MEMORY = [] if COORDINATOR else ["cached"]


@pytest.fixture(params=[*Path, *_IN_MEMORY])
def way(request):
    """The search path, or that of codes in memory, which are only those of a single server."""
    return request.param


@pytest.fixture
def path(way):
    return Path.QUANTIZED if way == "cached" else way


@pytest.fixture
def identify(connections, searching, size_of, path, way):
    """Identifies by one path, its indexes built; codes in memory stay those of the first search."""
    codes = CodeCache(connections, CACHED)

    async def identify(probes, *, persons=5, directory="acme", of=None, image=None, **terms):
        used = of or model()
        if path is Path.GRAPH:
            await build(connections, Indexed(directory, used.id, used.dimension), ignore)
        points = {Path.EXACT: EXACT, Path.QUANTIZED: QUANTIZED, Path.GRAPH: INDEXED, "cached": CACHED}[way]
        search = Search(directory, used, persons, **{"match": MATCH, **terms})
        size = await size_of(search)
        if way == "cached" and not codes.of(search.indexed, size.faces):
            assert await codes.load(search.indexed, size.faces)
        identification = searching(points, codes=codes if way == "cached" else None)
        return await identification.identify(search, [list(probe) for probe in probes], size, image)

    return identify


async def ignore(_) -> None:
    pass


def best(people, samples, probe, count):
    """The `count` best persons and cosines, compared one by one."""
    by_person: dict[str, float] = {}
    for person, sample in zip(people, samples, strict=True):
        by_person[person] = max(by_person.get(person, -1.0), float(sample @ probe))
    return sorted(by_person.items(), key=lambda item: -item[1])[:count]


async def test_best_sample_of_every_person_best_person_first(identify, enrol, path):
    samples = unit_vectors(300, seed=1)
    people = [f"person {number % 100}" for number in range(300)]
    await enrol(people, samples)
    probes = near(samples[:37], 0.8, seed=2)  # more than one statement takes

    found = await identify(probes)

    assert [one.path for one in found] == [path] * 37
    for one, probe in zip(found, probes, strict=True):
        everyone = dict(best(people, samples, probe, 100))
        sure = 1 if path is Path.QUANTIZED else 5  # codes of 64 bits distinguish strangers only roughly
        assert [candidate.person for candidate in one.candidates][:sure] == list(everyone)[:sure]
        similarities = [candidate.similarity for candidate in one.candidates]
        assert similarities == sorted(similarities, reverse=True)
        assert similarities == pytest.approx([everyone[c.person] for c in one.candidates], abs=2e-3)


async def test_a_similarity_never_leaves_its_range(identify, enrol):
    samples = unit_vectors(20, seed=3)
    await enrol([f"person {number}" for number in range(20)], samples)

    found = await identify([*samples, *-samples], persons=20)
    similarities = [candidate.similarity for one in found for candidate in one.candidates]
    assert -1 <= min(similarities) < -0.99
    assert 0.99 < max(similarities) <= 1


async def test_directories_and_models_are_kept_apart(identify, enrol, path):
    [vector], [longer] = unit_vectors(1, seed=4), unit_vectors(1, seed=4, dimension=48)
    other = model("it's \\ another", 48)
    await enrol(["ann"], [vector])
    await enrol(["bob"], [vector], directory="else'where\\")
    await enrol(["cid"], [longer], of=other.id)

    async def names(directory, of, probe):
        [found] = await identify([probe], directory=directory, of=of)
        return found.path, [candidate.person for candidate in found.candidates]

    assert await names("acme", model(), vector) == (path, ["ann"])
    assert await names("else'where\\", model(), vector) == (path, ["bob"])
    assert await names("acme", other, longer) == (path, ["cid"])


async def test_an_empty_directory_has_no_candidates(searching, size_of):
    for points in (EXACT, QUANTIZED, INDEXED):
        search = Search("nowhere", model(), 5, MATCH)
        [found] = await searching(points).identify(search, [list(unit_vectors(1, seed=4)[0])], await size_of(search))
        assert found.candidates == []


async def test_persons_of_equal_similarity_are_ordered_by_name(identify, enrol):
    [vector] = unit_vectors(1, seed=5)
    await enrol(["b", "C", "a"], [vector] * 3)
    [found] = await identify([vector])
    assert [candidate.person for candidate in found.candidates] == ["C", "a", "b"]


@pytest.mark.parametrize("way", [Path.EXACT, *_IN_MEMORY], indirect=True)
async def test_the_faces_of_a_crowd_have_the_candidates_that_each_would_have_alone(identify, enrol):
    samples = unit_vectors(300, seed=24)
    people = [f"person {number}" for number in range(300)]
    await enrol([*people, "twin"], [*samples, samples[250]])  # as similar as another, and far behind the first ones
    probes = [*near(samples[230:265], 0.8, seed=25), *samples[250:251]]

    found = await identify(probes)
    assert found == [one for probe in probes for one in await identify([probe])]
    assert [each.person for each in found[-1].candidates[:2]] == ["person 250", "twin"]


async def test_a_crowd_needs_no_second_connection(database_url, enrol):
    samples = unit_vectors(60, seed=26)
    await enrol([f"person {number}" for number in range(60)], samples)
    async with open_database(database_url, pool_size=1, timeout_seconds=30) as database:
        search = Search("acme", model(), 5, MATCH)
        size = await DirectorySizes(database).counted("acme", "model")
        codes = CodeCache(database, CACHED)
        assert await codes.load(search.indexed, 60) is not bool(COORDINATOR)
        for points in (EXACT, CACHED):
            identification = Identification(database, points, Efforts(0.99), codes)
            found = await identification.identify(search, [list(each) for each in (*samples, *samples, *samples)], size)
            assert [one.candidates[0].person for one in found] == 3 * [f"person {number}" for number in range(60)]


async def test_the_mean_weighs_samples_by_their_score(identify, enrol, path):
    ann, bob = unit_vectors(2, seed=6)
    await enrol(["ann", "ann", "bob"], [ann, bob, near(ann[None], 0.7, seed=7)[0]], scores=[0.9, 0.3, 0.5])

    [found] = await identify([ann], scoring=Scoring.MEAN)

    # The graph ranks people by one photograph each, so it is left out.
    assert found.path is (Path.QUANTIZED if path is Path.GRAPH else path)
    means = {"ann": (0.9 * 1 + 0.3 * float(ann @ bob)) / 1.2, "bob": 0.7}
    assert {c.person: c.similarity for c in found.candidates} == pytest.approx(means, abs=0.1)
    assert next(c.similarity for c in found.candidates if c.person == "ann") == pytest.approx(means["ann"], abs=2e-3)


async def test_the_mean_of_samples_without_a_score_is_a_plain_one(identify, enrol):
    ann, bob = unit_vectors(2, seed=6)
    await enrol(["ann", "ann", "bob"], [ann, bob, near(ann[None], 0.9, seed=7)[0]], scores=[0.0, 0.0, 0.5])

    [found] = await identify([ann], scoring=Scoring.MEAN)

    assert [candidate.person for candidate in found.candidates] == ["bob", "ann"]
    assert found.candidates[1].similarity == pytest.approx((1 + float(ann @ bob)) / 2, abs=2e-3)


async def test_people_are_listed_although_one_has_most_photographs(identify, enrol):
    [ann], others = unit_vectors(1, seed=8), unit_vectors(10, seed=9)
    await enrol(
        ["ann"] * 400 + [f"person {n}" for n in range(10)], [*near(np.repeat(ann[None], 400, 0), 0.9, 10), *others]
    )

    [found] = await identify([ann], persons=5)

    assert len(found.candidates) == 5
    assert found.candidates[0].person == "ann"


async def test_a_scan_decides_if_the_graph_does_not(connections, searching, size_of, enrol):
    samples = unit_vectors(500, seed=11)
    await enrol([f"person {number}" for number in range(500)], samples)
    await build(connections, Indexed("acme", "model", DIMENSION), ignore)
    probes = [near(samples[:1], 0.8, seed=12)[0], -samples[:].sum(axis=0) / 100]

    search = Search("acme", model(), 3, MATCH)
    found = await searching(INDEXED).identify(search, [list(probe) for probe in probes], await size_of(search))

    assert [one.path for one in found] == [Path.GRAPH, Path.QUANTIZED]
    assert found[0].candidates[0].person == "person 0"


async def test_the_row_of_the_image_is_written_with_the_search(identify, enrol, database):
    [vector] = unit_vectors(1, seed=13)
    await enrol(["ann"], [vector])
    for number, probes in enumerate([[], [vector], [vector] * 20]):
        row = image_row("acme", b"%d" % number, Image("image/png", "png", width=10, height=10), timedelta(hours=1))
        found = await identify(probes, image=row)
        assert [[candidate.person for candidate in one.candidates] for one in found] == [["ann"] for _ in probes]
        assert await database.fetchval("SELECT expires_at > now() FROM images WHERE image = $1", row.key)


async def test_faces_that_come_and_go_are_seen_by_every_path(identify, enrol, database):
    samples = unit_vectors(100, seed=14)
    await enrol([f"person {number}" for number in range(99)], samples[:99])
    await identify(samples[:1])  # builds the indexes
    await database.execute("DELETE FROM faces WHERE person = 'person 0'")
    await enrol(["late"], samples[99:], of="model")

    gone, late = await identify([samples[0], samples[99]])
    assert "person 0" not in [candidate.person for candidate in gone.candidates]
    assert late.candidates[0].person == "late"


async def test_a_search_of_a_large_directory_requests_its_indexes(searching, size_of, enrol, database):
    await enrol(["ann"], unit_vectors(1, seed=15))
    identification = searching(INDEXED)
    for _ in range(2):
        search = Search("acme", model(), 5, MATCH)
        await identification.identify(search, [list(unit_vectors(1, seed=15)[0])], await size_of(search))

    jobs = await database.fetch("SELECT queue_name, args FROM procrastinate_jobs")
    assert [job["queue_name"] for job in jobs] == ["search-index"]


@pytest.mark.timing
async def test_indexes_are_dropped_and_forgotten(connections, enrol, database):
    indexed = Indexed("acme", "model", DIMENSION)
    await enrol(["ann"], unit_vectors(1, seed=16))
    await asyncio.gather(*(build(connections, indexed, ignore) for _ in range(2)))
    assert await valid_indexes(connections, indexed) == set(Kind)
    await drop(connections, indexed)
    assert await valid_indexes(connections, indexed) == set()
    assert await database.fetchval("SELECT count(*) FROM search_indexes") == 0


async def test_a_half_built_index_is_not_searched_and_is_built_again(connections, searching, size_of, enrol):
    indexed = Indexed("acme", "model", DIMENSION)
    samples = unit_vectors(10, seed=17)
    await enrol([f"person {number}" for number in range(10)], samples)
    await build(connections, indexed, ignore)
    async with connections.unbound() as connection:
        placement = await placement_of(connection, "acme")
        await placement.execute(connection, INVALIDATE.format(indexed.name(Kind.GRAPH)), PATIENCE_SECONDS)
    assert await valid_indexes(connections, indexed) == {Kind.CODES}

    search = Search("acme", model(), 3, MATCH)
    [found] = await searching(INDEXED).identify(search, [list(samples[0])], await size_of(search))
    assert (found.path, found.candidates[0].person) == (Path.QUANTIZED, "person 0")

    await build(connections, indexed, ignore)
    assert await valid_indexes(connections, indexed) == set(Kind)
    [found] = await searching(INDEXED).identify(search, [list(samples[0])], await size_of(search))
    assert (found.path, found.candidates[0].person) == (Path.GRAPH, "person 0")


async def test_a_directory_whose_answers_are_wrong_is_searched_harder(searching, size_of, enrol, caplog):
    """Codes of two dimensions distinguish four kinds of people, so candidates by code are no better than chance."""
    flat = model(dimension=2)
    angles = np.linspace(0, 0.5 * np.pi, 3000)
    await enrol([f"person {n}" for n in range(3000)], np.stack([np.cos(angles), np.sin(angles)], axis=1))
    efforts = Efforts(lowest_recall=0.99)
    identification = searching(SwitchPoints(0, 10**9, 50, 100, 0), efforts)
    check = RecallCheck(identification, efforts, share=1)
    search = Search("acme", flat, 1, 0.9)
    size = await size_of(search)
    for angle in np.random.default_rng(18).uniform(0, 0.5 * np.pi, 100):
        probe = [np.cos(angle), np.sin(angle)]
        [found] = await identification.identify(search, [probe], size)
        await check.check(search, probe, found)

    effort = efforts.of(("acme", "model"))
    assert effort.exact
    assert found.path is Path.EXACT
    assert "now it is searched exactly" in caplog.text
    assert check.verdicts.total() == 100
    assert 0 < check.verdicts[Path.QUANTIZED, True] < 100


async def test_a_small_directory_is_searched_exactly(enrol, searching, size_of):
    vectors = unit_vectors(3, seed=1)
    await enrol(["ann", "bo", "cy"], vectors)
    search = Search("acme", model(), 1, MATCH)
    size = await size_of(search)
    for exact_faces, path in ((3, Path.EXACT), (2, Path.QUANTIZED)):
        [result] = await searching(SwitchPoints(exact_faces, 10**9, 200, 100, 0)).identify(
            search, [vectors[0].tolist()], size
        )
        assert (result.path, result.candidates[0].person) == (path, "ann")


RESTRICT = "UPDATE persons SET restricted = true WHERE directory = 'acme' AND person = ANY ($1)"
CONSENT = """
UPDATE persons SET consent_given_at = now(), consent_text = 'v1', consent_basis = 'consent'
WHERE directory = 'acme' AND person <> ALL ($1)
"""


async def leave_out(connections, people, *, by_consent):
    """Restrict people, or give everybody else a consent."""
    async with connections.connection() as connection:
        await connection.execute(CONSENT if by_consent else RESTRICT, people)


@pytest.mark.parametrize("by_consent", [False, True])
@pytest.mark.parametrize("share", [0.01, 0.9])
async def test_who_is_left_out_takes_no_place_of_others(identify, enrol, connections, by_consent, share):
    samples = unit_vectors(300, seed=31)
    people = [f"person {number}" for number in range(300)]
    await enrol(people, samples)
    probes = near(samples[-20:], 0.8, seed=32)
    out = set(people[: round(300 * share)])
    await leave_out(connections, sorted(out), by_consent=by_consent)

    found = await identify(probes, consent_required=by_consent)

    assert [result.candidates[0].person for result in found] == people[-20:]
    assert {len(result.candidates) for result in found} == {5}
    assert not out & {one.person for result in found for one in result.candidates}


async def test_a_restricted_person_with_many_photographs_hides_nobody(identify, enrol, connections):
    centre = unit_vectors(1, seed=33)
    crowd = near(np.repeat(centre, 300, axis=0), 0.95, seed=34)
    others = near(np.repeat(centre, 5, axis=0), 0.7, seed=35)
    await enrol(["many"] * 300 + [f"other {number}" for number in range(5)], np.concatenate([crowd, others]))
    await leave_out(connections, ["many"], by_consent=False)

    [result] = await identify(centre)

    expected = best([f"other {number}" for number in range(5)], others, centre[0], 5)
    assert [one.person for one in result.candidates] == [person for person, _ in expected]


async def test_a_consent_that_ends_between_two_searches_ends_the_naming(identify, enrol, connections):
    samples = unit_vectors(50, seed=36)
    await enrol([f"person {number}" for number in range(50)], samples)
    await leave_out(connections, [], by_consent=True)
    [before] = await identify(samples[:1], consent_required=True)
    async with connections.connection() as connection:
        await connection.execute("UPDATE persons SET consent_withdrawn_at = now() WHERE person = 'person 0'")
    [after] = await identify(samples[:1], consent_required=True)

    assert before.candidates[0].person == "person 0"
    assert len(after.candidates) == 5
    assert "person 0" not in {one.person for one in after.candidates}
