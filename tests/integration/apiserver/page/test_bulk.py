"""The view Import and export, with a gateway that can be restarted and a worker."""

import asyncio
import io
import re
import socket
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio

from apiserver.app import create_app
from apiserver.settings.settings import Settings
from serving.http_server.connections import Connections
from serving.http_server.server import http_config
from serving.settings import ServiceSettings
from tests.integration.apiserver.conftest import PromptServer, patient
from tests.integration.apiserver.worker_process import working
from tests.ports import free_port
from tests.waiting import PATIENCE_SECONDS, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Gateway:
    """A gateway that keeps its address when it is restarted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._address = ("127.0.0.1", free_port())
        self.url = f"http://127.0.0.1:{self._address[1]}"

    async def start(self) -> None:
        settings = ServiceSettings(header_timeout_seconds=PATIENCE_SECONDS, shutdown_timeout_seconds=1)
        config = http_config(create_app(self._settings), settings, Connections(10_000), port=0)
        self._server = PromptServer(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[socket.create_server(self._address)]))
        while not self._server.started:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        self._server.stop()
        await self._task


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def settings(shared_database_url: str, vectorizer_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return patient(shared_database_url, vectorizer_url, tmp_path_factory.mktemp("bulk"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def restartable(settings: Settings) -> AsyncIterator[Gateway]:
    gateway = Gateway(settings)
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_gateway(restartable: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=restartable.url, trust_env=False) as client:
        yield client


@pytest.fixture
def people(tmp_path: Path, ann: bytes, bob: bytes, nobody: bytes) -> Path:
    """A folder of two people, with a photograph that nobody is on, and a file that is none."""
    files = {"Ann/1.jpg": ann, "Bö/1.jpg": bob, "Bö/2.jpg": nobody, "Bö/notes.txt": b"hello", ".DS_Store": b"hidden"}
    for path, content in files.items():
        (tmp_path / "people" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "people" / path).write_bytes(content)
    return tmp_path / "people"


async def enrolled(api, directory):
    items = (await api.get(f"/directories/{directory}/persons")).json()["items"]
    return {each["person"]: each["faces"] for each in items}


async def test_a_folder_is_imported_and_refusals_are_put_right(
    *, open_page, api, directory, people, settings, cid, write
):
    page = await open_page("bulk", expect=(404,))
    async with working(settings):
        await page.get_by_label("Choose a folder").set_input_files(people)
        await page.get_by_role("heading", name="Done").wait_for()
        assert await enrolled(api, directory) == {"Ann": 1, "Bö": 1}
        assert "2 photographs enrolled · 2 people · 2 not taken" in await page.locator(".bulk-work .note").inner_text()

        refused = page.locator(".bulk-refused > li", has_text="people/Bö/2.jpg")
        assert "No face was found on this photograph." in await refused.inner_text()
        await refused.scroll_into_view_if_needed()
        assert await refused.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 600

        await page.get_by_label("Take another photograph instead of people/Bö/2.jpg").last.set_input_files(
            write("better.jpg", cid)
        )
        await page.get_by_text("One photograph enrolled · one person").first.wait_for()
    assert await enrolled(api, directory) == {"Ann": 1, "Bö": 2}


@pytest.mark.long
async def test_a_restarted_gateway_loses_nothing_and_enrols_nothing_twice(
    *, open_page, api, directory, people, settings, restartable, shared_database_url
):
    page = await open_page("bulk", expect=(404, "ERR_CONNECTION_REFUSED"))
    await restartable.stop()
    await page.get_by_label("Choose a folder").set_input_files(people)
    await page.get_by_text("The service cannot be reached. Trying again; nothing is lost.").wait_for()
    await restartable.start()
    await page.get_by_text("Waiting for its turn").wait_for()

    await restartable.stop()
    await page.get_by_text("The service cannot be reached. Trying again; nothing is lost.").wait_for()
    await restartable.start()
    async with working(settings):
        await page.get_by_role("heading", name="Done").wait_for()

    assert await enrolled(api, directory) == {"Ann": 1, "Bö": 1}
    connection = await asyncpg.connect(shared_database_url)
    jobs = await connection.fetchval("SELECT count(*) FROM jobs WHERE directory = $1", directory)
    await connection.close()
    assert jobs == 1


@pytest.mark.long
async def test_an_import_is_cancelled_and_found_again_after_a_reload(open_page, api, directory, people):
    page = await open_page("bulk", expect=(404,))
    await page.get_by_label("Choose a folder").set_input_files(people)
    await page.get_by_text("Waiting for its turn").wait_for()
    await page.reload()
    await page.get_by_text("Waiting for its turn").wait_for()

    await page.get_by_role("button", name="Cancel").click()

    await page.get_by_role("heading", name="Cancelled. What was enrolled before stays.").wait_for()
    assert (await api.get(f"/directories/{directory}/persons")).status_code == 404


@asynccontextmanager
async def blocked(settings: Settings, table: str) -> AsyncIterator[None]:
    """Have whatever writes to a table wait, but not what reads it."""
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield
    await connection.close()


async def running(settings: Settings, kind: str) -> None:
    """Return once a job of the kind runs."""
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = $1 AND status = 'doing'"

    async def runs() -> bool:
        return bool(await connection.fetchval(query, kind))

    await until(runs)
    await connection.close()


@pytest.mark.long
async def test_running_jobs_are_cancelled(*, open_page, api, directory, settings, people, ann):
    await api.post("/learn", data={"person": "eve", "directory": directory}, files={"file": ann})
    page = await open_page("bulk")
    async with working(settings):
        async with blocked(settings, "faces"):
            await page.get_by_label("Choose a folder").set_input_files(people)
            await running(settings, "import")
            await page.get_by_role("button", name="Cancel").click()
            await page.get_by_role("heading", name="Cancelled. What was enrolled before stays.").wait_for()
        assert await enrolled(api, directory) == {"eve": 1}

        async with blocked(settings, "comparisons"):
            await page.get_by_role("link", name="To do").click()
            await page.get_by_role("button", name="Compare all samples").click()
            await running(settings, "comparison")
            await page.get_by_role("button", name="Cancel").click()
            await page.get_by_role("button", name="Compare all samples").wait_for()
        await page.get_by_role("button", name="Compare all samples").click()
        await page.get_by_text(re.compile("Last compared on .*: one sample")).wait_for()


@pytest.mark.long
async def test_a_zip_shows_the_photographs_that_were_not_taken(open_page, settings, ann, nobody, write):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Ann/1.jpg", ann)
        archive.writestr("Ann/2.jpg", nobody)
    page = await open_page("bulk", expect=(404,))
    async with working(settings):
        await page.get_by_label("Choose a zip file").set_input_files(write("people.zip", buffer.getvalue()))
        await page.get_by_role("heading", name="Done").wait_for()

    image = page.locator(".bulk-refused > li", has_text="Ann/2.jpg").locator("img")
    assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 600


@pytest.mark.long
async def test_an_archive_without_people_says_what_to_change(open_page, settings, write):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("notes.txt", b"hello")
    page = await open_page("bulk", expect=(404,))
    async with working(settings):
        await page.get_by_label("Choose a zip file").set_input_files(write("people.zip", buffer.getvalue()))
        await page.get_by_role("heading", name="This did not work").wait_for()
    assert "people/ann/1.jpg" in await page.locator(".bulk-work .note").inner_text()


@pytest.mark.long
async def test_a_directory_is_downloaded(open_page, api, directory, settings, ann):
    await api.post("/learn", data={"person": "ann", "directory": directory}, files={"file": ann})
    page = await open_page("bulk")
    await page.get_by_role("button", name="Prepare the download").click()
    await page.get_by_role("button", name="Cancel").wait_for()
    await page.wait_for_url(re.compile("export="))
    await page.reload()
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_text("Cancelled. There is no file.").wait_for()

    async with working(settings):
        await page.get_by_label("With the photographs").check()
        await page.get_by_role("button", name="Prepare the download").click()
        async with page.expect_download() as saved:
            await page.get_by_role("link", name="Download").click()
        download = await saved.value
    assert download.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(await download.path()) as bundle:
        assert any(name.endswith(".jpg") for name in bundle.namelist())
