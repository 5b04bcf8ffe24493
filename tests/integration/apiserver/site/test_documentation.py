"""The page that shows the calls, which must work in a network without access to others."""

import re
from urllib.parse import urljoin

import pytest

from apiserver.app import create_app
from tests.browser import browser_page


@pytest.fixture
async def gateway(serve, settings):
    return await serve(settings.model_copy(update={"root_path": "/faces"}))


async def test_the_page_and_all_it_loads_come_from_the_gateway(gateway):
    page = await gateway.get("/docs/")
    assets = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)

    assert len(assets) == 5
    for asset in assets:
        assert asset.startswith("/faces/")
        loaded = await gateway.get(urljoin("/docs", asset))
        assert loaded.status_code == 200
        assert len(loaded.content) > 100


async def test_the_page_in_a_browser(gateway):
    """Whatever it loads from another host is not loaded here, and fails the test."""
    requested, complaints = [], []
    async with browser_page() as page:
        page.on("request", lambda request: requested.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{gateway.base_url}/faces/docs")
        await page.get_by_text("/directories/{directory}/persons/{person}/merge").wait_for()
        await page.locator("#operations-health-about_version_get").click()
        await page.get_by_role("button", name="Try it out").click()
        await page.get_by_role("button", name="Execute").click()
        await page.get_by_text('"service": "apiserver"').first.wait_for()

    assert complaints == []
    assert f"{gateway.base_url}/faces/version" in requested
    assert [url for url in requested if not url.startswith((f"{gateway.base_url}/faces/", "data:"))] == []


async def test_other_files_are_not_found(gateway):
    for name in ("__init__.py", "..%2Fmain.py", "nothing.js"):
        assert (await gateway.get(f"/docs/{name}")).status_code == 404


def test_head_and_the_page_are_not_described(settings):
    paths = create_app(settings).openapi()["paths"]
    assert not any("head" in calls for calls in paths.values())
    assert not any("docs" in path or "openapi" in path for path in paths)
