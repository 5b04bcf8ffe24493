"""Reads the people of a CompreFace installation from its PostgreSQL database.

The tables and columns read are `model` (a service, by `name` and `api_key`), `subject` (`api_key`, `subject_name`),
`embedding` (`subject_id`, `img_id`) and `img` (`content`). The photographs are imported, because the embeddings are of
other models.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg import IsolationLevel

from faceserver.importing.foreign_people import ForeignError, ForeignPhotograph, connected

_MAX_BYTES = 100_000_000
"""Of a photograph, no more is read: the service refuses it for its size, whether it is whole or not."""
_SYSTEM = "CompreFace 1.x"

_SERVICES = """
SELECT coalesce(model.name, ''), subject.api_key, count(DISTINCT subject.id),
    count(embedding.id), count(img.id)
FROM subject LEFT JOIN model ON model.api_key = subject.api_key LEFT JOIN embedding ON embedding.subject_id = subject.id
    LEFT JOIN img ON img.id = embedding.img_id AND img.content IS NOT NULL
GROUP BY 1, 2 ORDER BY 1, 2
"""

_PHOTOGRAPHS = """
SELECT subject.subject_name, img.id::text
FROM subject JOIN embedding ON embedding.subject_id = subject.id JOIN img ON img.id = embedding.img_id
WHERE subject.api_key = %s AND img.content IS NOT NULL ORDER BY subject.subject_name, img.id
"""

_CONTENT = "SELECT substring(content FOR %s) FROM img WHERE id = %s::uuid"


@dataclass(frozen=True, slots=True)
class Service:
    """A recognition service with its people. embeddings, images: number of faces that have one."""

    name: str
    api_key: str
    persons: int
    embeddings: int
    images: int


def find_service(dsn: str, name: str | None) -> Service:
    """Return the service of this name, or the only one without a name. Raises ForeignError."""
    with connected(dsn, _SYSTEM) as connection:
        services = [Service(*row) for row in connection.execute(_SERVICES).fetchall()]
    found = [service for service in services if name is None or service.name == name]
    if len(found) != 1:
        names = ", ".join(repr(service.name) for service in services) or "none"
        raise ForeignError(f"Choose a recognition service with --service; those with people are: {names}.")
    return found[0]


def photographs(dsn: str, service: Service) -> Iterator[ForeignPhotograph]:
    """Yield the photographs of a service, by person, with one in memory at a time. Raises ForeignError."""
    with connected(dsn, _SYSTEM) as connection, connection.cursor(name="photographs") as rows:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ  # nothing is deleted between two statements
        for person, image in rows.execute(_PHOTOGRAPHS, [service.api_key]):
            for (content,) in connection.execute(_CONTENT, [_MAX_BYTES, image], binary=True):
                yield ForeignPhotograph(person, f"{person}/{image}", content)
