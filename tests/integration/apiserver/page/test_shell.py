"""The files of the page and the shell: addresses, headers, a base path, and without the page."""

import gzip
import re

import pytest

from apiserver.app import create_app
from tests.integration.apiserver.conftest import patient, serving
from tests.integration.apiserver.page.conftest import DESKTOP, PHONE, violations
from web import STATIC

MAX_FIRST_BYTES = 60_000
"""Of the shell, one language and one small view, as they are sent."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_every_file_is_served_as_what_it_is(shared_gateway):
    media_types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    for path in (each for each in STATIC.rglob("*") if each.is_file() and each.name != "index.html"):
        answer = await shared_gateway.get(f"/app/{path.relative_to(STATIC)}")
        assert answer.content == path.read_bytes()
        assert answer.headers["content-type"].partition(";")[0] == media_types[path.suffix]
        again = await shared_gateway.get(str(answer.url), headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("address", ["/", "/app", "/app/", "/app/people?person=x", "/app/Ann%2FBo.js", "/app/a/b"])
async def test_the_shell_is_at_every_address_of_a_view(shared_gateway, address):
    answer = await shared_gateway.get(address)

    assert answer.status_code == 200
    assert '<base href="/app/">' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["permissions-policy"].startswith("camera=(self)")


@pytest.mark.parametrize(
    "path", ["core/nothing.js", "core/", "core/..%2F..%2F__init__.py", "views/%2e%2e/index.html", "strings/xx.js"]
)
async def test_other_files_are_not_found(shared_gateway, path):
    answer = await shared_gateway.get(f"/app/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def test_below_a_base_path_and_without_the_page(shared_database_url, vectorizer_url, tmp_path):
    settings = patient(shared_database_url, vectorizer_url, tmp_path)
    async with serving(create_app(settings.model_copy(update={"root_path": "/fa/ces"}))) as below:
        assert '<base href="/fa/ces/app/">' in (await below.get("/fa/ces/")).text
        assert (await below.get("/fa/ces/app/core/main.js")).status_code == 200

    async with serving(create_app(settings.model_copy(update={"page": False}))) as without:
        assert [(await without.get(path)).status_code for path in ("/", "/app", "/app/core/main.js")] == [404] * 3
    assert not any(path == "/" or path.startswith("/app") for path in create_app(settings).openapi()["paths"])


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
@pytest.mark.parametrize("view", re.findall(r"^  (\w+): ", (STATIC / "core/routes.js").read_text(), re.MULTILINE))
async def test_every_view_is_accessible(open_page, api, directory, view, scheme):
    await api.put(f"/directories/{directory}", json={})
    page = await open_page(view, color_scheme=scheme, bypass_csp=True, expect=(404,))

    for size in (DESKTOP, PHONE):
        await page.set_viewport_size(size)
        await page.wait_for_load_state("networkidle")
        assert await violations(page) == []
        width, available = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= available


async def test_a_first_visit_loads_one_language_and_the_modules_of_its_view(open_page):
    page = await open_page("status")
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url.partition("/app/")[2]))
    await page.reload(wait_until="networkidle")

    files = {each for each in requested if re.search(r"\.(js|css|svg)$", each)}
    assert {each for each in files if each.startswith(("strings/", "views/"))} == {"strings/en.js", "views/status.js"}
    assert {"parts/usage.js", "styles/status.css", "styles/base.css"} <= files
    assert not any(each.startswith("parts/") for each in files - {"parts/usage.js"})
    assert sum(len(gzip.compress((STATIC / each).read_bytes())) for each in files) < MAX_FIRST_BYTES


async def test_back_shows_a_view_as_it_was(open_page):
    page = await open_page("recognize", expect=(404,))
    title = await page.title()

    await page.get_by_role("link", name="People").click()
    await page.get_by_role("heading", name="People", level=1).wait_for()
    assert "/app/people?directory=" in page.url
    assert await page.evaluate("document.activeElement.tagName") == "H1"

    await page.go_back()
    await page.get_by_role("heading", name="Recognize", level=1).wait_for()
    assert await page.title() == title
    assert await page.evaluate("document.activeElement.textContent") == "People"
