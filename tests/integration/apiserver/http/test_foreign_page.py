"""Pages of other origins in a browser: they can neither read nor change anything."""

import base64
import http.server
import threading

import pytest

from tests.browser import browser_page
from tests.waiting import PATIENCE_SECONDS

ATTEMPTS = """async ({gateway, photograph, image, patience}) => {
  const file = new File([Uint8Array.from(atob(photograph), (c) => c.charCodeAt(0))], "a.jpg", {type: "image/jpeg"});
  const form = (fields) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return data;
  };
  const outcome = (promise) => promise.then(async (answer) => answer.type === "opaque" ? "opaque" : await answer.text(),
                                            () => "failed");
  const send = (path, options) => outcome(fetch(gateway + path, options));
  const loaded = (tag, attribute, path) => new Promise((resolve) => {
    const element = document.createElement(tag);
    element[attribute] = gateway + path;
    if (tag === "link") element.rel = "stylesheet";
    element.onload = () => resolve("loaded");
    element.onerror = () => resolve("failed");
    document.body.append(element);
  });
  const learn = () => form({directory: "acme", person: "ceo", file});
  const persons = "/directories/acme/persons";
  const merge = (options) => send(`${persons}/ann/merge`, {method: "POST", body: '{"from": ["bo="]}', ...options});
  const noCors = {method: "POST", mode: "no-cors"};
  const attempts = {
    learn: () => send("/learn", {...noCors, body: learn()}),
    learnAndRead: () => send("/learn", {method: "POST", body: learn()}),
    learnWithoutReferrer: () => send("/learn", {...noCors, body: learn(), referrerPolicy: "no-referrer"}),
    mergeAsText: () => merge({mode: "no-cors"}),
    mergeAsBlob: () => merge({mode: "no-cors", body: new Blob(['{"from": ["bo="]}'])}),
    mergeAsJson: () => merge({headers: {"Content-Type": "application/json"}}),
    export: () => send("/directories/acme/exports", noCors),
    importZip: () => send("/directories/acme/imports", {...noCors, body: form({file})}),
    put: () => send("/directories/other", {method: "PUT", body: "{}"}),
    patch: () => send(`${persons}/ann`, {method: "PATCH", body: '{"name": "x"}'}),
    delete: () => send("/directories/acme", {method: "DELETE"}),
    read: () => send(persons),
    readOpaque: () => send(persons, {mode: "no-cors"}),
    photograph: () => loaded("img", "src", image),
    script: () => loaded("script", "src", persons),
    style: () => loaded("link", "href", persons),
    frame: () => new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.src = gateway + persons;
      frame.onload = () => resolve(frame.contentDocument ? frame.contentDocument.body.innerText : "closed");
      document.body.append(frame);
    }),
    socket: () => new Promise((resolve) => {
      const socket = new WebSocket(gateway.replace("http", "ws") + persons);
      socket.onopen = () => resolve("open");
      socket.onerror = () => resolve("failed");
    }),
    stream: () => new Promise((resolve) => {
      const source = new EventSource(gateway + persons);
      source.onopen = () => resolve("open");
      source.onerror = () => { source.close(); resolve("failed"); };
    }),
    beacon: () => navigator.sendBeacon(gateway + "/directories/acme/exports"),
  };
  const results = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    const late = new Promise((resolve) => setTimeout(() => resolve("late"), patience));
    results[name] = await Promise.race([attempt(), late]);
  }
  return results;
}"""

FORMS = {
    "/learn": ("multipart/form-data", {"directory": "acme", "person": "ceo", "file": None}),
    "/directories/acme/persons/ann/merge": ("text/plain", {'{"from": ["bo': '"]}'}),
    "/directories/acme/exports": ("application/x-www-form-urlencoded", {}),
}

SUBMIT = """({action, enctype, fields, photograph}) => {
  const form = document.body.appendChild(document.createElement("form"));
  Object.assign(form, {action, enctype, method: "post"});
  for (const [name, value] of Object.entries(fields)) {
    const input = form.appendChild(document.createElement("input"));
    input.name = name;
    if (value !== null) {
      input.value = value;
      continue;
    }
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(photograph), (c) => c.charCodeAt(0))], "a.jpg"));
    input.type = "file";
    input.files = files.files;
  }
  form.submit();
}"""

REBOUND = """async ({photograph}) => {
  const body = new FormData();
  body.append("person", "ceo");
  body.append("file", new Blob([Uint8Array.from(atob(photograph), (c) => c.charCodeAt(0))]));
  const calls = [["GET", "/directories/acme/persons"], ["DELETE", "/directories/acme"], ["POST", "/learn", body],
                 ["GET", "/files/none.jpg"], ["GET", "/docs"], ["GET", "/openapi.json"]];
  return Promise.all(calls.map(async ([method, path, content]) => {
    const answer = await fetch(path, {method, body: content, headers: {"X-Forwarded-Host": "localhost"}});
    return [answer.status, await answer.text()];
  }));
}"""


APP = """async ({gateway, image}) => {
  const persons = await (await fetch(gateway + "/directories/default/persons")).json();
  const merge = await fetch(gateway + "/directories/default/persons/none/merge", {
    method: "POST", body: '{"from": ["ann"]}',
    headers: {"Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID()},
  });
  const photograph = new Image();
  photograph.crossOrigin = "anonymous";
  photograph.src = gateway + image;
  await photograph.decode();
  return {persons: persons.items.map((each) => each.person), merge: (await merge.json()).code,
          photograph: photograph.naturalWidth};
}"""


PAGE = b"<!DOCTYPE html><title>Kittens</title><body></body>"

NAMES_REBOUND = ("--host-resolver-rules=MAP *.example 127.0.0.1", "--disable-features=LocalNetworkAccessChecks")
"""Without the question of newer browsers, whether a public page may reach this machine."""

_TABLES = ("faces", "images", "jobs", "merges", "deletions", "keyed_requests")


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def foreign_port():
    """The port of another server on this machine."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
async def gateway(serve, settings):
    return await serve(settings.model_copy(update={"hosts": ""}))


async def state_of(gateway, database):
    """All that a call could change."""
    directories = (await gateway.get("/directories")).json()["items"]
    persons = (await gateway.get("/directories/acme/persons")).json()["items"]
    rows = [await database.fetchval(f"SELECT count(*) FROM {table}") for table in _TABLES]  # noqa: S608 - our own names
    return directories, persons, rows


@pytest.fixture
def photographs(ann, bob):
    return {"ann": ann, "bo=": bob}  # forms sent as text/plain have an equals sign, which JSON may have in a name


async def test_a_page_of_another_origin(gateway, database, photographs, foreign_port):
    for person, photograph in photographs.items():
        form = {"directory": "acme", "person": person}
        learned = await gateway.post("/learn", data=form, files={"file": photograph})
        assert learned.status_code == 201
    before = await state_of(gateway, database)
    given: dict[str, object] = {
        "gateway": str(gateway.base_url),
        "photograph": base64.b64encode(photographs["ann"]).decode(),
    }
    given |= {"image": learned.json()["url"], "patience": 1000 * PATIENCE_SECONDS}
    async with browser_page(*NAMES_REBOUND) as page:
        for host in ("evil.example", "127.0.0.1"):
            await page.goto(f"http://{host}:{foreign_port}/")
            results = await page.evaluate(ATTEMPTS, given)
            for path, (enctype, fields) in FORMS.items():
                await page.goto(f"http://{host}:{foreign_port}/")
                form = {"action": f"{gateway.base_url}{path}", "enctype": enctype, "fields": fields}
                async with page.expect_navigation() as navigation:
                    await page.evaluate(SUBMIT, form | {"photograph": given["photograph"]})
                answer = await navigation.value
                assert (answer.request.method, answer.status) == ("POST", 403), (host, path)

            assert (results.pop("beacon"), results.pop("frame")) == (True, "closed"), host
            # Failed by the resource policy even where answers would be opaque.
            assert set(results.values()) == {"failed"}, (host, results)
            assert await state_of(gateway, database) == before


async def test_a_page_of_a_listed_origin(serve, settings, ann, foreign_port):
    """It may do what the other page tries, except for what needs no permission to read."""
    app = f"http://127.0.0.1:{foreign_port}"
    gateway = await serve(settings.model_copy(update={"origins": app}))
    learned = await gateway.post("/learn", data={"person": "ann"}, files={"file": ann})
    given = {"gateway": str(gateway.base_url), "image": learned.json()["url"]}
    async with browser_page() as page:
        await page.goto(app)
        results = await page.evaluate(APP, given)

    assert results["persons"] == ["ann"]
    assert results["merge"] == "person-not-found"
    assert results["photograph"] == 512


async def test_a_page_whose_name_was_rebound(gateway, database, ann):
    """Its server served it, then the name got the gateway's address: for the browser, it is a page of the gateway."""
    form = {"directory": "acme", "person": "ann"}
    assert (await gateway.post("/learn", data=form, files={"file": ann})).status_code == 201
    before = await state_of(gateway, database)
    async with browser_page(*NAMES_REBOUND) as page:
        own = f"http://rebound.example:{gateway.base_url.port}"
        await page.route(f"{own}/kittens", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        await page.goto(f"{own}/kittens")
        answers = await page.evaluate(REBOUND, {"photograph": base64.b64encode(ann).decode()})
        shown = await page.goto(f"{own}/directories/acme/persons")

    assert shown
    assert shown.status == 421
    assert [status for status, _ in answers] == [421] * len(answers)
    assert all("host-not-accepted" in text for _, text in answers)
    assert await state_of(gateway, database) == before
