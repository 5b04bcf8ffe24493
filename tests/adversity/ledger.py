"""Clients that enrol, delete and recognize while processes die, and a ledger of what the service has acknowledged."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, Self

import httpx

from tests.photographs import CLEAR_STRANGERS, encoded, stranger
from tests.stack import Stack
from tests.waiting import wait_until

_OUTAGES = frozenset({503, 504})
_PAUSE_SECONDS = 0.05


class Enrolment(NamedTuple):
    """An enrolment that is repeated with its key until it is answered."""

    person: str
    photograph: bytes
    key: str


@dataclass
class Ledger:
    """What one client was told. faces: the ids of faces by person, and the URL of the photograph of each.

    enrolled, deleted, deleted_faces: everything that ever was. recognitions: the ids of the requests.
    """

    directory: str
    faces: dict[str, dict[str, str]] = field(default_factory=dict)
    enrolled: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    deleted_faces: list[str] = field(default_factory=list)
    recognitions: list[str] = field(default_factory=list)
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers other than a success or an outage."""


class Writer(threading.Thread):
    """One client with a directory of its own, who repeats every request until it is answered.

    It knows for certain what the service must have: an enrolment repeated with its Idempotency-Key runs once.
    """

    def __init__(self, stack: Stack, number: int, **headers: str) -> None:
        super().__init__(name=f"writer {number}")
        self.ledger = Ledger(f"ledger-{number}-{uuid.uuid4().hex[:8]}")
        self.attempts: Counter[str] = Counter()
        self._random = Random(number)
        self._enough = threading.Event()
        self._client = stack.client(**headers)
        self._in_progress: list[Enrolment] = []

    def finish(self) -> None:
        """Let all requests be answered, and end."""
        self._enough.set()
        self.join()
        self._client.close()

    def run(self) -> None:
        """Work until `finish`."""
        while not self._enough.is_set():
            chance, known = self._random.random(), [person for person, faces in self.ledger.faces.items() if faces]
            if chance < 0.5 or not known:
                person = self._random.choice(known) if known and chance < 0.2 else f"person-{uuid.uuid4().hex[:8]}"
                self._enrol(Enrolment(person, self._photograph(), uuid.uuid4().hex))
            elif chance < 0.8 and not self._in_progress:  # a deletion would withdraw the answer to a repetition
                delete = self._delete_person if chance < 0.65 else self._delete_face
                delete(self._random.choice(known))
            else:
                answer = self._answered("POST", "/recognize", self._photograph())
                self.ledger.recognitions.append(answer.headers["x-request-id"])
        while self._in_progress:
            self._enrol(self._in_progress.pop())

    def _enrol(self, enrolment: Enrolment) -> None:
        """Enrol a person; later, if the gateway that began with it may have died."""
        key = {"Idempotency-Key": enrolment.key}
        response = self._answered("POST", "/learn", enrolment.photograph, person=enrolment.person, headers=key)
        if response.status_code == 201:
            answer = response.json()
            [enrolled] = answer["persons"]
            self.ledger.faces.setdefault(enrolment.person, {})[enrolled["face"]] = answer["url"]
            self.ledger.enrolled.append(enrolled["face"])
        elif _is_in_progress(response):
            self._in_progress.append(enrolment)
            time.sleep(_PAUSE_SECONDS)

    def _delete_person(self, person: str) -> None:
        self._answered("DELETE", f"/directories/{self.ledger.directory}/persons/{person}")
        del self.ledger.faces[person]
        self.ledger.deleted.append(person)

    def _delete_face(self, person: str) -> None:
        face = self._random.choice(list(self.ledger.faces[person]))
        self._answered("DELETE", f"/directories/{self.ledger.directory}/persons/{person}/faces/{face}")
        del self.ledger.faces[person][face]
        self.ledger.deleted_faces.append(face)

    def _photograph(self) -> bytes:
        """Return a photograph that nobody sent before."""
        image = stranger(self._random.choice(CLEAR_STRANGERS))
        return encoded(image, comment=uuid.uuid4().bytes)

    def _answered(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        **fields: str,
    ) -> httpx.Response:
        """Repeat the request until it is answered, and note an answer that an outage does not explain."""
        repeated = False
        while True:
            try:
                response = self._attempt(method, path, content, headers or {}, fields)
            except httpx.TransportError as error:
                self.attempts[type(error).__name__] += 1
            else:
                self.attempts[f"{method} {response.status_code}"] += 1
                if response.status_code not in _OUTAGES:
                    return self._noted(method, response, repeated=repeated)
            repeated = True
            time.sleep(_PAUSE_SECONDS)

    def _attempt(
        self, method: str, path: str, content: bytes | None, headers: dict[str, str], fields: dict[str, str]
    ) -> httpx.Response:
        if method == "DELETE":
            return self._client.delete(path)
        files = {"file": ("photo.jpg", content or b"")}
        data = fields | {"directory": self.ledger.directory}
        return self._client.post(path, data=data, files=files, headers=headers)

    def _noted(self, method: str, response: httpx.Response, *, repeated: bool) -> httpx.Response:
        gone_before = method == "DELETE" and repeated and response.status_code == 404
        if response.is_success or gone_before:
            self.ledger.acknowledged += 1
        elif not _is_in_progress(response):
            self.ledger.wrong.append(f"{method} {response.status_code} {response.text}")
        return response


class Writers:
    """Several writers at work."""

    def __init__(self, stack: Stack, number: int, **headers: str) -> None:
        self.all = [Writer(stack, index, **headers) for index in range(number)]

    def __enter__(self) -> Self:
        for writer in self.all:
            writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        for writer in self.all:
            writer.finish()

    @property
    def ledgers(self) -> Sequence[Ledger]:
        """What they were told."""
        return [writer.ledger for writer in self.all]

    def wait_for(self, more: int) -> None:
        """Return after this many further requests were answered with success."""
        goal = self._acknowledged + more
        wait_until(lambda: self._acknowledged >= goal)

    @property
    def _acknowledged(self) -> int:
        return sum(ledger.acknowledged for ledger in self.ledgers)


class KeyLedger:
    """Keys that were made and revoked while processes die."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._made: dict[str, str] = {}
        self.revoked: set[str] = set()

    @property
    def made(self) -> set[str]:
        """The ids of the keys that were made, without those whose answer was lost."""
        return set(self._made)

    def make(self) -> None:
        """Make a key that may read."""
        wanted = {"name": "door", "scopes": ["read"], "directories": ["*"]}
        key = self._answered("POST", json=wanted).json()
        self._made[key["id"]] = key["key"]

    def revoke_one(self) -> None:
        """Revoke the oldest key that works."""
        oldest = next(key for key in self._made if key not in self.revoked)
        self._answered("DELETE", f"/{oldest}")
        self.revoked.add(oldest)

    def disputed(self, client: httpx.Client) -> list[str]:
        """Return the ids of keys that do not work though they were made, or work though they were revoked.

        Asked a second after the last revocation, within which it holds.
        """
        time.sleep(1)
        ordered = sorted(self._made.items(), key=lambda made: made[0] in self.revoked)  # wrong keys are limited
        return [key for key, text in ordered if (key in self.revoked) == _works(client, text)]

    def _answered(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        """Repeat a call until it is answered, which may make a key that nobody knows."""
        while True:
            with suppress(httpx.TransportError):
                response = self._client.request(method, f"/keys{path}", **more)
                if response.status_code not in _OUTAGES:
                    assert response.is_success or method == "DELETE", response.text
                    return response
            time.sleep(_PAUSE_SECONDS)


def _works(client: httpx.Client, key: str) -> bool:
    answer = client.get("/directories", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code in {200, 401, 429}, answer.text
    return answer.is_success


def _is_in_progress(response: httpx.Response) -> bool:
    """Tell whether the first attempt of a repetition has not been found dead yet."""
    return response.status_code == 409 and response.json()["code"] == "request-in-progress"
