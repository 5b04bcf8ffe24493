"""Keys: who may call the service, and their usage."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from faceserver.client.call import MAX_PAGE, Call, Page, given, json_of, url_path
from faceserver.client.method import listing, result
from faceserver.client.results import Key, NewKey, Usage
from faceserver.client.unchanged import UNCHANGED, Unchanged, changed


class KeyCalls:
    """Keys and their usage."""

    @result
    def create_key(
        self,
        name: str,
        *,
        scopes: Iterable[str],
        directories: Iterable[str],
        note: str | None = None,
        expires_at: datetime | None = None,
        limits: Mapping[str, float] | None = None,
        kind: str | None = None,
    ) -> Call[NewKey]:
        """Make a key and return it with its text, which cannot be read again; docs/access.md lists the scopes.

        directories: names, prefixes that end in a separator and `*`, such as `acme/*`, or `*` for all.
        limits: by name, such as `requests_per_minute`; docs/limits.md lists them. kind: `bearer`, `uuid` for a
        client of CompreFace, or `pair` for a client of Amazon Rekognition.
        """
        lists = {"scopes": list(scopes), "directories": list(directories)}
        options = given(note=note, expires_at=_text(expires_at), limits=limits and dict(limits), kind=kind)
        body = given(name=name, **lists) | options
        return Call("POST", "/keys", json_of(NewKey), json=body, once=True)

    @listing
    def keys(self) -> Call[Page[Key]]:
        """Iterate over the keys without more rights than the caller's, including revoked ones."""
        return Call("GET", "/keys", json_of(Page[Key]), query=given(limit=MAX_PAGE))

    @result
    def get_key(self, key: str) -> Call[Key]:
        """Return a key, by its id."""
        return Call("GET", url_path("keys", key), json_of(Key))

    @result
    def patch_key(
        self,
        key: str,
        *,
        name: str | Unchanged = UNCHANGED,
        scopes: Iterable[str] | Unchanged = UNCHANGED,
        directories: Iterable[str] | Unchanged = UNCHANGED,
        note: str | Unchanged | None = UNCHANGED,
        expires_at: datetime | Unchanged | None = UNCHANGED,
        limits: Mapping[str, float | None] | Unchanged = UNCHANGED,
    ) -> Call[Key]:
        """Change a key, by its id; None clears the note, the expiry or one of the limits. Its text stays the same."""
        body = changed(
            name=name,
            scopes=UNCHANGED if scopes is UNCHANGED else list(scopes),
            directories=UNCHANGED if directories is UNCHANGED else list(directories),
            note=note,
            expires_at=UNCHANGED if expires_at is UNCHANGED else _text(expires_at),
            limits=UNCHANGED if limits is UNCHANGED else dict(limits),
        )
        return Call("PATCH", url_path("keys", key), json_of(Key), json=body)

    @result
    def rotate_key(self, key: str, *, overlap_seconds: int | None = None) -> Call[NewKey]:
        """Give a key a new text, which is returned; the previous one works for another `overlap_seconds`, or a day."""
        body = given(overlap_seconds=overlap_seconds)
        return Call("POST", url_path("keys", key, "rotate"), json_of(NewKey), json=body, once=True)

    @result
    def revoke_key(self, key: str) -> Call[Key]:
        """Revoke a key for good, by its id; a second time changes nothing."""
        return Call("DELETE", url_path("keys", key), json_of(Key))

    @result
    def usage(self, key: str | None = None) -> Call[Usage]:
        """Return what the client's own key, or the one with this id, has used today, and its limits."""
        return Call("GET", "/usage" if key is None else url_path("keys", key, "usage"), json_of(Usage))


def _text(time: datetime | None) -> str | None:
    """Return a time as the service reads it. Raises ValueError for one without a time zone."""
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone: use datetime.now(UTC), or astimezone().")
    return time.isoformat()
