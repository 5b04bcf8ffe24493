"""A valid request of every route, for the tests that walk over all routes."""

import io
import zipfile
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

DIRECTORY = "/directories/{directory}"
PERSON = f"{DIRECTORY}/persons/{{person}}"
FACE = f"{PERSON}/faces/{{face}}"

_BOTH = ("PUT", "DELETE")

_TAG_CHARACTERS = len("00000000-0000-5")
"""The tag and the version of an id, which whoever sends it sees as well."""

OF_ITSELF = "directory"
"""The name, in paths and bodies, of the directory that a request concerns."""


@dataclass(frozen=True)
class ValidRequest:
    """A request that succeeds with the right key, in its turn.

    action: method and route. names: values of the path. options: of httpx's request. changes: whether it changes more
    than when somebody was last seen. by_id: whether its path names an object without its directory.
    """

    action: str
    names: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)
    changes: bool = False
    by_id: str | None = None

    @property
    def method(self) -> str:
        return self.action.partition(" ")[0]

    @property
    def route(self) -> str:
        return self.action.partition(" ")[2]

    @property
    def in_path(self) -> bool:
        """Whether the path names a directory."""
        return "{directory}" in self.route

    @property
    def in_body(self) -> bool:
        """Whether the body or the query names a directory."""
        return any(OF_ITSELF in self.options.get(part, {}) for part in ("data", "json", "params"))

    @property
    def path(self) -> str:
        return self.route.replace(":path}", "}").format(
            **{name: quote(value, safe="") for name, value in self.names.items()}
        )

    def elsewhere(self, directory: str) -> "ValidRequest":
        """Return the same request for another directory, or for an object that does not exist."""
        names = self.names | {OF_ITSELF: directory}
        if self.by_id:
            names[self.by_id] = _missing(self.by_id, self.names[self.by_id])
        options = {
            part: value | {OF_ITSELF: directory} if isinstance(value, dict) and OF_ITSELF in value else value
            for part, value in self.options.items()
        }
        return ValidRequest(self.action, names, options, self.changes, self.by_id)

    async def send(self, client: httpx.AsyncClient, headers: dict[str, str] | None = None) -> httpx.Response:
        return await client.request(self.method, self.path, headers=headers, **self.options)


def _missing(kind: str, known: str) -> str:
    """Return an id that nothing has; those of photographs and receipts have the same tag of a directory."""
    tag = known[:_TAG_CHARACTERS] if kind in {"key", "deletion"} else ""
    return tag + str(uuid4())[len(tag) :] + (".jpg" if kind == "key" else "")


@dataclass(frozen=True)
class World:
    """What the requests concern: values of their paths, and what bodies need."""

    names: dict[str, str]
    model: str
    embedding: list[float]
    merge: str
    bundle: str
    key_text: str


def archive(photograph: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("eve/1.jpg", photograph)
    return content.getvalue()


async def prepared(
    client: httpx.AsyncClient, directory: str, ann: bytes, bob: bytes, headers: dict[str, str] | None = None
) -> World:
    """Make a directory with all that the requests concern; the job of its export waits for a worker."""

    async def call(method: str, path: str, **options: Any) -> Any:
        answer = await client.request(method, path, headers=headers, **options)
        assert answer.is_success, (method, path, answer.text)
        return answer.json()

    at = f"/directories/{quote(directory, safe='')}"
    form = {"data": {"directory": directory, "person": "ann"}, "files": {"file": ann}}
    learned = await call("POST", "/learn", **form)
    await call("POST", f"{at}/persons/bob/faces", files={"file": bob})
    doubted = await call("POST", "/learn", data={"directory": directory, "person": "hal"}, files={"file": ann})
    for person in ("cid", "dan", "eve"):
        await call("PUT", f"{at}/persons/{person}", json={})
    merge = (await call("POST", f"{at}/persons/bob/merge", json={"from": ["dan"]}))["merge"]
    deletion = (await call("DELETE", f"{at}/persons/eve"))["deletion"]
    import_ = (await call("POST", f"{at}/imports", files={"file": archive(bob)}))["job"]
    bundle = (await call("POST", f"{at}/exports", json={}))["job"]
    key = await call("POST", "/keys", json={"name": "door", "scopes": ["recognize"], "directories": [directory]})
    embedded = await call("POST", "/embed", files={"file": ann})
    names = {
        "directory": directory,
        "person": "ann",
        "face": learned["persons"][0]["face"],
        "key": learned["url"].partition("?")[0].rpartition("/")[2],
        "job": import_,
        "deletion": deletion,
        "id": key["id"],
        "name": "swagger-ui.css",
        "other": "bob",
        "doubted": doubted["persons"][0]["face"],
        "path": "core/main.js",
    }
    [face] = embedded["faces"]
    return World(names, embedded["model"], face["embedding"], merge, bundle, key["key"])


def valid_requests(world: World, ann: bytes, bob: bytes) -> list[ValidRequest]:
    """Return the requests in an order in which they succeed one after the other."""
    return [*_reads(world, ann), *_changes(world, ann, bob)]


def _reads(world: World, ann: bytes) -> list[ValidRequest]:
    known, directory = world.names, {"directory": world.names["directory"]}
    photograph = {"files": {"file": ann}}
    job = known | {"id": known["job"]}
    embeddings = {"model": world.model, "embeddings": [world.embedding]}
    listed = (
        "/directories",
        "/keys",
        "/audit",
        "/audit/export",
        "/usage",
        "/session",
        "/models",
        "/status",
        "/version",
    )
    page = ("/", "/app", "/app/{path:path}")
    open_to_all = ("/health/live", "/health/ready", "/openapi.json", "/docs", "/docs/start.js", "/docs/{name}")
    of_directory = ("", "/persons", "/persons/{person}", "/persons/{person}/export", "/persons/{person}/faces")
    doubted = ("/merges", "/warnings", "/lookalikes", "/comparisons", "/score-distributions", "/activity")
    return [
        *(ValidRequest(f"GET {path}", known) for path in (*listed, *open_to_all, *page)),
        *(ValidRequest(f"GET {path}", known, {"params": directory}) for path in ("/audit", "/audit/export")),
        *(ValidRequest(f"GET {DIRECTORY}{path}", known) for path in (*of_directory, "/faces", *doubted)),
        *(ValidRequest(f"GET {FACE}{path}", known) for path in ("", "/image", "/crop")),
        ValidRequest(f"GET {DIRECTORY}/imports/{{job}}/outcomes", known),
        ValidRequest(f"GET {DIRECTORY}/exports/{{job}}/bundle", known | {"job": world.bundle}),
        ValidRequest("GET /files/{key}", known, by_id="key"),
        ValidRequest("GET /files/{key}/preview", known, by_id="key"),
        ValidRequest("GET /jobs/{id}", job, by_id="id"),
        ValidRequest("GET /deletions/{deletion}", known, by_id="deletion"),
        ValidRequest("GET /keys/{id}", known, by_id="id"),
        ValidRequest("GET /keys/{id}/usage", known, by_id="id"),
        ValidRequest("POST /detect", known, photograph),
        ValidRequest("POST /embed", known, photograph),
        ValidRequest("POST /preview", known, photograph),
        ValidRequest("POST /compare", known, {"files": {"source": ann, "target": ann}}),
        ValidRequest("POST /recognize", known, photograph | {"data": directory}),
        ValidRequest("POST /verify", known, photograph | {"data": directory | {"person": "ann"}}),
        ValidRequest("POST /identify", known, {"json": directory | embeddings}),
    ]


def _changes(world: World, ann: bytes, bob: bytes) -> list[ValidRequest]:
    known, directory = world.names, {"directory": world.names["directory"]}
    key = {"name": "door", "scopes": ["recognize"], "directories": [world.names["directory"]]}

    doubted = known | {"face": known["doubted"]}

    def change(action: str, person: str = "ann", by_id: str | None = None, **options: Any) -> ValidRequest:
        return ValidRequest(action, known | {"person": person}, options, changes=True, by_id=by_id)

    return [
        change(f"PUT {DIRECTORY}", json={}),
        change(f"PATCH {DIRECTORY}", json={"fpir": 0.01}),
        change("POST /learn", data=directory | {"person": "fay"}, files={"file": ann}),
        change(f"POST {PERSON}/faces", "gus", files={"file": bob}),
        change(f"PUT {PERSON}", "cid", json={"display_name": "C"}),
        change(f"PATCH {PERSON}", "cid", json={"display_name": "D"}),
        change(f"POST {PERSON}/merge", json={"from": ["cid"]}),
        change(f"POST {PERSON}/split", "bob", json={"merge": world.merge}),
        change(f"POST {DIRECTORY}/exports", json={}),
        change(f"POST {DIRECTORY}/imports", files={"file": archive(bob)}),
        *(ValidRequest(f"{method} {DIRECTORY}/dismissals/faces/{{face}}", doubted, changes=True) for method in _BOTH),
        *(change(f"{method} {DIRECTORY}/dismissals/persons/{{person}}/{{other}}") for method in _BOTH),
        change(f"POST {DIRECTORY}/comparisons"),
        ValidRequest("DELETE /jobs/{id}", known | {"id": known["job"]}, changes=True, by_id="id"),
        change("POST /session", json={"key": world.key_text}),
        change("DELETE /session"),
        change(f"DELETE {FACE}"),
        change(f"DELETE {PERSON}"),
        change(f"DELETE {DIRECTORY}"),
        change("POST /keys", json=key),
        change("PATCH /keys/{id}", by_id="id", json={"name": "gate"}),
        change("POST /keys/{id}/rotate", by_id="id", json={}),
        change("DELETE /keys/{id}", by_id="id"),
    ]
