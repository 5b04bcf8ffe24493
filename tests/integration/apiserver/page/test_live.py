"""The view Live, whose camera is a film made of photographs."""

import csv
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = "192.0.2.7"
SECONDS, RATE = 3, 30


def frame(photograph: bytes, size: tuple[int, int] = (1280, 720)) -> bytes:
    """The photograph in the middle of a picture of the camera."""
    image = Image.open(io.BytesIO(photograph)).convert("RGB")
    image.thumbnail(size)
    canvas = Image.new("RGB", size, (128, 128, 128))
    canvas.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    buffer = io.BytesIO()
    canvas.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def dark(photograph: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(photograph)).point(lambda value: value * 0.3).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, party: bytes, ann: bytes, bob: bytes) -> Path:
    """What the camera shows, over and over: three people; ann; bob in the dark."""
    path = tmp_path_factory.mktemp("camera") / "film.mjpeg"
    path.write_bytes(b"".join(frame(each) * SECONDS * RATE for each in (party, ann, dark(bob))))
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(film: Path) -> AsyncIterator[Browser]:
    """Chromium whose camera shows the film, and for which the gateway has an address that is not localhost's, too."""
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("chromium is not installed: apt install chromium")
    arguments = [
        *("--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"),
        *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
        *(f"--use-file-for-fake-video-capture={film}", f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"),
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        await started.close()


async def begun(page: Page) -> None:
    await page.get_by_role("button", name="Start the camera").click()
    await page.locator(".live-visitor").first.wait_for()


async def test_names_follow_faces_and_who_came_is_listed_and_saved(*, open_page, api, directory, ann):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    await api.patch(f"/directories/{directory}/persons/ann", json={"display_name": "=Ann"})
    page = await open_page("live")

    async with page.expect_response(lambda each: each.url.endswith("/recognize")) as answer:
        await begun(page)
    assert (await (await answer.value).json())["url"] is None, "nothing is kept"
    await page.locator(".face-box.match .face-tag", has_text="=Ann").wait_for()
    await page.locator(".face-box.unknown .face-tag").first.wait_for()
    assert await page.locator(".live-visitor.match").count() == 1
    await page.locator(".live-visitor", has_text="Too dark").wait_for()

    await page.get_by_role("button", name="Pause").click()
    assert await page.evaluate("document.querySelector('video').srcObject.getTracks()[0].readyState") == "ended"
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Save as CSV").click()
    rows = read_table(await (await saved.value).path())
    (seen,) = [row for row in rows if row["ID"] == "ann"]
    assert seen["Name"] == "'=Ann"
    assert seen["First seen"] < seen["Last seen"]
    assert await one_after_the_other(page)


def read_table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


async def one_after_the_other(page: Page) -> bool:
    """Tell whether no frame was sent before the answer to the one before."""
    return bool(
        await page.evaluate("""() => {
      const sent = performance.getEntriesByType("resource").filter(({ name }) => /\\/(recognize|detect)$/.test(name));
      return sent.length > 2 && sent.every(({ startTime }, each) => !each || startTime >= sent[each - 1].responseEnd);
    }""")
    )


@pytest.mark.long
async def test_somebody_in_the_list_is_named_and_is_known_from_then_on(open_page, api, directory):
    page = await open_page("live", expect=(404,))
    await begun(page)
    assert (await api.get(f"/directories/{directory}/persons")).status_code == 404

    row = page.locator(".live-visitor", has=page.get_by_role("button", name="Give a name")).first
    await row.get_by_role("button", name="Give a name").click()
    await page.get_by_role("combobox", name="Who is it?").fill("Bo Example")
    await page.keyboard.press("Enter")
    await page.get_by_text("Bo Example was learned from this face.").wait_for()
    await page.locator(".face-box.match .face-tag", has_text="Bo Example").wait_for()

    assert await page.locator(".live-visitor", has=page.get_by_role("link", name="Bo Example")).count() == 1
    persons = (await api.get(f"/directories/{directory}/persons")).json()["items"]
    assert [(each["person"], each["faces"]) for each in persons] == [("Bo Example", 1)]


@pytest.mark.long
async def test_the_camera_is_off_while_another_view_is_shown(open_page):
    page = await open_page("live", expect=(404,))
    await begun(page)
    track = await page.evaluate_handle("document.querySelector('video').srcObject.getTracks()[0]")

    await page.get_by_role("link", name="People").click()
    await page.get_by_role("heading", name="People", level=1).wait_for()
    assert await track.evaluate("track => track.readyState") == "ended"

    await page.go_back()
    await page.locator(".face-box").first.wait_for()
    assert await page.locator(".live-visitor").count() >= 1


@pytest.mark.long
async def test_over_plain_http_the_page_says_why_there_is_no_camera(open_page, shared_gateway, directory):
    page = await open_page("live", expect=("Cross-Origin-Opener-Policy",))
    await page.goto(f"http://{ELSEWHERE}:{shared_gateway.base_url.port}/app/live?directory={directory}")

    await page.get_by_text("Browsers allow the camera only on pages with https:// or on localhost").wait_for()
    assert await page.get_by_role("button", name="Start the camera").count() == 0
    await page.get_by_role("link", name="Use photographs").click()
    await page.get_by_role("heading", name="Recognize", level=1).wait_for()
