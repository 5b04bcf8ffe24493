"""The view of one person: samples, more of them, details, consent, merges, and deletion with its receipt."""

import io
import json
import zipfile

import pytest
import pytest_asyncio
from PIL import Image

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def learn(api, directory, person, photograph):
    answer = await api.post("/learn", data={"person": person, "directory": directory}, files={"file": photograph})
    assert answer.status_code == 201, answer.text


async def read(api, directory, person="ann"):
    return (await api.get(f"/directories/{directory}/persons/{person}")).json()


@pytest_asyncio.fixture(loop_scope="module")
async def learned(api, directory, ann):
    """Ann, with one sample."""
    await learn(api, directory, "ann", ann)
    await api.patch(f"/directories/{directory}/persons/ann", json={"display_name": "Ann Example"})


@pytest.mark.usefixtures("learned")
@pytest.mark.long
async def test_a_sample_opens_its_photograph_with_the_face_marked(open_page, api, directory):
    [sample] = (await api.get(f"/directories/{directory}/persons/ann/faces")).json()["items"]
    page = await open_page("people")
    await page.get_by_role("link", name="Ann Example").click()
    await page.get_by_role("heading", name="Ann Example", level=1).wait_for()

    await page.get_by_role("button", name="Photograph of").click()
    await page.get_by_role("button", name="The face of Ann Example").wait_for()
    shown = await page.evaluate("""() => {
      const image = document.querySelector(".boxes-picture");
      const [around, box] = [image, document.querySelector(".face-box")].map((each) => each.getBoundingClientRect());
      const scale = image.naturalWidth / around.width;
      return [box.left - around.left, box.top - around.top].map((pixels) => pixels * scale);
    }""")
    assert all(abs(a - b) <= 3 for a, b in zip(shown, sample["box"], strict=False))

    address = page.url
    assert f"face={sample['face']}" in address
    await page.keyboard.press("Escape")
    await page.wait_for_url(lambda url: "face=" not in url)
    await page.goto(address)
    await page.get_by_role("button", name="The face of Ann Example").wait_for()


@pytest.mark.long
async def test_a_kept_photograph_of_another_format_is_shown_by_the_service(*, open_page, api, directory, ann):
    buffer = io.BytesIO()
    Image.open(io.BytesIO(ann)).save(buffer, "TIFF")
    await learn(api, directory, "ann", buffer.getvalue())
    page = await open_page("person", query="&person=ann")

    await page.get_by_role("button", name="Photograph of").click()
    await page.locator(".boxes.is-loaded").get_by_role("button", name="The face of ann").wait_for()


@pytest.mark.usefixtures("learned")
async def test_of_several_faces_one_is_chosen_and_refusals_stay(*, open_page, api, directory, party, nobody, write):
    page = await open_page("person", query="&person=ann")
    await page.locator(".sample").wait_for()
    paths = [str(write("party.jpg", party)), str(write("cup.jpg", nobody))]
    await page.set_input_files("input[type=file]", paths)

    dialog = page.get_by_role("dialog", name="Which face is meant?")
    await dialog.get_by_text("There are 3 faces on party.jpg.").wait_for()
    await dialog.locator(".face-choice").first.wait_for()
    await page.keyboard.press("Enter")

    await page.get_by_text("A sample of Ann Example was added.").wait_for()
    await page.get_by_text("No face was found on this photograph.").wait_for()
    assert (await read(api, directory))["faces"] == 2
    await page.locator(".sample").nth(1).wait_for()

    await page.get_by_role("button", name="Undo").click()
    await page.get_by_text("The face was forgotten again.").wait_for()
    assert (await read(api, directory))["faces"] == 1


@pytest.mark.usefixtures("learned")
@pytest.mark.long
async def test_the_camera_says_what_to_do_better(open_page):
    page = await open_page("person", query="&person=ann")
    await page.get_by_role("button", name="Use the camera").click()
    await page.get_by_text("No face to be seen.").wait_for()
    await page.get_by_role("button", name="Take photograph").click()
    await page.get_by_role("button", name="Take another").click()
    await page.keyboard.press("Escape")
    await page.locator("video").wait_for(state="detached")


@pytest.mark.usefixtures("learned")
@pytest.mark.long
async def test_details_and_consent_are_changed(open_page, api, directory):
    await api.patch(f"/directories/{directory}/persons/ann", json={"metadata": {"floor": 4}})
    page = await open_page("person", query="&person=ann", expect=(412,))
    await page.get_by_label("Id in another system").fill("4711")
    await page.get_by_role("button", name="Add a field").click()
    await page.keyboard.type("team")
    await page.keyboard.press("Tab")
    await page.keyboard.type("12")
    await page.get_by_label("Never name this person").check()
    await page.get_by_text("This person is never named from now on.").wait_for()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("The details were saved.").wait_for()

    now = await read(api, directory)
    assert (now["external_id"], now["metadata"], now["restricted"]) == ("4711", {"floor": 4, "team": "12"}, True)

    await page.get_by_role("button", name="Record a consent…").click()
    await page.get_by_label("To which text?").fill("staff-v3")
    await page.keyboard.press("Enter")
    await page.get_by_text("The consent was recorded.").wait_for()
    assert (await read(api, directory))["consent"]["text"] == "staff-v3"
    await page.get_by_role("button", name="Withdraw").click()
    await page.get_by_text("The consent was withdrawn.").wait_for()
    assert (await read(api, directory))["consent"]["withdrawn_at"] is not None

    await api.patch(f"/directories/{directory}/persons/ann", json={"metadata": {"team": "red"}})
    await page.get_by_label("Id in another system").fill("4712")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_text("Somebody else has changed this in the meantime.").wait_for()
    assert (await read(api, directory))["metadata"] == {"team": "red"}


@pytest.mark.usefixtures("learned")
@pytest.mark.long
async def test_everything_is_exported_and_deleted_with_a_receipt(open_page, api, directory):
    page = await open_page("person", query="&person=ann")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Export", exact=True).click()
    with zipfile.ZipFile(await (await download.value).path()) as exported:
        assert json.loads(exported.read("person.json"))["display_name"] == "Ann Example"

    await page.clock.install()
    await page.get_by_role("button", name="Delete").click()
    assert (await read(api, directory))["faces"] == 1
    await page.clock.run_for(10_000)
    await page.get_by_role("heading", name="Ann Example was deleted.").wait_for()
    number = await page.locator(".receipt code").inner_text()
    receipt = (await api.get(f"/deletions/{number}")).json()
    assert (receipt["person"], receipt["faces"], receipt["images"]) == ("ann", 1, 1)


@pytest.mark.long
async def test_a_merge_is_undone_later_from_another_browser(open_page, api, directory):
    for person in ("ann", "anne"):
        await api.put(f"/directories/{directory}/persons/{person}", json={})
    await api.post(f"/directories/{directory}/persons/ann/merge", json={"from": ["anne"]})
    page = await open_page("people")
    await page.get_by_text("One person").wait_for()

    await page.get_by_role("button", name="Merges").click()
    await page.get_by_role("button", name="Undo the merge of anne into ann").press("Enter")
    await page.get_by_text("The merge was undone.").wait_for()
    await page.keyboard.press("Escape")
    await page.get_by_text("2 people").wait_for()
    assert (await read(api, directory, "anne"))["person"] == "anne"


@pytest.mark.parametrize("person", ["nobody", ".", ".."])
@pytest.mark.long
async def test_who_is_not_there(open_page, api, directory, person):
    """Of `persons/..`, browsers would make the address of the directory, which must not be deleted in place of it."""
    await api.put(f"/directories/{directory}", json={})
    page = await open_page("person", query=f"&person={person}", expect=(404,))
    await page.get_by_role("heading", name=f"{person} is not in this directory.").wait_for()
    assert await page.get_by_role("link", name="People").count() == 2
