"""Answers are written as Pydantic writes them, whether at once or item by item."""

import pytest
from pydantic import BaseModel

from apiserver.http.answers import json_answer


class Item(BaseModel):
    number: int
    name: str | None = None


class Answer(BaseModel):
    items: list[Item]
    numbers: list[float] = []
    first: Item | None = None
    omitted: int = 0


@pytest.mark.parametrize("exclude_unset", [False, True])
@pytest.mark.parametrize("count", [0, 1, 4, 5, 100])
async def test_an_answer_is_what_pydantic_writes(count: int, exclude_unset: bool):
    answer = Answer(items=[Item(number=number) for number in range(count)], first=Item(number=1, name="é\n"))
    response = await json_answer(answer, 201, exclude_unset=exclude_unset)
    assert response.body == answer.model_dump_json(exclude_unset=exclude_unset).encode()
    assert (response.status_code, response.media_type) == (201, "application/json")
