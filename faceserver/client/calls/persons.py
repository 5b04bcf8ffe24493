"""Persons: their data, and merging and splitting them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from faceserver.client.call import MAX_PAGE, Call, InDirectory, Page, given, json_of
from faceserver.client.method import listing, result
from faceserver.client.results import Consent, Deletion, Merged, PastMerge, Person, Split
from faceserver.client.unchanged import UNCHANGED, Unchanged, changed

Order: TypeAlias = Literal[
    "person",
    "-person",
    "name",
    "-name",
    "created_at",
    "-created_at",
    "last_seen_at",
    "-last_seen_at",
    "faces",
    "-faces",
]
"""The sort order of a list; a minus reverses it."""


class PersonCalls(InDirectory):
    """Persons."""

    @listing
    def persons(
        self,
        *,
        directory: str | None = None,
        search: str | None = None,
        prefix: str | None = None,
        sort: Order | None = None,
        external_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        named: bool | None = None,
        warned: bool | None = None,
        created_since: datetime | None = None,
        seen_since: datetime | None = None,
    ) -> Call[Page[Person]]:
        """Iterate over the persons of a directory, sorted by id unless `sort` is given.

        With filters, only those whose id, name or external id contains every word of `search`, regardless of case
        and accents; whose ids begin with `prefix`; with this `external_id`; whose metadata contains `metadata`; with or
        without a display name (`named`) or a warning about a face (`warned`); added or recognized since a time.
        """
        query = given(
            limit=MAX_PAGE,
            search=search,
            prefix=prefix,
            sort=sort,
            external_id=external_id,
            metadata=None if metadata is None else json.dumps(metadata),
            named=named,
            warned=warned,
            created_since=None if created_since is None else _text(created_since),
            seen_since=None if seen_since is None else _text(seen_since),
        )
        return Call("GET", self._path(directory, "persons"), json_of(Page[Person]), query=query)

    @result
    def person(self, person: str, *, directory: str | None = None) -> Call[Person]:
        """Return a person."""
        return Call("GET", self._person(directory, person), json_of(Person))

    @result
    def put_person(
        self,
        person: str,
        *,
        directory: str | None = None,
        display_name: str | None = None,
        external_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        consent: Consent | None = None,
        restricted: bool | None = None,
        if_match: int | None = None,
        if_absent: bool = False,
    ) -> Call[Person]:
        """Replace the data of a person, who is created if missing; a person needs no faces.

        restricted: whether the person is kept, but never named; None leaves it as it is. if_absent: raises Conflict if
        the person exists.
        """
        body = given(
            display_name=display_name,
            external_id=external_id,
            metadata=metadata,
            consent=_consent(consent),
            restricted=restricted,
        )
        path = self._person(directory, person)
        return Call("PUT", path, json_of(Person), json=body, if_match=if_match, if_absent=if_absent)

    @result
    def patch_person(
        self,
        person: str,
        *,
        directory: str | None = None,
        rename: str | Unchanged = UNCHANGED,
        display_name: str | Unchanged | None = UNCHANGED,
        external_id: str | Unchanged | None = UNCHANGED,
        metadata: Mapping[str, Any] | Unchanged = UNCHANGED,
        consent: Consent | Unchanged | None = UNCHANGED,
        restricted: bool | Unchanged = UNCHANGED,
        if_match: int | None = None,
    ) -> Call[Person]:
        """Change some data of a person: `rename` changes the id, None removes a value.

        Metadata and consent are replaced as a whole. if_match: the `revision` that was read. Raises Changed if the
        person has been edited since.
        """
        body = changed(
            person=rename,
            display_name=display_name,
            external_id=external_id,
            metadata=metadata,
            consent=_consent(consent) if isinstance(consent, Consent) else consent,
            restricted=restricted,
        )
        path, once = self._person(directory, person), rename is not UNCHANGED
        return Call("PATCH", path, json_of(Person), json=body, if_match=if_match, once=once)

    @result
    def delete_person(
        self, person: str, *, directory: str | None = None, if_match: int | None = None
    ) -> Call[Deletion]:
        """Delete a person and everything that shows them; `wait` for the receipt until the last image is deleted."""
        return Call("DELETE", self._person(directory, person), json_of(Deletion), if_match=if_match, once=True)

    @result
    def merge(self, person: str, others: Iterable[str], *, directory: str | None = None) -> Call[Merged]:
        """Merge other persons into a person, who gets all their faces; the others are removed."""
        body = {"from": [others] if isinstance(others, str) else list(others)}
        return Call("POST", self._person(directory, person, "merge"), json_of(Merged), json=body, creates=True)

    @listing
    def merges(self, *, directory: str | None = None, person: str | None = None) -> Call[Page[PastMerge]]:
        """Iterate over the merges of a directory, the latest first; with `person`, only those into this person."""
        query = given(limit=MAX_PAGE, person=person)
        return Call("GET", self._path(directory, "merges"), json_of(Page[PastMerge]), query=query)

    @result
    def undo_merge(
        self, person: str, merge: str, *, directory: str | None = None, into_existing: bool = False
    ) -> Call[Split]:
        """Restore the persons that a merge removed, with those of their faces that still exist.

        into_existing: persons who exist again get these faces.
        """
        body = {"merge": merge}
        return self._split(directory, person, {**body, "into_existing": True} if into_existing else body)

    @result
    def split(
        self,
        person: str,
        faces: Iterable[str],
        to: str,
        *,
        directory: str | None = None,
        into_existing: bool = False,
    ) -> Call[Split]:
        """Move some faces of a person to another one, who must be new unless `into_existing`."""
        body = {"faces": [faces] if isinstance(faces, str) else list(faces), "person": to}
        return self._split(directory, person, {**body, "into_existing": True} if into_existing else body)

    @result
    def export_person(self, person: str, path: str | Path, *, directory: str | None = None) -> Call[Path]:
        """Write everything stored about a person to `path`, a zip."""
        into = Path(path)
        return Call("GET", self._person(directory, person, "export"), lambda _: into, into=into)

    def _person(self, directory: str | None, person: str, *rest: str) -> str:
        return self._path(directory, "persons", person, *rest)

    def _split(self, directory: str | None, person: str, body: Mapping[str, object]) -> Call[Split]:
        return Call("POST", self._person(directory, person, "split"), json_of(Split), json=body, creates=True)


def _consent(consent: Consent | None) -> dict[str, str] | None:
    """Return a consent as the service reads it. Raises ValueError for a time without a time zone."""
    return None if consent is None else {name: _text(value) for name, value in given(**asdict(consent)).items()}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: use datetime.now(UTC), or astimezone().")
        return value.isoformat()
    return str(value)
