"""Turns what a request brings into the grant of its caller."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from apiserver.access.grants import EVERYWHERE, OPEN, Grant
from apiserver.access.scopes import Scope
from apiserver.access.sessions import SessionCookie
from apiserver.background import background, repeat
from apiserver.database.pool import Database, Share
from apiserver.encryption.master_keys import MasterKeys
from apiserver.keys import records
from apiserver.keys.attempts import Attempts
from apiserver.keys.known import KnownDigests, KnownKeys, KnownPairs
from apiserver.keys.listening import Listener
from apiserver.keys.pairs import Pair, Secrets, key_id_of
from apiserver.keys.records import now
from apiserver.keys.secrets import read
from apiserver.keys.session_records import SESSION_CHANGED, SessionRecord
from apiserver.keys.sessions import Sessions
from apiserver.keys.token_rights import SUBJECT, is_token
from apiserver.keys.uuid_keys import PREFIX, UuidKey, read_token, read_uuid, sent_token
from apiserver.problems import KeyInvalid, NoKeys, Problem
from apiserver.settings.settings import Settings

if TYPE_CHECKING:
    from apiserver.keys.tokens import Tokens

_USES_SECONDS = 10.0
_BEARER = "bearer"


class Authenticator:
    """Knows who calls: by keys and sessions in memory, which the database keeps current."""

    def __init__(self, database: Database, settings: Settings, masters: MasterKeys | None = None) -> None:
        self._database = database
        self.keys_required = settings.keys_required
        anonymous = settings.anonymous_key
        self._anonymous = anonymous.get_secret_value() if anonymous else None
        self._attempts = Attempts()
        self._listener = Listener(
            settings.database_url.get_secret_value(), on_change=self._changed, on_start=self._started
        )
        self._keys = KnownKeys(database, self._listener.is_certain)
        compreface = "compreface" in settings.facade_names
        self._digests = KnownDigests(database, self._listener.is_certain) if compreface else None
        self.sessions = Sessions(database, settings, self._listener.is_certain)
        self._pairs = KnownPairs(database, self._listener.is_certain)
        self._secrets = Secrets(masters or MasterKeys())
        self._tokens = _open_tokens(settings) if settings.oidc_issuer else None
        self._used: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Receive changes of keys, and record uses, while the block runs."""
        async with AsyncExitStack() as stack:
            for work in (
                self._listener.run(),
                repeat(self._record_uses, _USES_SECONDS),
                repeat(self.sessions.record_uses, _USES_SECONDS),
                *([self._tokens.provider.run()] if self._tokens else []),
            ):
                await stack.enter_async_context(background(work))
            yield

    async def grant_of(self, scope: Mapping[str, Any], cookie: SessionCookie | None = None) -> Grant | None:
        """Return the grant of the caller of an ASGI request; None if it brings no key and one is required.

        A key or token in the headers counts before the cookie of a session. Raises KeyInvalid, NoKeys, TooManyAttempts,
        DatabaseUnavailable, or what a token that is not accepted raises.
        """
        address = client_of(scope)
        try:
            sent = _sent(scope["headers"])
            if grant := await self._grant_of_compreface(scope, sent, cookie):
                return grant
            if (text := self._meant(sent)) is not None:
                return await self._grant_of_text(text, address)
            if cookie and (grant := await self._grant_of_session(cookie, address)):
                return grant
            if sent is None and (text := self._meant(self._anonymous)) is not None:
                return await self._grant_of_text(text, address)
        except KeyInvalid:
            await self._failed(address)
            raise
        if not self.keys_required:
            return OPEN
        await self._require_keys()
        return None

    async def sign_in(self, text: str, scope: Mapping[str, Any]) -> Grant:
        """Return the grant of the key that a request has in its body. Raises as `grant_of` does."""
        address = client_of(scope)
        try:
            return await self._grant_of_text(text, address)
        except KeyInvalid:
            await self._failed(address)
            raise

    async def pair_of(self, access_key: str, scope: Mapping[str, Any]) -> Pair | None:
        """Return the pair with this access key id; None for any other where no key is required.

        Whether the caller has its secret is to be checked. Raises KeyInvalid, NoKeys, TooManyAttempts or
        DatabaseUnavailable.
        """
        key_id, address = key_id_of(access_key), client_of(scope)
        found = self._pairs.held(key_id) if key_id else None
        if found is None and key_id:
            if self.keys_required and self._attempts.are_spent(address) and not await self._pairs.exists(key_id):
                self._attempts.check(address)
            found = await self._pairs.find(key_id)
        if found and found.record.is_usable(now()):
            return found
        if not self.keys_required:
            return None
        await self.refuse_signature(scope, KeyInvalid())
        return None

    async def secret_of(self, pair: Pair) -> str:
        """Return the secret of a pair. Raises KeyUnavailable."""
        return await self._secrets.of(pair)

    def used(self, pair: Pair) -> Grant:
        """Return what a caller gets who has shown that it has the secret of a pair."""
        self._used.add(pair.record.id)
        return pair.grant

    async def refuse_signature(self, scope: Mapping[str, Any], problem: Problem) -> None:
        """Count a wrong key of the caller, and raise `problem`, or TooManyAttempts."""
        address = client_of(scope)
        self._attempts.check(address)
        await self._failed(address)
        raise problem

    async def grant_of_key(self, key_id: str) -> Grant | None:
        """Return what the key with this id may do now; None if it is unknown, expired or revoked.

        The subject of a token stands for itself: nobody tells when it ends, so its links end with the token. Raises
        DatabaseUnavailable.
        """
        if key_id.startswith(SUBJECT):
            return Grant(key_id, frozenset(Scope), EVERYWHERE, key_id) if self._tokens else None
        found = self._keys.held(key_id) or await self._keys.find(key_id)
        return found.grant if found and found.is_usable(now()) else None

    @property
    def is_provider_down(self) -> bool:
        """Whether there is an identity provider, and it does not answer."""
        return self._tokens is not None and self._tokens.provider.is_failing

    async def check_ready(self) -> None:
        """Raise NoKeys if a key is required and none works, or DatabaseUnavailable."""
        await self._require_keys()

    def _meant(self, text: str | None) -> str | None:
        """Return a text that counts as a key. Where none is required, other programs' headers mean nothing."""
        if text is None:
            return None
        return text if self.keys_required or read(text) or (self._tokens and is_token(text)) else None

    async def _grant_of_text(self, text: str, address: str) -> Grant:
        if self._tokens and is_token(text):
            try:
                return await self._tokens.grant_of(text)
            except KeyInvalid:
                self._attempts.check(address)
                raise
        key = read(text)
        if key is None:
            self._attempts.check(address)
            raise KeyInvalid
        found = self._keys.held(key.id)
        if found is None:
            # Callers that share an address with somebody who guesses must get in, and guesses must not cost lookups.
            if self._attempts.are_spent(address) and not await self._keys.exists(key.id):
                self._attempts.check(address)
            found = await self._keys.find(key.id)
        if found is None or not found.admits(key.hash, now()):
            self._attempts.check(address)
            raise KeyInvalid
        self._used.add(found.id)
        return found.grant

    async def _grant_of_compreface(
        self, scope: Mapping[str, Any], sent: str | None, cookie: SessionCookie | None
    ) -> Grant | None:
        """Return the grant of a UUID in a call of CompreFace: in the headers, or in the path of a photograph.

        None if there is no UUID, or if it is unknown and no key is required. In a path it precedes the cookie of a
        session, which browsers always send, and which may have expired. Raises KeyInvalid.
        """
        if self._digests is None or not scope["path"].startswith(PREFIX):
            return None
        token = sent_token(scope) if sent is None else None
        key = read_token(token) if token is not None else read_uuid(sent or "")
        if token is None and key is None:
            return None
        address = client_of(scope)
        grant = await self._grant_of_uuid(key, self._digests, address) if key else None
        if token is not None and cookie:
            grant = grant or await self._grant_of_session(cookie, address)
        if grant is None and self.keys_required:
            self._attempts.check(address)
            raise KeyInvalid
        return grant

    async def _grant_of_uuid(self, key: UuidKey, digests: KnownDigests, address: str) -> Grant | None:
        """Return the grant of a UUID; None if it is unknown, expired or revoked."""
        digest = key.digest.hex()
        found = digests.held(digest)
        if found is None and (not self._attempts.are_spent(address) or await digests.exists(digest)):
            found = await digests.find(digest)
        if found is None or not found.admits(key.digest, now()):
            return None
        self._used.add(found.id)
        return key.limiting(found.grant)

    async def _grant_of_session(self, cookie: SessionCookie, address: str) -> Grant | None:
        """Return what the session gives now; None if it has ended.

        A cookie of no session counts as a wrong key, once: pages that have an old one ask often.
        """
        is_new = self.sessions.is_new(cookie)
        if is_new:
            self._attempts.check(address)
        session = await self.sessions.find(cookie)
        if session is None:
            if is_new:
                self._attempts.failed(address)
            return None
        grant = await self._granted(session)
        return grant and session.limiting(grant)

    async def _granted(self, session: SessionRecord) -> Grant | None:
        if session.key is None:
            return session.token if self._tokens else None
        self._used.add(session.key)
        return await self.grant_of_key(session.key)

    async def _failed(self, address: str) -> None:
        await self._require_keys()
        self._attempts.failed(address)

    async def _require_keys(self) -> None:
        if self.keys_required and not self._tokens and not await self._keys.is_any_usable():
            raise NoKeys

    def _changed(self, changed_id: str) -> None:
        if changed_id.startswith(SESSION_CHANGED):
            self.sessions.changed(changed_id.removeprefix(SESSION_CHANGED))
        else:
            self._keys.changed(changed_id)
            self._pairs.changed(changed_id)
            if self._digests:
                self._digests.changed(changed_id)

    def _started(self) -> None:
        self._keys.forget()
        self._pairs.forget()
        if self._digests:
            self._digests.forget()
        self.sessions.forget()

    async def _record_uses(self) -> None:
        used, self._used = self._used, set()
        if not used:
            return
        try:
            async with self._database.unbound(Share.READS) as connection:
                await records.note_uses(connection, sorted(used))
        except BaseException:
            self._used |= used
            raise


def client_of(scope: Mapping[str, Any]) -> str:
    """Return the address of the client of an ASGI request, empty if unknown."""
    return scope["client"][0] if scope["client"] else ""


def _sent(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the key in the headers, None if there is none. Raises KeyInvalid for several that differ."""
    texts: list[str] = []
    for name, value in headers:
        if name == b"authorization":
            scheme, _, credentials = value.decode("latin-1").partition(" ")
            texts.append(credentials.strip() if scheme.lower() == _BEARER else "")
        elif name == b"x-api-key":
            texts.append(value.decode("latin-1").strip())
    if not texts:
        return None
    if len(set(texts)) > 1 or len(texts) > 2:
        raise KeyInvalid("The request has several keys, or an Authorization that is not Bearer.")
    return texts[0]


def _open_tokens(settings: Settings) -> "Tokens":
    from apiserver.keys.tokens import Tokens  # noqa: PLC0415 - its libraries load slowly, and few gateways need them

    return Tokens(settings)
