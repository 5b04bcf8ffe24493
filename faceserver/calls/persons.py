"""Persons: what is known of them, and which faces are whose."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from faceserver.call import LARGEST_PAGE, Call, Page, given, json_of
from faceserver.calls.directory import InDirectory
from faceserver.method import listing, result
from faceserver.results import Deletion, Merged, Person, Split
from faceserver.unchanged import UNCHANGED, Unchanged, changed

Order: TypeAlias = Literal["person", "-person", "created_at", "-created_at", "last_seen_at", "-last_seen_at"]
"""What a list is sorted by; with a minus, the last comes first."""


class PersonCalls(InDirectory):
    """Persons."""

    @listing
    def persons(
        self,
        *,
        directory: str | None = None,
        prefix: str | None = None,
        sort: Order | None = None,
        external_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Call[Page[Person]]:
        """Iterate over the persons of a directory, by name unless sorted otherwise.

        Only those whose name begins with `prefix`, who have this `external_id`, whose metadata contain these.
        """
        contained = None if metadata is None else json.dumps(metadata)
        query = given(limit=LARGEST_PAGE, prefix=prefix, sort=sort, external_id=external_id, metadata=contained)
        return Call("GET", self._place(directory, "persons"), json_of(Page[Person]), query=query)

    @result
    def person(self, person: str, *, directory: str | None = None) -> Call[Person]:
        """Return what is known of a person."""
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
        if_match: int | None = None,
    ) -> Call[Person]:
        """Replace what is known of a person, who is made where missing; a person may be without faces."""
        body = given(display_name=display_name, external_id=external_id, metadata=metadata)
        return Call("PUT", self._person(directory, person), json_of(Person), json=body, if_match=if_match)

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
        if_match: int | None = None,
    ) -> Call[Person]:
        """Change some of what is known of a person; `rename` gives another id, None removes, metadata go as a whole.

        With `if_match`, the `revision` that was read, nothing is changed if somebody else did in between: `Changed`.
        """
        body = changed(person=rename, display_name=display_name, external_id=external_id, metadata=metadata)
        path, once = self._person(directory, person), rename is not UNCHANGED
        return Call("PATCH", path, json_of(Person), json=body, if_match=if_match, once=once)

    @result
    def delete_person(
        self, person: str, *, directory: str | None = None, if_match: int | None = None
    ) -> Call[Deletion]:
        """Delete a person and all that shows them; wait for the receipt to know that the last image is gone."""
        return Call("DELETE", self._person(directory, person), json_of(Deletion), if_match=if_match, once=True)

    @result
    def merge(self, person: str, others: Iterable[str], *, directory: str | None = None) -> Call[Merged]:
        """Give the faces of others to a person; the others are no more."""
        body = {"from": [others] if isinstance(others, str) else list(others)}
        return Call("POST", self._person(directory, person, "merge"), json_of(Merged), json=body, creates=True)

    @result
    def undo_merge(self, person: str, merge: str, *, directory: str | None = None) -> Call[Split]:
        """Make the persons again that a merge took, with those of their faces that are still there."""
        return self._split(directory, person, {"merge": merge})

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
        """Give some faces of a person to another one, who must be new unless `into_existing`."""
        body = {"faces": [faces] if isinstance(faces, str) else list(faces), "person": to}
        return self._split(directory, person, {**body, "into_existing": True} if into_existing else body)

    @result
    def export_person(self, person: str, path: str | Path, *, directory: str | None = None) -> Call[Path]:
        """Write everything held about a person to `path`, a zip."""
        into = Path(path)
        return Call("GET", self._person(directory, person, "export"), lambda _: into, into=into)

    def _person(self, directory: str | None, person: str, *rest: str) -> str:
        return self._place(directory, "persons", person, *rest)

    def _split(self, directory: str | None, person: str, body: Mapping[str, object]) -> Call[Split]:
        return Call("POST", self._person(directory, person, "split"), json_of(Split), json=body, creates=True)
