"""Persons made one, and several again, also while others learn."""

import asyncio
import json
import random
from datetime import timedelta
from uuid import uuid4

import pytest

from apiserver.biometrics.face import Face, Image
from apiserver.biometrics.model import Calibration, Model, Thresholds
from apiserver.database.opening import open_database
from apiserver.enrolment.gallery import Gallery
from apiserver.people import merges, splits
from apiserver.problems import (
    ExternalIdTaken,
    FaceNotFound,
    InvalidField,
    MergeNotFound,
    MergeUndone,
    PersonExists,
    PersonNotFound,
    Problem,
)
from apiserver.storage.images import ImageStore
from apiserver.storage.object_store import open_store
from tests.image_rows import image_row

pytestmark = pytest.mark.usefixtures("faces_counted")

MODEL = Model("model", 2, Calibration(20, -8), Thresholds(0.5, 0.4))
IMAGE = Image("image/png", "png", width=10, height=10)


@pytest.fixture
async def connections(database_url):
    async with open_database(database_url, pool_size=8, timeout_seconds=60) as connections:
        yield connections


@pytest.fixture
def enrol(connections, tmp_path):
    images = ImageStore(open_store(f"file://{tmp_path}/images"), connections, timeout_seconds=60)

    async def enrol(person, photograph, left=1, image=IMAGE):
        image = image_row("acme", photograph.encode(), image, timedelta(hours=1))
        await images.save(image, photograph.encode())
        face = Face((left, 2, 30, 40), 0.9, [1.0, left / 100], b"crop")
        return (await Gallery(connections).enrol(person, face, MODEL, image)).face

    return enrol


@pytest.fixture
def merge(connections):
    async def merge(person, *others):
        async with connections.connection() as connection:
            return await merges.merge(connection, "acme", person, others)

    return merge


@pytest.fixture
def undo(connections):
    async def undo(person, number, *, into_existing=False):
        async with connections.connection() as connection:
            return await splits.undo(connection, "acme", person, number, into_existing=into_existing)

    return undo


@pytest.fixture
def take(connections):
    async def take(person, faces, name, *, into_existing=False):
        async with connections.connection() as connection:
            await splits.take_faces(connection, "acme", person, faces, name, into_existing=into_existing)

    return take


@pytest.fixture
def holdings(database):
    """Returns whose the faces are: the faces of each person."""

    async def holdings():
        rows = await database.fetch(
            "SELECT person, array_agg(face) FILTER (WHERE face IS NOT NULL) AS faces"
            " FROM persons LEFT JOIN faces USING (directory, person) GROUP BY person"
        )
        return {row["person"]: set(row["faces"] or ()) for row in rows}

    return holdings


async def describe(database, person, **details):
    await database.execute(
        "UPDATE persons SET display_name = $2, external_id = $3, metadata = $4, created_at = '2020-01-01' "
        "WHERE person = $1",
        person,
        details.get("display_name"),
        details.get("external_id"),
        json.dumps(details.get("metadata", {})),
    )


async def described(database, person):
    return dict(
        await database.fetchrow(
            "SELECT display_name, external_id, metadata, created_at FROM persons WHERE person = $1", person
        )
    )


async def test_a_merge_and_back(enrol, merge, undo, holdings, database):
    ann, bob, cid = await enrol("ann", "a"), await enrol("bob", "b"), await enrol("cid", "c")
    await describe(database, "ann", display_name="Ann")
    await describe(database, "bob", display_name="Bob", external_id="7", metadata={"team": "blue"})
    before = await described(database, "bob")

    number = await merge("ann", "bob", "cid")
    assert await holdings() == {"ann": {ann, bob, cid}}
    assert (await described(database, "ann"))["display_name"] == "Ann"

    assert await undo("ann", number) == ["bob", "cid"]
    assert await holdings() == {"ann": {ann}, "bob": {bob}, "cid": {cid}}
    assert await described(database, "bob") == before
    with pytest.raises(MergeUndone):
        await undo("ann", number)
    for table in ("merged_persons", "merged_faces", "collapsed_faces"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608


async def test_one_photograph_of_two_is_one_face_and_comes_back_as_it_was(enrol, merge, undo, holdings, database):
    ann, bob, cid = await enrol("ann", "both", left=1), await enrol("bob", "both", left=20), await enrol("cid", "both")
    before = await database.fetch("SELECT * FROM faces ORDER BY face")

    number = await merge("ann", "bob", "cid")
    assert await holdings() == {"ann": {ann}}

    await undo("ann", number)
    assert await holdings() == {"ann": {ann}, "bob": {bob}, "cid": {cid}}
    assert await database.fetch("SELECT * FROM faces ORDER BY face") == before


async def test_what_was_deleted_since_does_not_come_back(enrol, merge, undo, holdings, database):
    ann, bob, both = await enrol("ann", "a"), await enrol("bob", "b"), await enrol("ann", "both")
    stays, _ = await enrol("bob", "stays"), await enrol("bob", "both")
    number = await merge("ann", "bob")
    await database.execute("DELETE FROM faces WHERE face = ANY ($1)", [bob, both])

    await undo("ann", number)

    assert await holdings() == {"ann": {ann}, "bob": {stays}}


async def test_who_is_gone_leaves_no_history(enrol, merge, database):
    await enrol("ann", "both")
    await enrol("bob", "both")
    await enrol("bob", "b")
    await merge("ann", "bob")

    await database.execute("DELETE FROM faces")
    await database.execute("DELETE FROM persons")

    for table in ("merges", "merged_persons", "merged_faces", "collapsed_faces"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608


@pytest.mark.parametrize("order", [1, -1])
async def test_merges_of_merges_are_undone_in_any_order(enrol, merge, undo, holdings, order):
    ann, bob, cid = await enrol("ann", "a"), await enrol("bob", "b"), await enrol("cid", "c")
    first, second = await merge("bob", "cid"), await merge("ann", "bob")
    assert await holdings() == {"ann": {ann, bob, cid}}

    if order == 1:
        await undo("ann", first)
        assert await holdings() == {"ann": {ann, bob}, "cid": {cid}}
        await undo("ann", second)
    else:
        await undo("ann", second)
        assert await holdings() == {"ann": {ann}, "bob": {bob, cid}}
        await undo("bob", first)
    assert await holdings() == {"ann": {ann}, "bob": {bob}, "cid": {cid}}


async def test_a_photograph_that_fell_together_twice_comes_back_twice(enrol, merge, undo, holdings):
    ann, bob, cid = await enrol("ann", "x"), await enrol("bob", "x"), await enrol("cid", "x")
    first, second = await merge("bob", "cid"), await merge("ann", "bob")

    await undo("ann", second)
    await undo("bob", first)

    assert await holdings() == {"ann": {ann}, "bob": {bob}, "cid": {cid}}


@pytest.mark.parametrize("order", [1, -1])
async def test_a_face_that_was_moved_and_then_fell_together_goes_back(enrol, merge, undo, holdings, order):
    ann, bob, cid = await enrol("ann", "a"), await enrol("bob", "x"), await enrol("cid", "x")
    first, second = await merge("ann", "bob"), await merge("cid", "ann")
    assert await holdings() == {"cid": {ann, cid}}

    if order == 1:
        await undo("cid", first)
        assert await holdings() == {"bob": {bob}, "cid": {ann, cid}}
        await undo("cid", second)
    else:
        await undo("cid", second)
        assert await holdings() == {"ann": {ann, bob}, "cid": {cid}}
        await undo("ann", first)
    assert await holdings() == {"ann": {ann}, "bob": {bob}, "cid": {cid}}


async def test_who_was_taken_back_goes_with_nobody_elses_merge(enrol, merge, undo, holdings):
    """Bob comes to cid with ann, is taken back, and comes again by himself."""
    ann, bob, cid = await enrol("ann", "a"), await enrol("bob", "b"), await enrol("cid", "c")
    first, with_ann = await merge("ann", "bob"), await merge("cid", "ann")
    await undo("cid", first)
    alone = await merge("cid", "bob")

    await undo("cid", with_ann)
    assert await holdings() == {"ann": {ann}, "cid": {bob, cid}}
    await undo("cid", alone)
    assert await holdings() == {"ann": {ann}, "bob": {bob}, "cid": {cid}}


async def test_who_was_taken_back_goes_with_nobody_elses_merge_where_photographs_fall_together(
    enrol, merge, undo, holdings
):
    ann, bob, cid, dan = [await enrol(*one) for one in (("ann", "a"), ("bob", "x"), ("cid", "x"), ("dan", "d"))]
    first, second, third = await merge("ann", "bob"), await merge("dan", "ann"), await merge("cid", "dan")
    await undo("cid", first)
    alone = await merge("cid", "bob")

    await undo("cid", second)
    assert await holdings() == {"ann": {ann}, "cid": {cid, dan}}
    await undo("cid", alone)
    await undo("cid", third)
    assert await holdings() == {"ann": {ann}, "bob": {bob}, "cid": {cid}, "dan": {dan}}


async def test_a_face_given_away_goes_with_nobody_elses_merge(enrol, merge, undo, take, holdings):
    ann, wrong, cid = await enrol("ann", "a"), await enrol("ann", "w"), await enrol("cid", "c")
    first = await merge("cid", "ann")
    await take("cid", [wrong], "bob")
    await merge("cid", "bob")

    await undo("cid", first)

    assert await holdings() == {"ann": {ann}, "cid": {wrong, cid}}


@pytest.mark.parametrize("seed", range(6))
async def test_once_all_merges_are_undone_everybody_is_as_before(enrol, merge, undo, holdings, database, seed):  # noqa: PLR0917
    chance = random.Random(seed)
    before = {}
    for person in ("ann", "bob", "cid", "dan", "eve"):
        photographs = [person, *chance.sample(["x", "y"], chance.choice([0, 1, 2]))]
        before[person] = {await enrol(person, photograph) for photograph in photographs}

    async def undo_one():
        merges = await database.fetch("SELECT person, merge FROM merges WHERE undone_at IS NULL ORDER BY merged_at")
        return bool(merges) and await undo(*chance.choice(merges))

    for _ in range(14):
        people = sorted(await holdings())
        if len(people) > 1 and chance.random() < 0.6:
            await merge(*chance.sample(people, 2))
        else:
            await undo_one()
    while await undo_one():
        pass

    assert await holdings() == before


async def kept_images(database):
    return {row["image"] for row in await database.fetch("SELECT image FROM images WHERE expires_at IS NULL")}


async def shown_images(database):
    return {row["person"]: row["image"] for row in await database.fetch("SELECT person, image FROM faces")}


async def test_the_face_that_is_kept_shows_the_photograph_of_the_other(enrol, merge, undo, database):
    await enrol("ann", "x")
    await enrol("bob", "x")
    [image] = await kept_images(database)
    await database.execute("UPDATE faces SET image = NULL WHERE person = 'ann'")  # imported without its photograph

    number = await merge("ann", "bob")
    assert await shown_images(database) == {"ann": image}
    await undo("ann", number)
    assert await shown_images(database) == {"ann": image, "bob": image}
    assert await kept_images(database) == {image}


async def test_a_face_given_to_who_has_its_photograph_leaves_that_behind(enrol, take, database):
    ann = await enrol("ann", "x")
    await enrol("bob", "x")
    await database.execute("UPDATE faces SET image = NULL WHERE person = 'bob'")

    await take("ann", [ann], "bob", into_existing=True)

    assert {(await shown_images(database))["bob"]} == await kept_images(database) != {None}


async def test_a_photograph_that_no_face_shows_any_more_expires(enrol, merge, undo, database):
    await enrol("ann", "x")
    await enrol("bob", "x", image=Image("image/jpeg", "jpg", width=10, height=10))
    before = await shown_images(database)

    number = await merge("ann", "bob")
    assert await kept_images(database) == {before["ann"]}
    await undo("ann", number)
    assert await shown_images(database) == {"ann": before["ann"], "bob": before["ann"]}


async def test_a_merge_of_somebody_who_is_not_there_changes_nothing(enrol, merge, holdings, database):
    ann, bob = await enrol("ann", "a"), await enrol("bob", "b")
    for persons in (("ann", "bob", "nobody"), ("nobody", "ann")):
        with pytest.raises(PersonNotFound, match="'nobody'"):
            await merge(*persons)
    assert await holdings() == {"ann": {ann}, "bob": {bob}}
    assert await database.fetchval("SELECT count(*) FROM merges") == 0


async def test_an_undo_that_cannot_be_changes_nothing(enrol, merge, undo, holdings, database):
    await enrol("ann", "a")
    await enrol("bob", "b")
    await enrol("cid", "c")
    await describe(database, "bob", external_id="7")
    number = await merge("ann", "bob")
    merged = await holdings()

    with pytest.raises(MergeNotFound):
        await undo("cid", number)
    with pytest.raises(MergeNotFound):
        await undo("ann", uuid4())
    await describe(database, "cid", external_id="7")
    with pytest.raises(ExternalIdTaken):
        await undo("ann", number)
    assert await holdings() == merged


async def test_an_undo_beside_somebody_of_the_same_name(enrol, merge, undo, holdings):
    ann, bob, new = await enrol("ann", "a"), await enrol("bob", "b"), None
    number = await merge("ann", "bob")
    new = await enrol("bob", "new")

    with pytest.raises(PersonExists):
        await undo("ann", number)
    assert await holdings() == {"ann": {ann, bob}, "bob": {new}}
    await undo("ann", number, into_existing=True)
    assert await holdings() == {"ann": {ann}, "bob": {bob, new}}


async def test_chosen_faces_are_somebody_elses(enrol, take, holdings):
    ann, bob, more = await enrol("ann", "a"), await enrol("ann", "b"), await enrol("ann", "c")

    await take("ann", [bob], "bob")
    assert await holdings() == {"ann": {ann, more}, "bob": {bob}}

    with pytest.raises(PersonExists):
        await take("ann", [more], "bob")
    with pytest.raises(FaceNotFound):
        await take("ann", [more, bob], "bob", into_existing=True)
    with pytest.raises(InvalidField):
        await take("ann", [more], "ann", into_existing=True)
    assert await holdings() == {"ann": {ann, more}, "bob": {bob}}
    await take("ann", [more], "bob", into_existing=True)
    assert await holdings() == {"ann": {ann}, "bob": {bob, more}}


async def test_a_face_onto_somebody_who_has_its_photograph_is_one_face(enrol, take, holdings):
    ann, bob = await enrol("ann", "both"), await enrol("bob", "both")
    await take("ann", [ann], "bob", into_existing=True)
    assert await holdings() == {"ann": set(), "bob": {bob}}


async def test_a_face_given_away_since_is_not_taken_back(enrol, merge, undo, take, holdings):
    ann, bob = await enrol("ann", "a"), await enrol("bob", "b")
    number = await merge("ann", "bob")
    await take("ann", [bob], "cid")

    await undo("ann", number)

    assert await holdings() == {"ann": {ann}, "bob": set(), "cid": {bob}}


async def test_photographs_on_which_somebody_was_recognized_follow(enrol, merge, undo, database):
    await enrol("ann", "a")
    await enrol("bob", "b")
    await database.execute("INSERT INTO matched_images SELECT directory, 'bob', min(image) FROM images GROUP BY 1")

    number = await merge("ann", "bob")
    assert await database.fetch("SELECT person FROM matched_images") == [("ann",)]
    await undo("ann", number)
    assert {row["person"] for row in await database.fetch("SELECT person FROM matched_images")} == {"ann", "bob"}


@pytest.mark.timing
async def test_what_is_learned_during_merges_is_kept(enrol, merge, undo, holdings):
    """Whatever comes first, every face that was acknowledged is somebody's, and everybody's are counted once."""
    await enrol("ann", "first")
    learned = {await enrol("bob", "b")}

    async def learn(number):
        await asyncio.sleep(number / 200)
        learned.add(await enrol("bob", f"photograph {number}"))

    async def merge_again_and_again():
        for _ in range(8):
            await asyncio.sleep(0.02)
            try:
                number = await merge("ann", "bob")
            except PersonNotFound:
                continue
            if number.int % 2:
                await undo("ann", number, into_existing=True)

    await asyncio.gather(merge_again_and_again(), *(learn(number) for number in range(40)))

    found = await holdings()
    assert learned <= found["ann"] | found.get("bob", set())
    assert len(learned) == 41
    assert sum(map(len, found.values())) == 42


@pytest.mark.timing
async def test_merges_crosswise_at_the_same_time_are_one(enrol, merge, holdings):
    faces = {await enrol("ann", "a"), await enrol("bob", "b")}

    done = await asyncio.gather(
        *(merge(*pair) for pair in (("ann", "bob"), ("bob", "ann")) * 4), return_exceptions=True
    )

    assert sum(not isinstance(one, Problem) for one in done) == 1
    assert {type(one) for one in done if isinstance(one, BaseException)} == {PersonNotFound}
    assert list((await holdings()).values()) == [faces]
