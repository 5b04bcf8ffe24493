"""The views Directories, Activity and Status: settings in plain words, receipts, what happened, and the models."""

import re

import pytest

from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def settings(api, directory):
    return (await api.get(f"/directories/{directory}")).json()


async def test_the_slider_says_what_it_means_for_these_people(open_page, api, directory, ann):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    page = await open_page("directories")
    slider = page.get_by_role("slider", name="From never naming a stranger to never missing anyone")
    await page.get_by_text("Strangers: about 1 in 1,000 gets").wait_for()
    before = (await settings(api, directory))["thresholds"]["match"]
    shown = await page.locator(".strictness-line").get_attribute("x1")

    await slider.focus()
    for _ in range(3):
        await page.keyboard.press("ArrowLeft")
    await page.get_by_text("Strangers: about 1 in 10,000 gets").wait_for()
    assert (await slider.get_attribute("aria-valuetext")).startswith("Strangers: about 1 in 10,000")
    moved = await page.locator(".strictness-line").get_attribute("x1")
    assert float(moved) > float(shown)
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text(f"The settings of {directory} were saved.").wait_for()

    now = await settings(api, directory)
    assert now["fpir"] == 0.0001
    assert now["thresholds"]["match"] > before
    promised = -0.4 + 1.4 * float(moved) / 600
    assert abs(promised - now["thresholds"]["match"]) < 0.01


@pytest.mark.long
async def test_settings_are_changed_one_by_one_and_by_one_person_at_a_time(open_page, api, directory):
    await api.put(f"/directories/{directory}", json={"scoring": "mean", "threshold": 0.6})
    page = await open_page("directories", expect=(412,))
    await page.get_by_text("A program has set a fixed limit of 0.60 here.").wait_for()
    await page.get_by_label("Keep photographs that were only recognized").select_option("7 days")
    await page.get_by_label("Enrol and name only people with consent").select_option("Yes")
    await page.get_by_label("Delete people not seen for so many days").fill("90")
    await page.get_by_label("Poor photographs").select_option("Refuse")
    await page.get_by_label("Smallest face, in pixels").fill("40")
    await page.get_by_label("samples count").select_option("By the one most alike")
    await page.get_by_label("Least recognizable face, 0 to 1").fill("0.7")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text(f"The settings of {directory} were saved.").wait_for()

    now = await settings(api, directory)
    assert (now["scoring"], now["threshold"], now["recognized_retention_seconds"]) == ("max", 0.6, 604_800)
    assert (now["recognizability_floor"], now["thresholds"]["recognizability_floor"]) == (0.7, 0.7)
    assert (now["require_consent"], now["unseen_retention_days"]) == (True, 90)
    assert {name: value for name, value in now["quality"].items() if value is not None} == {
        "action": "refuse",
        "min_face_pixels": 40,
    }

    await api.patch(f"/directories/{directory}", json={"scoring": "mean"})
    await page.get_by_label("Delete people not seen for so many days").fill("30")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("Somebody else has changed this in the meantime.").wait_for()
    assert (await settings(api, directory))["unseen_retention_days"] == 90


@pytest.mark.long
async def test_a_directory_is_made_and_deleted_with_its_receipt(open_page, api, directory, ann):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    await api.patch(f"/directories/{directory}", json={"fpir": 0.01})
    page = await open_page("directories", expect=(412,))
    await page.get_by_role("button", name="New directory").click()
    await page.get_by_label("Name of the directory").fill(directory)
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("alert").get_by_text("A directory with this name already exists.").wait_for()
    assert (await settings(api, directory))["fpir"] == 0.01
    await page.get_by_label("Name of the directory").fill(f"{directory}/more")
    await page.get_by_role("button", name="Create").click()
    await page.get_by_role("heading", name=f"Settings of {directory}/more").wait_for()
    await page.locator(f".directory-link:has(strong:text-is('{directory}'))").click()
    await page.get_by_role("heading", name=f"Settings of {directory}", exact=True).wait_for()

    await page.clock.install()
    await page.get_by_role("button", name="Delete this directory").click()
    await page.get_by_role("button", name="Undo").click()
    await page.get_by_role("button", name="Delete this directory").click()
    await page.clock.run_for(10_500)
    await page.get_by_text(f"The directory {directory} was deleted: one person, one sample.").wait_for()
    await page.get_by_role("heading", name=f"Deletion of {directory}").wait_for()
    await page.get_by_text("Deleted: one person, one sample, one photograph.").wait_for()
    assert (await api.get(f"/directories/{directory}")).status_code == 404


@pytest.mark.long
async def test_what_happened_is_listed_for_people_and_for_auditors(open_page, api, directory, ann):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    await api.patch(f"/directories/{directory}/persons/ann", json={"display_name": "Ann Example"})
    await api.put(f"/directories/{directory}/persons/bob", json={})
    await api.delete(f"/directories/{directory}/persons/bob")

    page = await open_page("activity")
    learned = page.locator(".event").filter(has_text="Learned: Ann Example")
    await learned.get_by_role("link", name="Photograph").wait_for()
    assert await learned.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 112
    await page.get_by_role("link", name="Deletions", exact=True).click()
    await page.locator(".event").filter(has_text="Deleted: one person, 0 samples").wait_for()
    assert await page.locator(".event").count() == 1

    async def is_written():
        return len((await api.get("/audit", params={"directory": directory})).json()["items"]) >= 4

    await until(is_written)
    await page.get_by_role("link", name="Audit", exact=True).click()
    await page.get_by_role("cell", name="POST /learn").wait_for()
    await page.get_by_label("Concerning whom (id)").fill("ann")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("cell", name="DELETE /directories/{directory}/persons/{person}").wait_for(state="detached")
    await page.get_by_role("cell", name="POST /learn").wait_for()
    assert "person=ann" in page.url
    await page.go_back()
    await page.get_by_role("cell", name="DELETE /directories/{directory}/persons/{person}").wait_for()


@pytest.mark.long
async def test_the_status_names_models_with_their_licences(open_page, api):
    models = (await api.get("/models")).json()
    page = await open_page("status")

    await page.get_by_text("Ready", exact=True).wait_for()
    for kind in ("detector", "embedder"):
        used = next(each for each in models["models"] if models["active"][kind].startswith(f"{each['name']}@"))
        await page.get_by_text(models["active"][kind], exact=True).wait_for()
        assert await page.get_by_text(used["licence"], exact=True).count() > 0
        assert await page.get_by_text(used["allowed_use"], exact=True).count() > 0
    version = (await api.get("/version")).json()["version"]
    await page.get_by_text(f"Version {version}", exact=True).wait_for()
    documentation = await page.get_by_role("link", name="Documentation of the API", exact=True).get_attribute("href")
    assert (await api.get(documentation)).status_code == 200


@pytest.mark.long
async def test_the_status_tells_the_last_minute_while_it_is_looked_at(open_page, api, directory, ann):
    [vectorizer] = (await api.get("/status")).json()["vectorizers"]
    page = await open_page("status")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/status") else None)
    await page.get_by_role("heading", name=vectorizer["url"]).wait_for()
    await page.get_by_text(f"0 of {vectorizer['lanes']} lanes busy, 0 waiting").wait_for()
    await page.get_by_text("Nothing to check yet").wait_for()

    await api.post("/recognize", data={"directory": directory}, files={"file": ann})
    await page.get_by_text(re.compile(r"a second · half within .+, 99 % within ")).first.wait_for()

    await page.clock.install()
    await page.get_by_role("link", name="Activity").click()
    await page.get_by_role("heading", name="Activity", level=1).wait_for()
    asked.clear()
    await page.clock.run_for(60_000)
    assert asked == []
    await page.go_back()
    await page.get_by_role("heading", name="Status", level=1).wait_for()

    async def is_asked():
        return len(asked) > 0

    await until(is_asked)
