"""Reads the people of a CompreFace installation out of its PostgreSQL database.

What is read of it: `model` (a service, by `name` and `api_key`), `subject` (`api_key`, `subject_name`), `embedding`
(`subject_id`, `img_id`) and `img` (`content`). Its embeddings are of other models, so people come by their photographs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from faceserver.foreign_people import ForeignError, ForeignPhotograph

_AT_ONCE = 20
_CONNECT_SECONDS = 10

_SERVICES = """
SELECT coalesce(model.name, ''), subject.api_key, count(DISTINCT subject.id),
    count(embedding.id), count(embedding.img_id)
FROM subject LEFT JOIN model ON model.api_key = subject.api_key LEFT JOIN embedding ON embedding.subject_id = subject.id
GROUP BY 1, 2 ORDER BY 1, 2
"""

_PHOTOGRAPHS = """
SELECT subject.subject_name, img.id::text, img.content
FROM subject JOIN embedding ON embedding.subject_id = subject.id JOIN img ON img.id = embedding.img_id
WHERE subject.api_key = %s ORDER BY subject.subject_name, img.id
"""


@dataclass(frozen=True, slots=True)
class Service:
    """A recognition service, which has people of its own. embeddings: of how many of its faces; images: of how many."""

    name: str
    api_key: str
    persons: int
    embeddings: int
    images: int


def find_service(dsn: str, name: str | None) -> Service:
    """Return the service of this name, or the only one. Raises ForeignError."""
    with _connected(dsn) as connection:
        services = [Service(*row) for row in connection.execute(_SERVICES).fetchall()]
    found = [service for service in services if name is None or service.name == name]
    if len(found) != 1:
        names = ", ".join(repr(service.name) for service in services) or "none"
        raise ForeignError(f"Name one of its recognition services with --service; those with people are: {names}.")
    return found[0]


def photographs(dsn: str, service: Service) -> Iterator[ForeignPhotograph]:
    """Yield the photographs of a service, by person, a few in memory at a time. Raises ForeignError."""
    with _connected(dsn) as connection, connection.cursor(name="photographs") as rows:
        rows.itersize = _AT_ONCE
        for person, image, content in rows.execute(_PHOTOGRAPHS, [service.api_key]):
            yield ForeignPhotograph(person, f"{person}/{image}", bytes(content))


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        with psycopg.connect(dsn, connect_timeout=_CONNECT_SECONDS) as connection:
            connection.read_only = True
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise ForeignError("This is no database of CompreFace 1.x: tables of it are missing.") from error
    except psycopg.Error as error:
        raise ForeignError(f"The database cannot be read: {error}".strip()) from error
