"""The chain of hashes: each covers the previous one and the canonical bytes of an entry."""

import json
from collections.abc import Iterable
from datetime import UTC
from hashlib import sha256
from typing import Any, NamedTuple

from apiserver.audit.records import Entry

GENESIS = bytes(32)
"""The hash before the first entry of a chain."""


class Anchor(NamedTuple):
    """A place in a chain: the position of an entry, and its hash."""

    position: int = 0
    hash: bytes = GENESIS


def fields(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON values: without its hash, as it is sealed and exported."""
    values = entry._asdict()
    del values["hash"]
    values["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    values["persons"] = [person.hex() for person in entry.persons]
    return values


def following(previous: bytes, sealed: dict[str, Any]) -> bytes:
    """Return the hash of an entry, given as `fields`, behind the hash of the previous one."""
    written = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(previous + written.encode()).digest()


def sealed(entries: Iterable[Entry], last: Anchor) -> list[Entry]:
    """Return the entries with their positions and hashes behind `last`."""
    position, previous = last
    result = []
    for entry in entries:
        position += 1
        placed = entry._replace(position=position)
        previous = following(previous, fields(placed))
        result.append(placed._replace(hash=previous))
    return result


class Check:
    """Checks the sealed entries of one chain, in their order, from its checkpoint on."""

    def __init__(self, checkpoint: Anchor) -> None:
        self.last = checkpoint

    def fault(self, sealed: dict[str, Any], claimed: bytes) -> str | None:
        """Return what is wrong with the next entry, given as `fields`, or None."""
        if sealed["position"] != self.last.position + 1:
            return f"entry {self.last.position + 1} is missing; the next one is {sealed['position']}"
        expected = following(self.last.hash, sealed)
        if claimed != expected:
            return f"entry {sealed['position']} is not the one that was sealed"
        self.last = Anchor(sealed["position"], expected)
        return None
