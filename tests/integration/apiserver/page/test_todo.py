"""The view To do: doubts one after the other, decided by one key each."""

import json
import re
from uuid import UUID

import asyncpg
import pytest

from apiserver.enrolment.comparing import compare_directory
from apiserver.jobs.runs import run_job
from apiserver.resources import open_resources
from tests.integration.apiserver.conftest import patient

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def learn(api, directory, *enrolments):
    for person, photograph in enrolments:
        form = {"person": person, "directory": directory}
        answer = await api.post("/learn", data=form, files={"file": photograph})
        assert answer.status_code == 201, answer.text


async def counts(api, directory):
    items = (await api.get(f"/directories/{directory}/persons")).json()["items"]
    return {each["person"]: each["faces"] for each in items}


async def total(api, directory, kind):
    return len((await api.get(f"/directories/{directory}/{kind}")).json()["items"])


@pytest.fixture
def compare(api, directory, shared_database_url, vectorizer_url, tmp_path):
    """Does what a worker does of the directory's comparison, once it was started."""

    async def compared():
        connection = await asyncpg.connect(shared_database_url)
        job = UUID((await api.post(f"/directories/{directory}/comparisons")).json()["job"])  # the one that waits
        found = "SELECT id, args FROM jobs JOIN procrastinate_jobs ON id = number WHERE job = $1"
        row = await connection.fetchrow(found, job)
        assert row is not None
        await connection.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = $1", row["id"])
        settings = patient(shared_database_url, vectorizer_url, tmp_path)
        async with open_resources(
            settings, name="worker", waited=lambda *_: None, statement_ended=None, traced_hop=None
        ) as resources:
            await run_job(compare_directory, resources, row["id"], json.loads(row["args"]))
        await connection.execute("SELECT procrastinate_finish_job_v1($1, 'succeeded', false)", row["id"])
        await connection.close()

    return compared


async def test_a_comparison_is_started_and_pairs_are_decided_by_one_key(
    *, open_page, api, directory, compare, ann, ann_again
):
    await learn(api, directory, ("ann", ann), ("twin", ann_again))
    page = await open_page("todo")
    await page.get_by_role("button", name="Compare all samples").click()
    await page.get_by_text("Comparing all samples…").wait_for()
    await compare()
    await page.get_by_text("Last compared on").wait_for()
    question = page.get_by_role("heading", name=re.compile("Are (ann and twin|twin and ann) one person?"))
    await question.wait_for()

    await page.keyboard.press("n")
    await page.locator(".todo-end", has_text="Nothing to decide.").wait_for()
    await page.get_by_text("One decided").wait_for()
    await page.unroute_all(behavior="wait")
    await page.keyboard.press("u")
    await question.wait_for()
    assert await total(api, directory, "lookalikes") == 1

    await page.keyboard.press("s")
    await page.locator(".todo-end", has_text="Nothing to decide.").wait_for()
    await page.reload()
    await question.wait_for()

    await page.keyboard.press("y")
    await page.locator(".todo-end", has_text="Nothing to decide.").wait_for()
    await page.keyboard.press("u")
    await question.wait_for()
    assert await counts(api, directory) == {"ann": 1, "twin": 1}
    async with page.expect_response(lambda answer: "/dismissals/" in answer.url):
        await page.get_by_role("button", name="No, these are two people").click()
    await page.get_by_text("One decided").wait_for()
    await page.unroute_all(behavior="wait")
    await page.locator(".todo-end", has_text="Nothing to decide.").wait_for()
    await compare()
    await page.reload()
    await page.locator(".todo-end", has_text="Nothing to decide.").wait_for()
    assert await total(api, directory, "lookalikes") == 0


@pytest.mark.long
async def test_doubtful_samples_are_confirmed_given_away_or_removed(*, open_page, api, directory, ann, cid):
    await learn(api, directory, ("ann", ann), ("ann", cid))
    page = await open_page("todo")
    question = page.get_by_role("heading", name="Is this ann?")
    await question.wait_for()
    await page.get_by_text("Does not resemble the other samples of ann.").wait_for()

    await page.keyboard.press("y")
    await page.locator(".todo-end", has_text="Nothing to decide.").wait_for()
    await page.keyboard.press("u")
    await question.wait_for()
    assert await total(api, directory, "warnings") == 1

    await page.clock.install()
    await page.keyboard.press("n")
    await page.locator(".toast", has_text="A sample of ann will be deleted.").wait_for()
    await page.keyboard.press("u")
    await question.wait_for()
    assert await counts(api, directory) == {"ann": 2}
    await page.keyboard.press("n")
    await page.locator(".toast", has_text="A sample of ann will be deleted.").wait_for()
    await page.clock.run_for(10_000)
    await page.locator(".toast", has_text="A sample of ann was deleted.").wait_for()
    assert await counts(api, directory) == {"ann": 1}


@pytest.mark.long
async def test_the_next_one_is_there_at_once(*, open_page, api, directory, ann, compare):
    """What it shows has been fetched before it is asked for: the decision sends only itself."""
    await learn(api, directory, *((person, ann) for person in ("ann", "bea", "cleo", "dora")))
    await compare()
    before = await total(api, directory, "lookalikes")
    assert before >= 3
    page = await open_page("todo")
    heading = page.locator(".todo-stage h2")
    await heading.wait_for()
    await page.wait_for_load_state("networkidle")
    first = await heading.inner_text()

    async def stalled(route):
        await page.wait_for_timeout(300)
        await route.continue_()

    await page.route("**/directories/**", stalled)
    shown = await page.evaluate("""async () => {
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve));
      return document.querySelector(".todo-stage h2").textContent;
    }""")
    assert shown != first
    await page.get_by_text("One decided").wait_for()
    await page.unroute_all(behavior="wait")
