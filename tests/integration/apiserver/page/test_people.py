"""The view People: found, selected, merged, moved and deleted, by keyboard as well."""

import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def people(api, directory):
    """Ann, bob, cid and dee, who have no samples."""
    for person in ("ann", "bob", "cid", "dee"):
        details = {"metadata": {"team": "blue"}} if person == "ann" else {}
        await api.put(f"/directories/{directory}/persons/{person}", json=details)


async def names(api, directory):
    return [each["person"] for each in (await api.get(f"/directories/{directory}/persons")).json()["items"]]


@pytest.mark.usefixtures("people")
async def test_people_are_found_and_the_search_is_in_the_address(open_page):
    page = await open_page("people")
    await page.get_by_text("4 people").wait_for()

    await page.get_by_role("searchbox", name="Search people").fill("ci")
    await page.get_by_text("One person").wait_for()
    assert await page.locator(".tile").count() == 1
    assert "q=ci" in page.url
    await page.reload()
    await page.get_by_text("One person").wait_for()
    await page.get_by_role("searchbox", name="Search people").fill("nobody")
    await page.get_by_text("Nobody has a name like this.").wait_for()


@pytest.mark.usefixtures("people")
async def test_people_are_merged_by_keyboard_alone(open_page, api, directory):
    page = await open_page("people")
    await page.locator(".tile a").first.focus()
    for key in ("Space", "Shift+ArrowRight"):
        await page.keyboard.press(key)
    await page.get_by_text("2 selected").wait_for()
    merge = page.get_by_role("button", name="Merge", exact=True)

    await merge.press("Enter")
    await page.keyboard.press("Escape")
    assert await names(api, directory) == ["ann", "bob", "cid", "dee"]
    await merge.press("Enter")
    await page.get_by_role("button", name="Swap").press("Enter")
    await page.get_by_role("button", name="Merge into bob").press("Enter")

    await page.get_by_text("2 people are bob now.").wait_for()
    assert await names(api, directory) == ["bob", "cid", "dee"]
    assert await page.evaluate("document.activeElement.dataset.key") == "bob"
    await page.get_by_role("button", name="Undo").press("Enter")
    await page.get_by_text("The merge was undone.").wait_for()
    assert await names(api, directory) == ["ann", "bob", "cid", "dee"]


@pytest.mark.usefixtures("people")
async def test_dragging_one_upon_another_asks_whether_to_merge(open_page, api, directory):
    page = await open_page("people")
    tile = page.locator(".tile a")
    await tile.nth(2).drag_to(tile.nth(1))
    dialog = page.get_by_role("dialog", name="Merge 2 people")
    await dialog.get_by_role("button", name="Merge into bob").wait_for()
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    assert await names(api, directory) == ["ann", "bob", "cid", "dee"]
    assert await page.locator(".is-target").count() == 0

    for name in ("ann", "bob"):
        await page.get_by_role("checkbox", name=f"Select {name}").check()
    await tile.nth(0).drag_to(tile.nth(3))
    await page.get_by_role("button", name="Merge into dee").click()
    await page.get_by_text("3 people are dee now.").wait_for()
    assert await names(api, directory) == ["cid", "dee"]


@pytest.mark.usefixtures("people")
async def test_deleting_waits_for_undo(open_page, api, directory):
    page = await open_page("people")
    await page.clock.install()
    await page.get_by_role("checkbox", name="Select ann").check()
    await page.locator(".tile a").nth(2).click(modifiers=["Shift"])
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_text("3 people will be deleted, with all their samples.", exact=True).wait_for()
    assert await page.locator(".tile").count() == 1

    await page.keyboard.press("Control+z")
    await page.get_by_text("4 people").wait_for()
    assert await names(api, directory) == ["ann", "bob", "cid", "dee"]

    await page.get_by_role("checkbox", name="Select dee").check()
    await page.get_by_role("button", name="Delete").click()
    assert await names(api, directory) == ["ann", "bob", "cid", "dee"]
    await page.clock.run_for(10_000)
    await page.get_by_text("dee was deleted.").wait_for()
    assert await names(api, directory) == ["ann", "bob", "cid"]


@pytest.mark.long
async def test_samples_are_moved_to_somebody_else(*, open_page, api, directory, ann, bob):
    for person, photograph in (("ann", ann), ("bob", bob)):
        await api.post("/learn", data={"person": person, "directory": directory}, files={"file": photograph})
    page = await open_page("people")
    await page.get_by_role("checkbox", name="Select ann").check()
    await page.get_by_role("button", name="Move samples").click()
    await page.get_by_role("combobox", name="To whom?").fill("bo")
    await page.get_by_role("option", name="bob").click()

    await page.get_by_text("The samples of one person are bob").wait_for()
    counts = {
        each["person"]: each["faces"] for each in (await api.get(f"/directories/{directory}/persons")).json()["items"]
    }
    assert counts == {"ann": 0, "bob": 2}


@pytest.mark.long
async def test_only_visible_tiles_exist(open_page, api, directory):
    for number in range(130):
        await api.put(f"/directories/{directory}/persons/p{number:03}", json={})
    page = await open_page("people")
    await page.get_by_text("100 people, more below").wait_for()
    assert await page.locator(".tile").count() < 70

    await page.locator(".tile a").first.focus()
    await page.keyboard.press("End")
    await page.get_by_text("130 people").wait_for()
    await page.keyboard.press("End")
    assert await page.evaluate("document.activeElement.dataset.key") == "p129"
    assert await page.locator(".tile").count() < 70
