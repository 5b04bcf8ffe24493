"""Clients that enrol, delete and recognize while processes die, and a ledger of what the service has acknowledged."""

import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Self

import httpx

from tests.photographs import CLEAR_STRANGERS, encoded, stranger
from tests.stack import Stack
from tests.waiting import wait_until

_OUTAGES = frozenset({503, 504})
_PAUSE_SECONDS = 0.05

IN_PROGRESS = (409, "request-in-progress")
"""The answer to a repetition whose first attempt has not been found dead yet."""


@dataclass
class Ledger:
    """What one client was told. faces: the ids of faces by person, and the URL of the photograph of each."""

    directory: str
    faces: dict[str, dict[str, str]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)
    """Answers other than a success or an outage."""


class Writer(threading.Thread):
    """One client with a directory of its own, who repeats every request until it is answered.

    It knows for certain what the service must have: an enrolment repeated with its Idempotency-Key runs once.
    """

    def __init__(self, stack: Stack, number: int) -> None:
        super().__init__(name=f"writer {number}")
        self.ledger = Ledger(f"ledger-{number}-{uuid.uuid4().hex[:8]}")
        self.attempts: Counter[str] = Counter()
        self._random = Random(number)
        self._enough = threading.Event()
        self._client = stack.client()

    def finish(self) -> None:
        """Let the request in progress be answered, and end."""
        self._enough.set()
        self.join()
        self._client.close()

    def run(self) -> None:
        """Work until `finish`."""
        while not self._enough.is_set():
            chance, known = self._random.random(), [person for person, faces in self.ledger.faces.items() if faces]
            if chance < 0.5 or not known:
                self._enrol(self._random.choice(known) if known and chance < 0.2 else f"person-{uuid.uuid4().hex[:8]}")
            elif chance < 0.65:
                self._delete_person(self._random.choice(known))
            elif chance < 0.8:
                self._delete_face(self._random.choice(known))
            else:
                self._answered("POST", "/recognize", self._photograph())

    def _enrol(self, person: str) -> None:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        response = self._answered("POST", "/learn", self._photograph(), person=person, headers=key)
        if response.status_code == 201:
            answer = response.json()
            [enrolled] = answer["persons"]
            self.ledger.faces.setdefault(person, {})[enrolled["face"]] = answer["url"]

    def _delete_person(self, person: str) -> None:
        self._answered("DELETE", f"/directories/{self.ledger.directory}/persons/{person}")
        del self.ledger.faces[person]
        self.ledger.deleted.append(person)

    def _delete_face(self, person: str) -> None:
        face = self._random.choice(list(self.ledger.faces[person]))
        self._answered("DELETE", f"/directories/{self.ledger.directory}/persons/{person}/faces/{face}")
        del self.ledger.faces[person][face]

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
                if not _is_outage(response):
                    return self._noted(method, response, repeated=repeated)
            repeated = True
            self._enough.wait(_PAUSE_SECONDS)

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
        else:
            self.ledger.wrong.append(f"{method} {response.status_code} {response.text}")
        return response


class Writers:
    """Several writers at work."""

    def __init__(self, stack: Stack, number: int) -> None:
        self.all = [Writer(stack, index) for index in range(number)]

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


def _is_outage(response: httpx.Response) -> bool:
    if response.status_code in _OUTAGES:
        return True
    return response.status_code == IN_PROGRESS[0] and response.json().get("code") == IN_PROGRESS[1]
