"""Photographs from another system: read from its database, and written as a bundle for the service to import."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZIP_STORED, ZipFile

import psycopg

from faceserver.file_names import readable
from serving.name_faults import fault_of

_CONNECT_SECONDS = 10
_MAX_ID = 255


@dataclass(frozen=True, slots=True)
class ForeignPhotograph:
    """The person a photograph shows, its name in the other system, and its bytes."""

    person: str
    name: str
    content: bytes


class ForeignError(Exception):
    """The people of the other system cannot be read; the text is a complete sentence."""


@contextmanager
def connected(dsn: str, system: str) -> Iterator[psycopg.Connection[Any]]:
    """Yield a read-only connection to the PostgreSQL database of `system`. Raises ForeignError."""
    try:
        with psycopg.connect(dsn, connect_timeout=_CONNECT_SECONDS) as connection:
            connection.read_only = True
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise ForeignError(f"This is not a database of {system}: {error.diag.message_primary}.") from error
    except psycopg.Error as error:
        raise ForeignError(f"The database cannot be read: {error}".strip()) from error


class Written(NamedTuple):
    """The number of faces in a bundle, and the photographs left out because their person's name cannot be an id."""

    faces: int
    unnamed: Sequence[str]


def write_bundle(path: Path, photographs: Iterable[ForeignPhotograph]) -> Written:
    """Write the photographs as a bundle, each once."""
    lines: list[str] = []
    unnamed: list[str] = []
    persons: dict[str, None] = {}
    written: set[str] = set()
    with ZipFile(path, "w", ZIP_STORED) as bundle:
        bundle.writestr("manifest.json", json.dumps({"format": "faceserver-bundle", "version": 1, "images": True}))
        for photograph in photographs:
            if not _is_id(photograph.person):
                unnamed.append(photograph.name)
                continue
            digest = hashlib.sha256(photograph.content).hexdigest()
            if digest not in written:
                bundle.writestr(f"images/{digest}", photograph.content)
                written.add(digest)
            persons[photograph.person] = None
            name = readable(photograph.name)[:1000]
            lines.append(_line(person=photograph.person, image=digest, image_sha256=digest, name=name))
        bundle.writestr("persons.jsonl", "".join(_line(person=person) for person in persons))
        bundle.writestr("faces.jsonl", "".join(lines))
    return Written(len(lines), unnamed)


def _is_id(name: str) -> bool:
    """Tell whether the service accepts a name; because of one that it does not, it refuses the whole bundle."""
    composed = unicodedata.normalize("NFC", name)
    controls = any(unicodedata.category(each) in {"Cc", "Cs"} for each in composed)
    return 0 < len(composed) <= _MAX_ID and not controls and fault_of(composed) is None


def _line(**values: str) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"
