"""Shares of the connections."""

import pytest

from apiserver.database.pool import Share, share_limits


@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 64])
def test_every_share_has_a_connection_and_no_more_than_there_are(size):
    assert all(1 <= limit <= size for limit in share_limits(size).values())


@pytest.mark.parametrize("size", range(6, 65))
def test_recognition_and_long_work_each_have_a_reserve(size):
    limits = share_limits(size)
    assert size - limits[Share.READS] - limits[Share.LONG] >= size // 3
    assert size - limits[Share.READS] - limits[Share.RECOGNITION] >= 1
