"""Warnings of an import about whom its faces resemble."""

import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image

from tests.integration.apiserver.api.test_imports import exported, outcomes, start, zipped
from tests.integration.apiserver.conftest import encoded
from tests.integration.apiserver.worker_process import working

ANOTHER, CLOSER, UNLIKE = "enrolled-as-another", "closer-to-another", "unlike-own"


@pytest.fixture
def run_import(gateway, work):
    async def run(files: Mapping[str, bytes] | bytes) -> str:
        job = await start(gateway, files if isinstance(files, bytes) else zipped(files))
        await work(job)
        return job

    return run


@pytest.fixture
def two_of_ann(ann: bytes, ann_again: bytes) -> dict[str, bytes]:
    return {"ann/1.jpg": ann, "ann/2.jpg": ann_again}


async def warned(gateway: httpx.AsyncClient, job: str) -> dict[str, list[tuple[str, str | None]]]:
    """Return the code and the other person of the warnings about each file."""
    return {line["name"]: named(line["warnings"]) for line in await outcomes(gateway, job)}


def named(warnings: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(warning["code"], warning.get("person")) for warning in warnings]


async def test_one_photograph_under_two_names(gateway, run_import, ann):
    job = await run_import({"ann/1.jpg": ann, "bo/1.jpg": ann})

    assert await warned(gateway, job) == {"ann/1.jpg": [(ANOTHER, "bo")], "bo/1.jpg": [(ANOTHER, "ann")]}
    line, _ = await outcomes(gateway, job)
    assert (line["outcome"], line["code"]) == ("created", ANOTHER)
    assert (
        line["detail"]
        == line["warnings"][0]["detail"]
        == ("The face is enrolled as bo already: two ids of one person, or a photograph of bo.")
    )
    assert line["warnings"][0]["value"] == pytest.approx(1, abs=0.001)


async def test_who_is_enrolled_already_and_a_photograph_of_somebody_else(gateway, run_import, ann, ann_again, cid):
    await gateway.post("/learn", data={"person": "eileen", "directory": "acme"}, files={"file": ann_again})
    job = await run_import({"ann/1.jpg": ann, "cid/1.jpg": cid})
    assert await warned(gateway, job) == {"ann/1.jpg": [(ANOTHER, "eileen")], "cid/1.jpg": []}

    job = await run_import({"ann/2.jpg": cid})
    assert await warned(gateway, job) == {"ann/2.jpg": [(ANOTHER, "cid"), (CLOSER, "cid"), (UNLIKE, None)]}


@pytest.mark.parametrize("stranger", ["ann/0.jpg", "ann/3.jpg"])
async def test_a_stranger_wherever_among_a_persons_photographs(gateway, run_import, two_of_ann, cid, stranger):
    job = await run_import(two_of_ann | {stranger: cid})

    expected = {"ann/1.jpg": [], "ann/2.jpg": [], stranger: [(UNLIKE, None)]}
    assert await warned(gateway, job) == expected
    again = await run_import(two_of_ann | {stranger: cid})
    assert await warned(gateway, again) == expected, "a known photograph is not another one"


async def test_a_bundle_is_compared_as_well(gateway, run_import, settings, ann, cid):
    await run_import({"ann/1.jpg": ann, "bo/1.jpg": ann, "cid/1.jpg": cid})
    async with working(settings):
        bundle = await exported(gateway)
    assert (await gateway.delete("/directories/acme")).status_code == 200

    job = await run_import(bundle)
    lines = {line["person"]: named(line["warnings"]) for line in await outcomes(gateway, job)}
    assert lines == {"ann": [(ANOTHER, "bo")], "bo": [(ANOTHER, "ann")], "cid": []}


async def test_a_run_after_a_crash_says_the_same_once(gateway, run_import, work, database, ann):
    job = await run_import({"ann/1.jpg": ann, "bo/1.jpg": ann})
    before = await outcomes(gateway, job)
    await work(job)
    assert await outcomes(gateway, job) == before

    # As if the worker had died between the last enrolment and the comparison.
    await database.execute("UPDATE imports SET compared_to = -1")
    await database.execute("UPDATE import_items SET warnings = '[]', other = NULL")
    await work(job)
    assert await outcomes(gateway, job) == before


async def test_warnings_follow_the_person_whom_they_name(gateway, run_import, database, ann, bob):
    job = await run_import({"ann/1.jpg": ann, "bo/1.jpg": ann, "bob/1.jpg": bob})
    renamed = await gateway.patch("/directories/acme/persons/bo", json={"person": "Eileen"})
    assert renamed.status_code == 200
    assert (await warned(gateway, job))["ann/1.jpg"] == [(ANOTHER, "Eileen")]

    merged = await gateway.post("/directories/acme/persons/bob/merge", json={"from": ["Eileen"]})
    assert merged.status_code == 200
    assert (await warned(gateway, job))["ann/1.jpg"] == [(ANOTHER, "bob")]

    assert (await gateway.delete("/directories/acme/persons/bob")).status_code == 200
    assert await warned(gateway, job) == {"ann/1.jpg": []}
    stored = await database.fetchval("SELECT string_agg(import_items::text, '') FROM import_items")
    assert "bob" not in stored.lower()
    assert "eileen" not in stored.lower()


async def test_the_outcomes_of_an_earlier_release_keep_their_warning(gateway, run_import, database, ann):
    job = await run_import({"ann/1.jpg": ann})
    await database.execute("UPDATE import_items SET warnings = NULL, code = 'blurred', detail = 'It is.'")
    [line] = await outcomes(gateway, job)
    assert (line["code"], line["detail"], line["warnings"]) == ("blurred", "It is.", [])
    assert UUID(line["face"])


async def test_two_photographs_of_a_stranger_do_not_hide_each_other(gateway, run_import, ann, cid):
    """Five photographs of ann, which differ by their sizes, and two of somebody else."""
    own = {f"ann/{size}.jpg": resized(ann, size) for size in (300, 350, 400, 450, 512)}
    job = await run_import(own | {f"ann/{1000 + size}.jpg": resized(cid, size) for size in (400, 500)})

    doubtful = {name for name, warnings in (await warned(gateway, job)).items() if warnings == [(UNLIKE, None)]}
    assert doubtful == {"ann/1400.jpg", "ann/1500.jpg"}


def resized(photograph: bytes, width: int) -> bytes:
    image = Image.open(io.BytesIO(photograph))
    return encoded(image.resize((width, round(image.height * width / image.width))))
