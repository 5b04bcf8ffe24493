"""A valid request of every call of CompreFace, in an order in which they succeed one after the other."""

from apiserver.access.scopes import Scope
from tests.integration.apiserver.valid_requests import ValidRequest

RECOGNITION = "/api/v1/recognition"
FACES = f"{RECOGNITION}/faces"
FACE = f"{FACES}/{{image_id}}"
SUBJECT = f"{RECOGNITION}/subjects/{{subject}}"

_PHOTOGRAPHS = {Scope.READ, Scope.IMAGES}

NEEDS: dict[str, set[Scope] | None] = {
    f"POST {RECOGNITION}/subjects": {Scope.EDIT},
    f"GET {RECOGNITION}/subjects": {Scope.READ},
    f"PUT {SUBJECT}": {Scope.EDIT},
    f"DELETE {SUBJECT}": {Scope.DELETE},
    f"DELETE {RECOGNITION}/subjects": {Scope.DELETE},
    f"POST {FACES}": {Scope.ENROL},
    f"GET {FACES}": {Scope.READ},
    f"DELETE {FACES}": {Scope.DELETE},
    f"DELETE {FACE}": {Scope.DELETE},
    f"POST {FACES}/delete": {Scope.DELETE},
    f"GET {FACE}/img": _PHOTOGRAPHS,
    "GET /api/v1/static/{api_key}/images/{image_id}": _PHOTOGRAPHS,
    f"POST {RECOGNITION}/recognize": {Scope.RECOGNIZE},
    f"POST {FACE}/verify": {Scope.RECOGNIZE},
    f"POST {RECOGNITION}/embeddings/recognize": {Scope.RECOGNIZE},
    f"POST {RECOGNITION}/embeddings/faces/{{image_id}}/verify": {Scope.RECOGNIZE},
    "POST /api/v1/detection/detect": {Scope.RECOGNIZE},
    "POST /api/v1/verification/verify": {Scope.RECOGNIZE},
    "POST /api/v1/verification/embeddings/verify": {Scope.RECOGNIZE},
    "GET /api/v1/config": None,
    "GET /api/v1/consistence/status": None,
    "POST /api/v1/migrate": None,
}
"""What each route requires, None for no key. Written down here a second time, on purpose."""


def valid_requests(image: str, ann: bytes, bob: bytes) -> list[ValidRequest]:
    """Return the requests to a directory in which the photograph `image` shows the subject Ann."""
    names = {"image_id": image, "subject": "Ann", "api_key": "x"}
    file, embedding = {"file": ("a.jpg", ann)}, [1.0] * 128
    pair = {"source_image": ("a.jpg", ann), "target_image": ("b.jpg", bob)}

    def change(action: str, **options: object) -> ValidRequest:
        return ValidRequest(action, names, options, changes=True)

    reads = [ValidRequest(action, names) for action in NEEDS if action.startswith("GET ")]
    return [
        *reads,
        ValidRequest("POST /api/v1/migrate", names),
        ValidRequest(f"POST {RECOGNITION}/recognize", names, {"files": file}),
        ValidRequest(f"POST {FACE}/verify", names, {"files": file}, by_id="image_id"),
        ValidRequest(f"POST {RECOGNITION}/embeddings/recognize", names, {"json": {"embeddings": [embedding]}}),
        ValidRequest(
            f"POST {RECOGNITION}/embeddings/faces/{{image_id}}/verify",
            names,
            {"json": {"embeddings": [embedding]}},
            by_id="image_id",
        ),
        ValidRequest("POST /api/v1/detection/detect", names, {"files": file}),
        ValidRequest("POST /api/v1/verification/verify", names, {"files": pair}),
        ValidRequest(
            "POST /api/v1/verification/embeddings/verify",
            names,
            {"json": {"source": embedding, "targets": [embedding]}},
        ),
        change(f"POST {RECOGNITION}/subjects", json={"subject": "Cid"}),
        change(f"POST {FACES}", params={"subject": "Bob"}, files={"file": ("b.jpg", bob)}),
        ValidRequest(f"PUT {RECOGNITION}/subjects/{{subject}}", {"subject": "cid"}, {"json": {"subject": "Dan"}}, True),
        ValidRequest(f"DELETE {FACE}", names, changes=True, by_id="image_id"),
        change(f"DELETE {FACES}"),
        change(f"DELETE {SUBJECT}"),
        change(f"DELETE {RECOGNITION}/subjects"),
        change(f"POST {FACES}/delete", json=[image]),
    ]
