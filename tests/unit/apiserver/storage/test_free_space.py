"""What may still be stored on a disk; the limits are far from each other, because others use the disk too."""

import shutil

import pytest

from apiserver.problems import ImageStoreFull
from apiserver.storage.free_space import FreeSpace


@pytest.fixture
def free(tmp_path):
    return shutil.disk_usage(tmp_path).free


async def read(folder, min_free_bytes):
    space = FreeSpace(folder, min_free_bytes)
    await space.refresh()
    return space


async def test_enough(tmp_path, free):
    space = await read(tmp_path, free // 2)
    assert not space.is_low
    assert space.take_for_recognized(1_000)
    space.take(1_000)
    space.require()


async def test_below_the_floor_recognized_photographs_are_not_kept_and_enrolments_go_on(tmp_path, free):
    space = await read(tmp_path, free * 3 // 2)
    assert space.is_low
    assert not space.take_for_recognized(1)
    space.take(1)
    space.require()


async def test_below_half_of_it_nothing_is_stored(tmp_path, free):
    space = await read(tmp_path, free * 3)
    assert not space.take_for_recognized(1)
    with pytest.raises(ImageStoreFull):
        space.take(1)
    with pytest.raises(ImageStoreFull):
        space.require()


async def test_what_is_about_to_be_written_counts_until_it_is_surely_there(tmp_path, free):
    space = await read(tmp_path, free // 2)
    assert space.take_for_recognized(free * 4 // 10)
    assert not space.take_for_recognized(free * 4 // 10)
    space.take(free * 3 // 10)
    with pytest.raises(ImageStoreFull):
        space.take(free * 3 // 10)
    await space.refresh()
    assert not space.take_for_recognized(free * 4 // 10), "it may not be written yet"
    await space.refresh()
    assert space.take_for_recognized(free * 4 // 10)


@pytest.mark.parametrize("min_free_bytes", [0, 10**18])
async def test_a_store_without_a_folder_or_with_one_that_cannot_be_read_has_no_limit(tmp_path, min_free_bytes):
    for folder in (None, tmp_path / "missing"):
        space = await read(folder, min_free_bytes)
        assert (space.is_low, space.take_for_recognized(10**17)) == (False, True)
        space.require()


async def test_zero_is_no_limit_and_the_default_leaves_room_for_the_database(tmp_path, free):
    assert (await read(tmp_path, 0)).take_for_recognized(free // 2)
    assert not (await read(tmp_path, None)).take_for_recognized(free - 50_000_000)
