"""The view Recognize: photographs in, names out, and what to do where the answer is wrong."""

import io

import pytest
from PIL import Image

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def recognized(page, *paths, faces):
    await page.set_input_files("input[type=file]", [str(path) for path in paths])
    await page.locator(".face-list > li").nth(faces - 1).wait_for()
    return page.locator(".face-row")


def rotated(photograph: bytes, orientation: int) -> bytes:
    """The same picture as a camera in another position stores it, with its Exif orientation."""
    image: Image.Image = Image.open(io.BytesIO(photograph))
    undo = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }
    for step in undo[orientation]:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


async def places(page):
    """Boxes in pixels of the photograph, from where they are on the screen."""
    return await page.evaluate("""() => {
      const image = document.querySelector(".boxes-picture");
      const around = image.getBoundingClientRect();
      const scale = image.naturalWidth / around.width;
      return [...document.querySelectorAll(".face-box")].map((each) => {
        const { left, top, right, bottom } = each.getBoundingClientRect();
        const box = [left - around.left, top - around.top, right - around.left, bottom - around.top];
        return { scale, box: box.map((pixels) => pixels * scale) };
      });
    }""")


async def test_names_stand_at_faces_and_are_read_out(*, open_page, api, directory, ann, party, write):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    await api.patch(f"/directories/{directory}/persons/ann", json={"display_name": "Ann Example"})
    page = await open_page("recognize")

    rows = await recognized(page, write("party.jpg", party), faces=3)

    first = page.get_by_role("button", name="first from left: Ann Example, match")
    await first.first.wait_for()
    assert await first.count() == 2  # at the face and in the list
    assert await page.get_by_role("button", name="second from left: unknown, unknown").count() == 2
    assert await page.locator(".face-box.match .face-tag").text_content() == "Ann Example"
    assert "3 faces. first from left: " in (await page.locator("[aria-live=polite]").text_content())

    await first.first.click()
    await page.get_by_role("link", name="Ann Example").wait_for()
    assert await page.locator(".comparison .crop").count() == 2
    assert await rows.first.get_attribute("aria-expanded") == "true"


ORIENTATIONS = [1, 6, *(pytest.param(each, marks=pytest.mark.long) for each in (2, 3, 4, 5, 7, 8))]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
async def test_boxes_stay_at_the_faces(open_page, api, ann, write, orientation):
    photograph = rotated(ann, orientation)
    found = (await api.post("/detect", files={"file": photograph})).json()["faces"]
    page = await open_page("recognize")
    await recognized(page, write("turned.jpg", photograph), faces=len(found))

    for change in ("", "size", "zoom"):
        if change == "size":
            await page.set_viewport_size({"width": 500, "height": 700})
        if change == "zoom":
            await page.get_by_role("button", name="Larger").click()
        shown = await places(page)
        assert len(shown) == len(found)
        for each, face in zip(shown, found, strict=True):
            assert all(abs(a - b) <= 2 * max(1, each["scale"]) for a, b in zip(each["box"], face["box"], strict=True))


async def test_an_unknown_face_is_named_by_keyboard_with_its_quality_before_it(open_page, api, directory, party, write):
    page = await open_page("recognize")
    rows = await recognized(page, write("party.jpg", party), faces=3)
    await rows.first.focus()
    await page.keyboard.press("Enter")
    await page.locator(".panel-quality .note").wait_for()

    await page.get_by_role("combobox", name="Who is it?").focus()
    await page.keyboard.type("Ann Example")
    await page.keyboard.press("Enter")

    await page.get_by_text("Ann Example was learned from this face.").wait_for()
    assert await page.get_by_role("button", name="first from left: Ann Example, match").count() == 2
    persons = (await api.get(f"/directories/{directory}/persons")).json()["items"]
    assert [(each["person"], each["faces"]) for each in persons] == [("Ann Example", 1)]

    await page.get_by_role("button", name="Undo").click()
    await page.get_by_text("The face was forgotten again.").wait_for()
    assert (await api.get(f"/directories/{directory}/persons")).json()["items"] == []
    assert await page.get_by_role("button", name="first from left: unknown, unknown").count() == 2


@pytest.mark.long
async def test_the_three_ways_to_be_wrong_are_three_things(*, open_page, api, directory, ann, bob, write):
    for person, photograph in (("ann", ann), ("bob", bob)):
        await api.post("/learn", data={"person": person, "directory": directory}, files={"file": photograph})
    page = await open_page("recognize")
    rows = await recognized(page, write("ann.jpg", ann), faces=1)
    await rows.first.click()

    await page.get_by_role("button", name="This is somebody else…").click()
    dialog = page.get_by_role("dialog")
    assert "only the face in front of you" in await dialog.inner_text()
    assert "may be suggested for it again" in await dialog.inner_text()
    await page.keyboard.press("Escape")
    assert await dialog.count() == 0

    await page.get_by_role("button", name="ann has another name…").click()
    await page.get_by_label("Name", exact=True).fill("Ann Example")
    await page.keyboard.press("Enter")
    await page.get_by_text("Renamed to Ann Example.").wait_for()
    await page.get_by_role("button", name="A sample of Ann Example is not Ann Example…").click()
    await dialog.get_by_role("button", name="Give the sample").click()
    await dialog.get_by_role("combobox", name="Give it to").fill("bob")
    await dialog.get_by_role("option", name="bob").click()
    await page.get_by_text("The sample is bob").wait_for()

    counts = {
        each["person"]: each["faces"] for each in (await api.get(f"/directories/{directory}/persons")).json()["items"]
    }
    assert counts == {"ann": 0, "bob": 2}


async def test_a_face_that_nobody_could_recognize_cannot_be_enrolled(open_page, api, directory, ann, write):
    await api.put(f"/directories/{directory}", json={"recognizability_floor": 1})
    page = await open_page("recognize")
    rows = await recognized(page, write("ann.jpg", ann), faces=1)
    await rows.first.click()

    await page.get_by_text("it cannot be enrolled").wait_for()
    assert await page.get_by_role("combobox", name="Who is it?").count() == 0
    assert await page.locator(".face-box.unusable").count() == 1


@pytest.mark.long
async def test_refusals_say_what_to_do_and_photographs_of_other_formats_are_shown(open_page, ann, write):
    buffer = io.BytesIO()
    Image.open(io.BytesIO(ann)).save(buffer, "TIFF")
    page = await open_page("recognize", expect=(400,))
    await page.set_input_files(
        "input[type=file]", [str(write("text.jpg", b"no photograph")), str(write("scan.tiff", buffer.getvalue()))]
    )

    await page.get_by_text("This is not a photograph that the service can read.").wait_for()
    await page.get_by_role("button", name="scan.tiff").click()
    await page.locator(".boxes.is-loaded .face-box").wait_for()
    assert await page.locator(".face-list > li").count() == 1


@pytest.mark.long
async def test_what_a_photograph_is_called_is_text(open_page, nobody):
    page = await open_page("recognize")
    name = "<img src=x onerror=alert(1)>.jpg"
    await page.set_input_files("input[type=file]", [{"name": name, "mimeType": "image/jpeg", "buffer": nobody}])
    await page.get_by_role("heading", name="0 faces").wait_for()

    assert await page.locator(".boxes-picture").get_attribute("alt") == f"Photograph {name}"
    assert await page.locator("img[src=x]").count() == 0


@pytest.mark.long
async def test_the_camera_takes_a_photograph_with_preview(open_page):
    page = await open_page("recognize")
    await page.get_by_role("button", name="Use the camera").click()
    await page.get_by_role("button", name="Take photograph").click()
    await page.get_by_role("button", name="Take another").click()
    await page.get_by_role("button", name="Take photograph").click()
    await page.get_by_role("button", name="Use this one").click()

    await page.get_by_role("heading", name="0 faces").wait_for()
    assert await page.evaluate("document.querySelectorAll('video').length") == 0
