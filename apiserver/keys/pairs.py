"""Pairs of an access key id and a secret that signs requests. The service needs the secret itself to check signatures.

So it is stored, encrypted under the master key, and there are no pairs without a master key.
"""

import logging
import secrets
from hashlib import sha256
from typing import NamedTuple

from cachetools import TTLCache

from apiserver.access.grants import Grant
from apiserver.database.pool import Database
from apiserver.database.session import Connection
from apiserver.encryption.master_keys import MasterKeys, Wrapped
from apiserver.keys import records
from apiserver.keys.records import KeyRecord, Wanted
from apiserver.keys.secrets import in_digits, new_id
from apiserver.problems import KeyUnavailable

_PREFIX = "AKFS"
_SECRET_BITS = 238
_SECRET_LENGTH = 40
_END_OF_MASTER_ID = b"\0"
_MAX_SECRETS = 1_000
_UNWRAPPED_SECONDS = 300.0
"""Unwrapping may ask a key management service."""

_BATCH = 100

_logger = logging.getLogger(__name__)

_NO_MASTER_KEY = (
    "A pair needs a master key, under which its secret is stored: set APISERVER_MASTER_KEY_FILE, APISERVER_MASTER_KEY "
    "or APISERVER_MASTER_KEY_COMMAND, the same for all gateways."
)


class Pair(NamedTuple):
    """A pair; wrapped: its secret, encrypted, and before it the id of the master key."""

    record: KeyRecord
    wrapped: bytes

    @property
    def grant(self) -> Grant:
        """What a caller with this pair may do."""
        return self.record.grant


def access_key_id(key_id: str) -> str:
    """Return what clients send of a pair."""
    return _PREFIX + key_id


def key_id_of(access_key: str) -> str | None:
    """Return the id of the key that an access key id names; None for those of others."""
    return access_key.removeprefix(_PREFIX) if access_key.startswith(_PREFIX) else None


async def find(connection: Connection, key_id: str) -> Pair | None:
    """Return a pair, None if there is none with this id."""
    found = await records.find_pair(connection, key_id)
    return Pair(*found) if found else None


async def create(connection: Connection, masters: MasterKeys, wanted: Wanted, created_by: str) -> tuple[KeyRecord, str]:
    """Store a new pair; return it and its secret, which cannot be read again. Raises KeyUnavailable."""
    if not masters:
        raise KeyUnavailable(_NO_MASTER_KEY)
    key_id, secret = new_id(), in_digits(secrets.randbits(_SECRET_BITS), _SECRET_LENGTH)
    wrapped = _written(await masters.wrap(secret.encode(), _context(key_id)))
    return await records.create_pair(connection, key_id, wanted, wrapped, created_by), secret


async def rewrap(database: Database, masters: MasterKeys) -> int:
    """Encrypt all secrets by the newest master key; return how many were not yet.

    One whose master key is not set is left. Raises DatabaseUnavailable.
    """
    done, last = 0, ""
    while True:
        async with database.unbound() as connection:
            found = await records.page_of_secrets(connection, last, _BATCH)
        for key_id, wrapped in found:
            last = key_id
            if _read(wrapped).master_id == masters.newest_id:
                continue
            try:
                secret = await masters.unwrap(_read(wrapped), _context(key_id))
                again = _written(await masters.wrap(secret, _context(key_id)))
            except KeyUnavailable as problem:
                _logger.warning("The secret of the pair %s stays under its master key: %s", key_id, problem)
                continue
            async with database.unbound() as connection:
                await records.replace_secret(connection, key_id, wrapped, again)
            done += 1
        if len(found) < _BATCH:
            return done


class Secrets:
    """The secrets of pairs, remembered for minutes."""

    def __init__(self, masters: MasterKeys) -> None:
        self._masters = masters
        self._known: TTLCache[bytes, str] = TTLCache(_MAX_SECRETS, _UNWRAPPED_SECONDS)

    async def of(self, pair: Pair) -> str:
        """Return the secret of a pair. Raises KeyUnavailable."""
        digest = sha256(pair.record.id.encode() + pair.wrapped).digest()
        if (known := self._known.get(digest)) is not None:
            return known
        secret = (await self._masters.unwrap(_read(pair.wrapped), _context(pair.record.id))).decode()
        self._known[digest] = secret
        return secret


def _context(key_id: str) -> str:
    return f"pair {key_id}"


def _written(wrapped: Wrapped) -> bytes:
    return wrapped.master_id.encode() + _END_OF_MASTER_ID + wrapped.secret


def _read(stored: bytes) -> Wrapped:
    master_id, _, secret = stored.partition(_END_OF_MASTER_ID)
    return Wrapped(secret, master_id.decode())
