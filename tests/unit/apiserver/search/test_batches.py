"""How the probes of a photograph are shared out among statements."""

import asyncio
from itertools import chain

import pytest

from apiserver.search.batches import MAX_PROBES, together, turns


@pytest.mark.parametrize("probes", [1, 2, 3, 19, 20, 21, 40, 41, 130])
@pytest.mark.parametrize("comparisons", [1, 1000])
def test_every_probe_is_in_one_statement_of_about_the_size_of_the_others(probes, comparisons):
    shared = turns(range(probes), comparisons, least=1000)
    parts = list(chain(*shared))
    assert list(chain(*parts)) == list(range(probes))
    assert {len(part) for part in parts} <= {probes // len(parts), -(-probes // len(parts))}
    assert max(map(len, parts)) <= MAX_PROBES
    assert [len(turn) for turn in shared[:-1]] == [2] * (len(shared) - 1)


@pytest.mark.parametrize(
    ("probes", "comparisons", "statements"),
    [(0, 1000, []), (1, 1000, [1]), (20, 49, [1]), (20, 50, [2]), (21, 1, [2]), (50, 1, [2, 1]), (50, 50, [2, 2])],
)
def test_small_searches_stay_in_one_statement(probes, comparisons, statements):
    assert [len(turn) for turn in turns(range(probes), comparisons, least=1000)] == statements


async def test_batches_are_searched_at_the_same_time_and_the_first_one_writes_the_row():
    both = asyncio.Barrier(2)

    async def find(batch, row):
        await both.wait()
        return batch, row

    async with asyncio.timeout(10):
        assert await together(find, [[1], [2]], "row") == [([1], "row"), ([2], None)]


async def test_the_first_problem_is_raised_once_all_batches_have_ended():
    ended = []

    async def find(batch, _):
        await asyncio.sleep(0)
        ended.append(batch)
        raise ValueError(batch[0])

    with pytest.raises(ValueError, match="1"):
        await together(find, [[1], [2]], None)
    assert ended == [[1], [2]]
