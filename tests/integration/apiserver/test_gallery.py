"""The identification statement against an exhaustive comparison in numpy."""

import asyncio
from datetime import timedelta

import numpy as np
import pytest

from apiserver.database import open_database
from apiserver.faces import Calibration, Face, Image, Model, Thresholds
from apiserver.gallery import Gallery
from apiserver.image_store import ImageRow, ImageStore, image_row, open_store
from apiserver.problems import DatabaseBusy

DIMENSION = 32
IMAGE = Image("image/png", "png", width=10, height=10)
HOUR = timedelta(hours=1)


def model(name: str = "model", dimension: int = DIMENSION) -> Model:
    return Model(name, dimension, Calibration(20, -8), Thresholds(0.5, 0.4))


def face(embedding) -> Face:
    return Face((1, 2, 3, 4), 0.9, np.asarray(embedding, dtype=np.float32).tolist(), b"crop")


def unit_vectors(count: int, seed: int, dimension: int = DIMENSION):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=4, timeout_seconds=5) as database:
        yield database


@pytest.fixture
def gallery(connections):
    return Gallery(connections)


@pytest.fixture
def enrol(gallery, connections, tmp_path):
    images = ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=5)

    async def enrol(person, embedding, *, directory="acme", of=None):
        content = np.asarray(embedding).tobytes()
        image = image_row(directory, content, IMAGE, HOUR)
        await images.save(image, content)
        return await gallery.enrol(person, face(embedding), of or model(), image)

    return enrol


async def test_best_sample_of_every_person_best_person_first(gallery, enrol):
    samples, probes = unit_vectors(30, seed=1), unit_vectors(4, seed=2)
    people = [f"person {number % 10}" for number in range(30)]
    for person, sample in zip(people, samples, strict=True):
        await enrol(person, sample)

    ranked = await gallery.identify("acme", model(), [face(probe) for probe in probes], 5)

    for candidates, probe in zip(ranked, probes, strict=True):
        best: dict[str, float] = {}
        for person, sample in zip(people, samples, strict=True):
            best[person] = max(best.get(person, -1), float(sample @ probe))
        expected = sorted(best.items(), key=lambda item: -item[1])[:5]
        assert [candidate.person for candidate in candidates] == [person for person, _ in expected]
        assert [candidate.similarity for candidate in candidates] == pytest.approx(
            [similarity for _, similarity in expected], abs=2e-3
        )


async def test_a_similarity_never_leaves_its_range(gallery, enrol):
    samples = unit_vectors(20, seed=3)
    for number, sample in enumerate(samples):
        await enrol(f"person {number}", sample)

    both_ways = [face(sample) for sample in (*samples, *-samples)]
    ranked = await gallery.identify("acme", model(), both_ways, 20)
    similarities = [candidate.similarity for candidates in ranked for candidate in candidates]
    assert -1 <= min(similarities) < -0.99
    assert 0.99 < max(similarities) <= 1


async def test_directories_and_models_are_kept_apart(gallery, enrol):
    [vector], [longer] = unit_vectors(1, seed=4), unit_vectors(1, seed=4, dimension=48)
    other = model("other", 48)
    await enrol("ann", vector)
    await enrol("bob", vector, directory="elsewhere")
    await enrol("cid", longer, of=other)

    assert [c.person for c in (await gallery.identify("acme", model(), [face(vector)], 5))[0]] == ["ann"]
    assert [c.person for c in (await gallery.identify("acme", other, [face(longer)], 5))[0]] == ["cid"]
    assert await gallery.identify("nowhere", model(), [face(vector)], 5) == [[]]


async def test_equals_are_ordered_by_name(gallery, enrol):
    [vector] = unit_vectors(1, seed=5)
    for person in ("b", "C", "a"):
        await enrol(person, vector)
    [candidates] = await gallery.identify("acme", model(), [face(vector)], 5)
    assert [candidate.person for candidate in candidates] == ["C", "a", "b"]


async def test_no_faces_need_no_database(gallery):
    assert await gallery.identify("acme", model(), [], 5) == []


async def test_many_enrolments_of_one_new_person_at_once(enrol, database):
    await asyncio.gather(*(enrol("ann", vector) for vector in unit_vectors(12, seed=6)))

    assert await database.fetchval("SELECT count(*) FROM persons") == 1
    assert await database.fetchval("SELECT count(*) FROM faces") == 12


async def test_an_enrolment_whose_image_was_removed_changes_nothing(gallery, database):
    image = ImageRow("acme", "never-saved.png", "image/png", 1, bytes(32), HOUR)

    with pytest.raises(DatabaseBusy):
        await gallery.enrol("ann", face(unit_vectors(1, seed=7)[0]), model(), image)
    assert await database.fetchval("SELECT count(*) FROM persons") == 0


async def test_the_row_of_the_image_is_written_with_the_search(gallery, enrol, database):
    [vector] = unit_vectors(1, seed=8)
    await enrol("ann", vector)
    for number, faces in enumerate([[], [face(vector)]]):
        row = image_row("acme", b"%d" % number, IMAGE, HOUR)
        ranked = await gallery.identify("acme", model(), faces, 5, row)
        assert [[candidate.person for candidate in candidates] for candidates in ranked] == [["ann"] for _ in faces]
        assert await database.fetchval("SELECT expires_at > now() FROM images WHERE image = $1", row.key)
