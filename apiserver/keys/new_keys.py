"""New keys of all kinds, with their text, which is shown once."""

from typing import NamedTuple

from apiserver.database.session import Connection
from apiserver.encryption.master_keys import MasterKeys
from apiserver.keys import pairs, records
from apiserver.keys.records import KeyRecord, Kind, Wanted
from apiserver.keys.uuid_keys import images_token


class NewKey(NamedTuple):
    """A key with its new text; for a pair, this is the secret access key."""

    record: KeyRecord
    text: str

    @property
    def images_token(self) -> str | None:
        """The token that replaces a UUID in the path of a photograph; None for other keys."""
        return images_token(self.text) if self.record.kind == Kind.UUID else None

    @property
    def access_key_id(self) -> str | None:
        """The id of a pair in requests; None for other keys."""
        return pairs.access_key_id(self.record.id) if self.record.kind == Kind.PAIR else None

    @property
    def fields(self) -> dict[str, str | None]:
        """The fields that are shown in addition to its record."""
        return {"key": self.text, "images_token": self.images_token, "access_key_id": self.access_key_id}


async def create(connection: Connection, masters: MasterKeys, wanted: Wanted, created_by: str) -> NewKey:
    """Store a new key of any kind. Raises KeyUnavailable for a pair without a master key, or DatabaseUnavailable."""
    if wanted.kind is Kind.PAIR:
        return NewKey(*await pairs.create(connection, masters, wanted, created_by))
    return NewKey(*await records.create(connection, wanted, created_by))
