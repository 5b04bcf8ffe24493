"""The view People with 100,000 of them: what it asks for, and what it keeps while somebody searches and scrolls."""

from urllib.parse import unquote, urlsplit

import asyncpg
import pytest
import pytest_asyncio
from PIL import Image

from tests.integration.apiserver.conftest import encoded
from tests.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.long]

PEOPLE = 100_000
PICTURED = 2_000
"""The first ones by name have a sample each."""
UNNAMED = 200
"""The last ones by name have no name, and every second one a warning."""
MAX_TILES = 90
"""That exist at a time: those of the screen, and three rows above and below."""

_FILL = f"""
INSERT INTO directories (directory) VALUES ('crowd');
INSERT INTO persons (directory, person, display_name, created_at) SELECT 'crowd', 'p' || lpad(n::text, 5, '0'),
    CASE WHEN n = 70007 THEN 'Zoë Müller' WHEN n = 80008 THEN 'Łukasz Żółć' WHEN n = 90009 THEN 'Мария Петрова'
        WHEN n = 95005 THEN '王小明' WHEN n < {PEOPLE - UNNAMED} THEN 'Ann ' || lpad(n::text, 5, '0') END,
    timestamptz '2026-01-01 00:00Z' + n * interval '1 second'
FROM generate_series(0, {PEOPLE - 1}) AS n;
INSERT INTO faces (directory, person, model, embedding, crop, box, score, image_sha256)
SELECT 'crowd', 'p' || lpad(n::text, 5, '0'), 'model', '[1,0]', crop, '{{0,0,1,1}}', 0.9, sha256(int4send(sample))
FROM (SELECT decode('%s', 'hex') AS crop), (
    SELECT n, 0 AS sample FROM generate_series(0, {PICTURED - 1}) AS n
    UNION ALL SELECT 77777, sample FROM generate_series(1, 3) AS sample
    UNION ALL SELECT n, 0 FROM generate_series({PEOPLE - UNNAMED}, {PEOPLE - 1}, 2) AS n
);
UPDATE persons SET face_count = counted.faces
FROM (SELECT person, count(*) AS faces FROM faces WHERE directory = 'crowd' GROUP BY person) AS counted
WHERE persons.directory = 'crowd' AND persons.person = counted.person;
INSERT INTO face_warnings (directory, face, code, person, value, threshold)
SELECT directory, face, 'unlike-own', person, 0.1, 0.2 FROM faces
WHERE directory = 'crowd' AND person >= 'p{PEOPLE - UNNAMED}';
ANALYZE persons, faces, face_warnings;
"""  # noqa: S608 - of numbers

VISIBLE = """async () => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    return [...document.querySelectorAll(".tile a")].filter((tile) => {
        const { top, bottom } = tile.querySelector(".crop").getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
    }).map((tile) => tile.dataset.key);
}"""
"""Whose pictures can be seen; tiles are placed in the frame after somebody scrolls."""


@pytest.fixture(scope="module")
def directory():
    return "crowd"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def crowd(shared_database_url):
    connection = await asyncpg.connect(shared_database_url)
    await connection.execute(_FILL % encoded(Image.new("RGB", (112, 112), "teal")).hex())
    await connection.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(open_page):
    return await open_page("people")


@pytest.fixture
def asked(page):
    """What the page asks of the service from now on: `lists`, the queries, and `crops`, whose."""
    asked: dict[str, list[str]] = {"lists": [], "crops": []}

    def note(request):
        parts = urlsplit(request.url)
        if parts.path.endswith("/crop"):
            asked["crops"].append(unquote(parts.path.split("/")[4]))
        elif parts.path.endswith("/persons"):
            asked["lists"].append(parts.query)

    page.on("request", note)
    return asked


async def visible(page):
    return await page.evaluate(VISIBLE)


async def test_any_part_of_a_name_finds_its_people(page):
    await page.get_by_text("100 people, more below").wait_for()
    search = page.get_by_role("searchbox", name="Search people")
    for part, person in {
        "ZOE MUELL": "p70007",
        "muller": "p70007",
        "zolc": "p80008",
        "ПЕТР": "p90009",
        "小": "p95005",
        "p12345": "p12345",
        "nn 54321": "p54321",
    }.items():
        await search.fill(part)
        await page.locator(f".tile a[data-key={person}]").wait_for()
        await page.get_by_text("One person", exact=True).wait_for()
        assert await visible(page) == [person]
    await search.fill("nobody at all")
    await page.get_by_text("Nobody has a name like this.").wait_for()


async def test_a_screen_is_at_most_one_list_and_its_visible_crops(page, asked):
    address = page.url
    await page.goto("about:blank")
    asked["lists"].clear()
    asked["crops"].clear()
    await page.goto(address)
    await page.get_by_text("100 people, more below").wait_for()
    seen = set(await visible(page))

    def are_pictured():
        return seen <= set(asked["crops"])

    await until(are_pictured)
    assert len(asked["lists"]) == 1

    for screens in range(2, 32):
        await page.evaluate("scrollBy({ top: innerHeight, behavior: 'instant' })")
        await until(
            lambda: page.evaluate("document.querySelector('.crop-grid').getBoundingClientRect().bottom > innerHeight")
        )
        shown = await visible(page)
        assert shown
        seen.update(shown)
        await until(are_pictured)
        assert len(asked["lists"]) <= screens
        assert await page.locator(".tile").count() < MAX_TILES
    assert len(set(asked["lists"])) == len(asked["lists"])
    assert sorted(asked["crops"]) == sorted(seen)
    assert len(seen) > 600


async def test_filters_have_an_address_and_back_returns_to_place_and_focus(page, asked):
    await page.get_by_label("Order").select_option("Most samples first")
    await until(lambda: page.locator(".tile a").first.get_attribute("data-key"))
    await page.locator(".tile a[data-key=p77777]").wait_for()
    assert (await visible(page))[0] == "p77777"
    await page.get_by_label("Show").select_option("With warnings")
    await page.get_by_label("Order").select_option("Newest first")
    await page.locator(".tile a[data-key=p99998]").wait_for()
    assert ("show=warned" in page.url, "sort=-created_at" in page.url) == (True, True)

    await page.reload()
    await page.get_by_text("100 people", exact=True).wait_for()
    everybody = [f"p{number}" for number in range(99_998, 99_799, -2)]
    assert await visible(page) == everybody[: len(await visible(page))]
    await page.get_by_label("Show").select_option("Without a name")
    await page.get_by_text("100 people, more below").wait_for()
    await page.locator(".tile a").first.focus()
    for _ in range(12):
        await page.keyboard.press("ArrowDown")
    place = await page.evaluate("[scrollY, document.activeElement.dataset.key]")
    assert place[0] > 0
    lists = len(asked["lists"])
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name=place[1], level=1).wait_for()
    await page.go_back()
    await page.get_by_role("heading", name="People", level=1).wait_for()
    await until(lambda: page.evaluate("document.activeElement.dataset.key"))
    assert await page.evaluate("[scrollY, document.activeElement.dataset.key]") == place
    assert len(asked["lists"]) == lists
    assert ("show=unnamed" in page.url, "sort=-created_at" in page.url) == (True, True)


async def test_who_is_selected_stays_selected_while_one_scrolls(page):
    await page.get_by_text("100 people, more below").wait_for()
    await page.locator(".tile a[data-key=p00003]").focus()
    await page.keyboard.press("Space")
    await page.get_by_text("One selected").wait_for()
    for more in (200, 300, 400):
        await page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
        await page.get_by_text(f"{more} people, more below").wait_for()
    await page.locator(".tile a[data-key=p00300]").click(modifiers=["Shift"])
    await page.get_by_text("298 selected").wait_for()
    await page.locator(".tile a[data-key=p00299]").click(modifiers=["Control"])

    await page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    await page.get_by_role("checkbox", name="Select Ann 00003").wait_for()
    checked = {number: await page.get_by_label(f"Select Ann {number:05}").is_checked() for number in range(6)}
    assert checked == {0: False, 1: False, 2: False, 3: True, 4: True, 5: True}
    await page.get_by_text("297 selected").wait_for()
    await page.get_by_role("button", name="Merge", exact=True).click()
    await page.get_by_role("dialog", name="Merge 297 people").wait_for()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Clear selection").click()
    assert await page.locator(".is-selected").count() == 0
