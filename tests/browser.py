"""A real browser for the tests."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright


@asynccontextmanager
async def browser_page(*options: str) -> AsyncIterator[Page]:
    """Yield an empty page of Chromium, started with `options`; skip the test if it is not installed."""
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("chromium is not installed: apt install chromium")
    arguments = ["--no-sandbox", "--disable-background-networking", *options]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            yield await browser.new_page()
        finally:
            await browser.close()
