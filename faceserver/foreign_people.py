"""Photographs from another system, written as a bundle for the service to import."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile


@dataclass(frozen=True, slots=True)
class ForeignPhotograph:
    """Whom a photograph shows, what it is called there, and its bytes."""

    person: str
    name: str
    content: bytes


class ForeignError(Exception):
    """The other system's people cannot be read; `str()` of it is the reason for a person."""


def write_bundle(path: Path, photographs: Iterable[ForeignPhotograph]) -> int:
    """Write the photographs as a bundle, each once, and return how many faces it tells of. Raises what they raise."""
    lines: list[str] = []
    persons: dict[str, None] = {}
    written: set[str] = set()
    with ZipFile(path, "w", ZIP_STORED) as bundle:
        bundle.writestr("manifest.json", json.dumps({"format": "faceserver-bundle", "version": 1, "images": True}))
        for one in photographs:
            digest = hashlib.sha256(one.content).hexdigest()
            if digest not in written:
                bundle.writestr(f"images/{digest}", one.content)
                written.add(digest)
            persons[one.person] = None
            lines.append(_line(person=one.person, image=digest, image_sha256=digest, name=one.name[:1000]))
        bundle.writestr("persons.jsonl", "".join(_line(person=person) for person in persons))
        bundle.writestr("faces.jsonl", "".join(lines))
    return len(lines)


def _line(**values: str) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"
