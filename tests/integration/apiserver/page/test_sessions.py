"""The page where keys are required, below a public base path: signing in and out, sessions that end, narrow keys."""

import re

import asyncpg
import httpx
import pytest
import pytest_asyncio

from apiserver.app import create_app
from apiserver.keys import records
from apiserver.keys.wishes import read_reach, read_scopes
from tests.integration.apiserver.conftest import patient, serving
from tests.integration.apiserver.page.conftest import violations
from tests.waiting import until
from web import STATIC

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE_PATH = "/fa/ces"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway(shared_database_url, vectorizer_url, tmp_path_factory):
    settings = patient(shared_database_url, vectorizer_url, tmp_path_factory.mktemp("sessions"))
    changed = {"require_keys": True, "root_path": BASE_PATH}
    async with serving(create_app(settings.model_copy(update=changed))) as client:
        client.base_url = httpx.URL(f"{client.base_url}".rstrip("/") + BASE_PATH)
        yield client


@pytest_asyncio.fixture(loop_scope="module")
async def make_key(shared_database_url, directory):
    connection = await asyncpg.connect(shared_database_url)

    async def made(*scopes, directories=None, name="door"):
        reach = read_reach(directories or (directory,))
        return await records.create(connection, records.Wanted(name, read_scopes(scopes, reach), reach), "test")

    yield made
    await connection.close()


@pytest_asyncio.fixture(loop_scope="module")
async def api(api, make_key):
    """A client whose key may do everything."""
    _, text = await make_key("admin", directories=("*",), name="office")
    api.headers["Authorization"] = f"Bearer {text}"
    return api


async def sign_in(page, text):
    await page.get_by_label("Key", exact=True).fill(text)
    await page.get_by_role("button", name="Sign in").click()


async def revoke(api, page, key):
    """Revoke a key, and wait until the session of the page has ended with it."""
    await api.delete(f"/keys/{key.id}")

    async def has_ended():
        return (await page.context.request.get(f"{api.base_url}session")).status == 401

    await until(has_ended)


async def test_a_wrong_key_is_refused_and_a_right_one_opens_the_page(*, open_page, api, directory, make_key, ann):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    _, text = await make_key("manage")
    page = await open_page("people", expect=(401,), bypass_csp=True)
    await page.get_by_role("heading", name="Sign in", level=1).wait_for()
    assert await violations(page) == []

    await sign_in(page, "fs_wrong")
    await page.get_by_role("alert").get_by_text("This key does not work").wait_for()
    await sign_in(page, text)
    await page.get_by_role("heading", name="People", level=1).wait_for()

    crop = page.locator(".tile img")
    await crop.wait_for()
    source = await crop.get_attribute("src")
    assert BASE_PATH in source
    assert "?" not in source
    assert await crop.evaluate("image => image.decode().then(() => image.naturalWidth)") == 112
    cookie = next(iter(await page.context.cookies()))
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", BASE_PATH)
    assert text not in await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    await page.reload()
    await page.get_by_role("heading", name="People", level=1).wait_for()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("heading", name="Sign in", level=1).wait_for()
    assert await page.context.cookies() == []


async def test_a_session_that_ends_loses_nothing(*, open_page, api, directory, make_key, ann, write):
    await api.put(f"/directories/{directory}", json={})
    first, text = await make_key("manage")
    _, other = await make_key("manage")
    page = await open_page("recognize", expect=(401,))
    await sign_in(page, text)
    await page.set_input_files("input[type=file]", [str(write("ann.jpg", ann))])
    await page.locator(".face-row").click()
    await page.locator(".panel-quality .note").wait_for()
    await page.get_by_role("combobox", name="Who is it?").focus()
    await page.keyboard.type("Ann New")
    await page.get_by_role("option", name="Ann New").wait_for()

    await revoke(api, page, first)
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Your session has ended").wait_for()
    await sign_in(page, other)

    await page.get_by_text("Ann New was learned from this face.").wait_for()
    persons = (await api.get(f"/directories/{directory}/persons")).json()["items"]
    assert [each["faces"] for each in persons] == [1]


@pytest.mark.long
async def test_a_session_begun_in_another_tab_goes_on_here(*, open_page, api, directory, make_key):
    await api.put(f"/directories/{directory}/persons/ann", json={})
    _, text = await make_key("manage")
    page = await open_page("people", expect=(401, 403))
    await sign_in(page, text)
    await page.get_by_role("checkbox", name="Select ann").check()
    await page.evaluate(
        """key => fetch("../session", {
          method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }) })""",
        text,
    )

    await page.clock.install()
    await page.get_by_role("button", name="Delete").click()
    await page.clock.run_for(10_500)
    await page.get_by_text("ann was deleted.").wait_for()


@pytest.mark.long
async def test_a_key_that_only_recognizes_sees_that_alone(*, open_page, api, directory, make_key, ann, write):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    _, text = await make_key("recognize")
    page = await open_page("people", expect=(401,))
    await sign_in(page, text)

    await page.get_by_text("It needs the right “See people and lists”").wait_for()
    assert await page.get_by_role("link", name="People").count() == 0
    await page.get_by_role("link", name="Recognize").click()
    await page.get_by_role("heading", name="Recognize", level=1).wait_for()
    await page.set_input_files("input[type=file]", [str(write("ann.jpg", ann))])
    await page.get_by_role("button", name="the only face: ann, match").first.click()
    await page.get_by_role("button", name="This is somebody else…").wait_for()
    assert await page.get_by_role("button", name="Learn this photograph, too").count() == 0


VIEWS = re.findall(r"^  (\w+): ", (STATIC / "core/routes.js").read_text(), re.MULTILINE)
OFFERED = {
    "read": {
        "people": {"Previous", "Next"},
        "person": set(),
        "directories": set(),
        "activity": set(),
        "status": {"Look again"},
    },
    "recognize": {
        "recognize": {"Choose photographs", "Use the camera"},
        "live": {"Start the camera"},
        "status": {"Look again"},
    },
}
"""What a key with one scope may press in each view that it may open."""


@pytest.mark.parametrize("scope", ["read", pytest.param("recognize", marks=pytest.mark.long)])
async def test_every_view_offers_what_a_narrow_key_may_do(*, open_page, api, directory, make_key, ann, scope):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    _, text = await make_key(scope)
    page = await open_page("status", expect=(401,))
    await sign_in(page, text)
    await page.get_by_role("heading", name="Status", level=1).wait_for()
    assert await page.get_by_role("heading", name="The last minute").count() == 0
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)

    for view in VIEWS:
        await page.goto(f"{page.url.partition('/app/')[0]}/app/{view}?directory={directory}&person=ann")
        await page.locator("h1").first.wait_for()
        await page.wait_for_load_state("networkidle")
        denied = await page.get_by_text("Your key may not do this").count()
        pressed = {await each.inner_text() for each in await page.locator("main button:visible:enabled").all()}
        assert (view, denied) == (view, int(view not in OFFERED[scope]))
        assert pressed <= OFFERED[scope].get(view, set()), view
    assert refused == []


@pytest.mark.long
async def test_other_rights_make_another_page(*, open_page, api, directory, make_key):
    await api.put(f"/directories/{directory}", json={})
    first, text = await make_key("manage")
    _, narrow = await make_key("recognize")
    page = await open_page("recognize", expect=(401,))
    await sign_in(page, text)
    await page.get_by_role("link", name="People").wait_for()
    await revoke(api, page, first)

    await page.get_by_role("link", name="People").click()
    await sign_in(page, narrow)
    await page.get_by_role("link", name="People").wait_for(state="detached")
    await page.get_by_text("It needs the right “See people and lists”").wait_for()


@pytest.mark.long
async def test_keys_are_made_limited_and_revoked(*, open_page, api, directory, make_key):
    await api.put(f"/directories/{directory}", json={})
    _, text = await make_key("admin", name="owner", directories=(directory, f"{directory}/*"))
    page = await open_page("keys", expect=(401,))
    await sign_in(page, text)
    await page.get_by_role("heading", name="owner").wait_for()
    await page.get_by_text("yours", exact=True).wait_for()

    await page.get_by_role("button", name="New key").click()
    await page.get_by_label("Who or what uses it").fill("east door")
    await page.get_by_label("What it may do").select_option("Only recognize")
    await page.get_by_text("Rights, one by one").click()
    await page.get_by_label("See photographs and crops").check()
    assert await page.get_by_label("What it may do").input_value() == "other"
    await page.get_by_role("button", name="Another directory").click()
    await page.get_by_label("Name of the directory").nth(1).fill(f"{directory}/")
    await page.get_by_label("and all whose names begin so").nth(1).check()
    await page.get_by_text("Limits", exact=True).click()
    await page.get_by_label("Jobs waiting").fill("2")
    await page.get_by_label("Faces a day").fill("500")
    await page.get_by_role("button", name="Make the key").click()
    made = await page.get_by_label("Key", exact=True).input_value()
    await page.get_by_role("button", name="I have kept it").click()

    bearer = {"Authorization": f"Bearer {made}"}
    usage = (await api.get("/usage", headers=bearer)).json()
    assert next(each["limit"] for each in usage["quotas"] if each["kind"] == "faces") == 500
    session = (await api.get("/session", headers=bearer)).json()
    assert session["scopes"] == ["images", "recognize"]
    assert session["directories"] == [directory, f"{directory}/*"]
    assert {each["name"]: each["limit"] for each in usage["limits"]}["waiting_jobs"] == 2
    door = page.locator(".card").filter(has_text="east door")
    await door.get_by_text("Recognize and compare faces and See photographs and crops").wait_for()
    await door.get_by_text(f"For {directory} and all that begin with {directory}/.").wait_for()
    await door.get_by_role("button", name="Change").click()
    await page.get_by_label("What it may do").select_option("Only recognize")
    await page.get_by_role("button", name="Take this directory away").nth(1).click()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("The key east door was changed.").wait_for()
    await door.get_by_text("Only recognize").wait_for()
    session = (await api.get("/session", headers=bearer)).json()
    assert (session["scopes"], session["directories"]) == (["recognize"], [directory])
    await door.get_by_text("Used today").click()
    await door.get_by_text("0 of 500").wait_for()

    await door.get_by_role("button", name="Revoke").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await page.get_by_text("The key east door was revoked.").wait_for()
    await door.get_by_text("revoked", exact=True).wait_for()

    async def is_refused():
        return (await api.get("/session", headers=bearer)).status_code == 401

    await until(is_refused)
    await page.get_by_role("link", name="Status", exact=True).click()
    await page.get_by_role("heading", name="What your key has used today").wait_for()
