"""What a key is to become, from the fields of a call or the options of a command."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from apiserver.access.grants import Grant, Reach
from apiserver.access.limits import read_limits
from apiserver.access.scopes import Scope
from apiserver.database.session import Connection
from apiserver.keys import records
from apiserver.keys.records import KeyRecord, Kind, Wanted
from apiserver.keys.wishes import check_authority, read_reach, read_scopes
from apiserver.problems import InvalidField, KeyNotFound


def wanted(fields: Mapping[str, Any]) -> Wanted:
    """Return the key that the fields `name`, `scopes`, `directories` and others describe. Raises InvalidField."""
    reach = read_reach(fields["directories"])
    scopes = read_scopes(fields["scopes"], reach)
    limits = _merged({}, fields.get("limits", {}))
    kind = _fitting(Kind(fields.get("kind", Kind.BEARER)), reach)
    return Wanted(fields["name"], scopes, reach, fields.get("note"), _expiry(fields.get("expires_at")), limits, kind)


async def change(connection: Connection, key_id: str, grant: Grant, fields: Mapping[str, Any]) -> KeyRecord:
    """Change the fields of a key that are given; None clears one.

    Raises KeyNotFound, also if it is revoked, InvalidField, or ScopeMissing if the caller cannot give that much.
    """
    async with connection.transaction():
        found = await records.read(connection, key_id, grant, lock=True)
        if found.revoked_at is not None:
            raise KeyNotFound
        changed = _changed(found, fields)
        check_authority(grant, changed.scopes, changed.reach)
        if "limits" in fields:
            changed = replace(changed, limits=grant.limited(changed.limits))
        return await records.change(connection, key_id, changed)


def _changed(found: KeyRecord, fields: Mapping[str, Any]) -> Wanted:
    reach = read_reach(fields["directories"]) if "directories" in fields else found.reach
    if "scopes" in fields:
        scopes = read_scopes(fields["scopes"], reach)
    else:
        scopes = found.scopes if reach.everywhere else found.scopes - {Scope.OPERATE}
    return Wanted(
        fields.get("name", found.name),
        scopes,
        reach,
        fields.get("note", found.note),
        _expiry(fields["expires_at"]) if "expires_at" in fields else found.expires_at,
        _merged(found.limits, fields.get("limits", {})),
        _fitting(Kind(found.kind), reach),
    )


def _fitting(kind: Kind, reach: Reach) -> Kind:
    """Return the kind of a key. Raises InvalidField for directories that it cannot have."""
    if kind is Kind.UUID and reach.only is None:
        raise InvalidField("directories: a key for clients of CompreFace needs exactly one, by name.")
    return kind


def _merged(limits: Mapping[str, float], changes: Mapping[str, object]) -> dict[str, float]:
    """Return limits with changes, of which None removes one. Raises InvalidField."""
    return {name: value for name, value in {**limits, **read_limits(changes)}.items() if value is not None}


def _expiry(time: datetime | None) -> datetime | None:
    if time is not None and time <= records.now():
        raise InvalidField("expires_at: it must be in the future.")
    return time
