"""Enrolments, in sequence and concurrent."""

import asyncio
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest

from apiserver.biometrics.face import Face, Image
from apiserver.biometrics.model import Calibration, Model, Thresholds
from apiserver.database.opening import open_database
from apiserver.deletion.erasure import Erasure
from apiserver.enrolment.gallery import Gallery
from apiserver.people.indexed_faces import Indexed
from apiserver.problems import DatabaseBusy
from apiserver.storage.images import ImageRow, ImageStore
from apiserver.storage.object_store import open_store
from tests.image_rows import image_row

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
    async with open_database(database_url, pool_size=4, timeout_seconds=60) as database:
        yield database


@pytest.fixture
def gallery(connections):
    return Gallery(connections)


@pytest.fixture
def enrol(gallery, connections, tmp_path):
    images = ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=60)

    async def enrol(person, embedding, *, directory="acme", of=None, image=IMAGE):
        content = np.asarray(embedding).tobytes()
        image = image_row(directory, content, image, HOUR)
        await images.save(image, content)
        return await gallery.enrol(person, face(embedding), of or model(), image)

    return enrol


pytestmark = pytest.mark.usefixtures("faces_counted")


@pytest.mark.timing
async def test_many_enrolments_of_one_new_person_at_once(enrol, database):
    await asyncio.gather(*(enrol("ann", vector) for vector in unit_vectors(12, seed=6)))

    assert await database.fetchval("SELECT count(*) FROM persons") == 1
    assert await database.fetchval("SELECT count(*) FROM faces") == 12


@pytest.mark.timing
async def test_a_face_that_is_indexed_several_times_at_once_counts_once(gallery, connections, tmp_path, database):
    images = ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=60)
    await database.execute("INSERT INTO directories (directory) VALUES ('acme')")
    row = await images.save(image_row("acme", b"photograph", IMAGE, HOUR), b"photograph")
    indexed, [vector] = Indexed(UUID(int=1, version=4), None, 10, 10), unit_vectors(1, seed=3)
    enrol = [gallery.enrol(str(indexed.face), face(vector), model(), row, indexed) for _ in range(4)]
    enrolments = await asyncio.gather(*enrol)

    assert sorted(each.created for each in enrolments) == [False, False, False, True]
    assert await database.fetchval("SELECT face_count FROM persons") == 1


@pytest.mark.timing
async def test_faces_that_come_and_go_at_once_are_counted(enrol, connections, database):
    """Every photograph comes twice, and each face that is enrolled first goes again at once, but for those of Ann."""
    erasure = Erasure(connections, timedelta(0))

    async def come_and_go(person, vector):
        face = await enrol(person, vector)
        if person != "ann" and face.created:
            await erasure.face("acme", person, face.face)

    vectors = unit_vectors(12, seed=9)
    people = ["ann", "bob", "cid"]
    await asyncio.gather(*(come_and_go(people[n % 3], vector) for n, vector in enumerate([*vectors, *vectors])))
    counted = dict(map(tuple, await database.fetch("SELECT person, face_count FROM persons")))
    assert (counted["ann"], sorted(counted)) == (4, people)


async def test_an_enrolment_whose_image_was_removed_changes_nothing(gallery, database):
    image = ImageRow("acme", "never-saved.png", "image/png", 1, bytes(32), HOUR)

    with pytest.raises(DatabaseBusy):
        await gallery.enrol("ann", face(unit_vectors(1, seed=7)[0]), model(), image)
    assert await database.fetchval("SELECT count(*) FROM persons") == 0


async def test_one_photograph_by_two_names_is_kept_once(enrol, database):
    """The media type of an image is part of its key, and a bundle may state another one than the image has."""
    [vector] = unit_vectors(1, seed=8)
    first = await enrol("ann", vector)
    again = await enrol("ann", vector, image=Image("image/jpeg", "jpg", width=10, height=10))

    assert (first.created, again.created, again.face) == (True, False, first.face)
    kept = "SELECT image FROM images WHERE expires_at IS NULL"
    assert await database.fetch(kept) == await database.fetch("SELECT image FROM faces")
