"""The probes of one photograph, shared out among statements that run at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import TypeVar, cast

MAX_PROBES = 20
"""In one statement; the planner's work grows with their number."""
_STATEMENTS = 2
"""At the same time for one photograph: where cores are idle, a second one halves the time of many faces."""

_T = TypeVar("_T")
_Batch = TypeVar("_Batch")
_Row = TypeVar("_Row")


def turns(probes: Sequence[_T], comparisons: int, least: int) -> list[list[Sequence[_T]]]:
    """Share probes out among statements, and these among turns; the statements of a turn run at the same time.

    comparisons: those of each probe. From `least` of them on, there is more than one statement.
    """
    statements = -(-len(probes) // MAX_PROBES)
    if len(probes) > 1 and len(probes) * comparisons >= least:
        statements += -statements % _STATEMENTS
    bounds = [len(probes) * number // max(1, statements) for number in range(statements + 1)]
    parts = [probes[first:end] for first, end in pairwise(bounds)]
    return [parts[first : first + _STATEMENTS] for first in range(0, len(parts), _STATEMENTS)]


async def together(
    find: Callable[[_Batch, _Row | None], Awaitable[_T]], batches: Sequence[_Batch], row: _Row | None
) -> list[_T]:
    """Search for the batches of a turn; the first statement writes the row. Raises the first problem."""
    calls = [find(batch, None if number else row) for number, batch in enumerate(batches)]
    if len(calls) == 1:  # another task would cost more
        return [await calls[0]]
    found = await asyncio.gather(*calls, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return cast("list[_T]", found)
