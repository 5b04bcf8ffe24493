"""The page in a real Chromium, in front of a gateway that all tests of a module share; each test has a directory."""

import itertools
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests.checkout import ROOT
from tests.waiting import PATIENCE_SECONDS

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

_numbers = itertools.count(1)

Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("chromium is not installed: apt install chromium")
    arguments = [
        *("--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"),
        *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
    ]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def api(shared_gateway: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps no connections: while a browser is used, the gateway would close them."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=shared_gateway.base_url, limits=limits, trust_env=False, timeout=PATIENCE_SECONDS
    ) as client:
        yield client


@pytest.fixture
def directory() -> str:
    return f"test-{next(_numbers)}"


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser: Browser, shared_gateway: httpx.AsyncClient, directory: str) -> AsyncIterator[Open]:
    """Opens a view of the page in a context of its own; what its console complains of fails the test."""
    complaints: list[str] = []
    async with AsyncExitStack() as stack:

        async def opened(
            view: str = "", *, query: str = "", expect: tuple[int | str, ...] = (), **context: Any
        ) -> Page:
            made = await browser.new_context(viewport=context.pop("viewport", DESKTOP), locale="en", **context)
            stack.push_async_callback(made.close)
            made.set_default_timeout(PATIENCE_SECONDS * 1000)
            page = await made.new_page()
            page.on("console", lambda message: complaints.extend(_complaint(message, expect)))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            base = str(shared_gateway.base_url).rstrip("/")
            address = f"{base}/app/{view}?directory={directory}{query}"
            await page.goto(address)
            await page.locator("h1").first.wait_for()
            return page

        yield opened
    assert complaints == []


def _complaint(message: ConsoleMessage, expect: tuple[int | str, ...]) -> list[str]:
    """Return the text of an error, unless it has an expected text or status, as refused requests have."""
    texts = [each if isinstance(each, str) else f"status of {each}" for each in expect]
    if message.type not in {"error", "warning"} or any(text in message.text for text in texts):
        return []
    return [f"{message.text} ({message.location.get('url')})"]


async def violations(page: Page) -> list[str]:
    """What axe-core finds serious or critical in what a page shows. It is opened with `bypass_csp=True`."""
    if not AXE.exists():
        pytest.skip("the page's checks are not installed: apt install nodejs npm, then npm ci in web/")
    await page.add_script_tag(content=AXE.read_text())
    found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Writes a file for the browser to choose."""

    def written(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return written
