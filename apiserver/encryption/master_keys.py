"""Master keys, which wrap the keys of directories. They are neither in the database nor stored with the data."""

import asyncio
import base64
import binascii
import hashlib
import logging
import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apiserver.problems import KeyUnavailable

_KEY_BYTES = 32
_NONCE_BYTES = 12

_COMMAND_SECONDS = 10.0
_COMMANDS_AT_ONCE = 4
_MAX_ANSWER_BYTES = 65_536

_logger = logging.getLogger(__name__)


class Wrapped(NamedTuple):
    """A secret that a master key encrypted, and which one did."""

    secret: bytes
    master_id: str


class MasterKey(Protocol):
    """A key that wraps secrets; `context` is needed again to unwrap them."""

    @property
    def id(self) -> str:
        """What names the key in the database."""

    async def wrap(self, secret: bytes, context: str) -> bytes:
        """Return the secret encrypted. Raises KeyUnavailable."""

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Return the secret. Raises KeyUnavailable."""


class LocalKey:
    """A master key in this process: AES-256-GCM with a random nonce."""

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCM(secret)
        self.id = hashlib.sha256(b"faceserver master key " + secret).hexdigest()[:16]

    async def wrap(self, secret: bytes, context: str) -> bytes:
        """Return the nonce and the secret encrypted."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret, context.encode())

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Return the secret. Raises KeyUnavailable if it was wrapped in another context, or changed."""
        try:
            return self._aead.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], context.encode())
        except InvalidTag as error:
            raise KeyUnavailable("A directory's key does not match the master key: its row was changed.") from error


class CommandKey:
    """A master key behind a command, such as a key management service.

    The command is run with `wrap` or `unwrap` as its last argument. It reads one line, the secret or what `wrap`
    answered in base64, and writes one line, in base64 too. A status other than 0 is an outage.
    """

    id = "command"

    def __init__(self, command: str, timeout_seconds: float = _COMMAND_SECONDS) -> None:
        self._command = shlex.split(command)
        self._timeout_seconds = timeout_seconds
        self._turns = asyncio.Semaphore(_COMMANDS_AT_ONCE)

    async def wrap(self, secret: bytes, context: str) -> bytes:
        """Return what the command answers."""
        bound = hashlib.sha256(context.encode()).digest()
        return await self._run("wrap", bound + secret)

    async def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """Return the secret. Raises KeyUnavailable also if it was wrapped in another context."""
        secret = await self._run("unwrap", wrapped)
        bound = hashlib.sha256(context.encode()).digest()
        if not secret.startswith(bound):
            raise KeyUnavailable("The command of the master key answered another directory's key.")
        return secret.removeprefix(bound)

    async def _run(self, act: str, content: bytes) -> bytes:
        async with self._turns:
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    answer = await self._answer(act, base64.b64encode(content) + b"\n")
            except (OSError, TimeoutError) as error:
                raise KeyUnavailable("The command of the master key did not answer.") from error
        try:
            return base64.b64decode(answer, validate=True)
        except binascii.Error as error:
            raise KeyUnavailable("The command of the master key did not answer one line in base64.") from error

    async def _answer(self, act: str, line: bytes) -> bytes:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*self._command, act, stdin=pipe, stdout=pipe, stderr=pipe)
        try:
            answer, errors = await process.communicate(line)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode or not answer.strip() or len(answer) > _MAX_ANSWER_BYTES:
            said = errors.decode(errors="replace").strip().rpartition("\n")[2]
            _logger.warning("The command of the master key ended with status %s: %s", process.returncode, said)
            raise KeyUnavailable("The command of the master key failed; its error is in the log.")
        return answer.strip()


class MasterKeys:
    """The master keys of a process: the first one wraps, all of them unwrap."""

    def __init__(self, keys: Sequence[MasterKey] = ()) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        """Whether encryption is on."""
        return bool(self._keys)

    @property
    def newest_id(self) -> str | None:
        """The id of the key that wraps."""
        return self._keys[0].id if self._keys else None

    async def wrap(self, secret: bytes, context: str) -> Wrapped:
        """Return the secret, wrapped by the newest key. Raises KeyUnavailable."""
        if not self._keys:
            raise KeyUnavailable
        return Wrapped(await self._keys[0].wrap(secret, context), self._keys[0].id)

    async def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        """Return the secret. Raises KeyUnavailable, also if its master key is not among these."""
        if not self._keys:
            raise KeyUnavailable
        for key in self._keys:
            if key.id == wrapped.master_id:
                return await key.unwrap(wrapped.secret, context)
        raise KeyUnavailable(
            f"Stored data are encrypted under the master key {wrapped.master_id}, which is not among those set."
        )


def read_master_keys(*, command: str | None, file: Path | None, keys: str | None) -> MasterKeys:
    """Return the configured keys: that of the command first, then those of the file, then the others.

    file, keys: 32 bytes in base64 each, the newest first. Raises ValueError with a sentence.
    """
    found: list[MasterKey] = [CommandKey(command)] if command else []
    if file:
        found += _local_keys(_read(file), f"The master key file {file}")
    if keys:
        found += _local_keys(keys, "APISERVER_MASTER_KEY")
    return MasterKeys(found)


def require_apart(file: Path, folder: Path) -> None:
    """Raise ValueError if a master key file lies in a folder of the data that it encrypts."""
    if file.resolve().is_relative_to(folder.resolve()):
        raise ValueError(
            f"The master key file {file} is in the data folder {folder}: a copy of the data would contain the key. "
            "Keep it elsewhere."
        )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except OSError as error:
        raise ValueError(f"The master key file {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"The master key file {file} is not text: write keys in base64.") from error


def _local_keys(text: str, source: str) -> list[MasterKey]:
    keys: list[MasterKey] = [LocalKey(_secret(word, source)) for word in text.replace(",", " ").split()]
    if not keys:
        raise ValueError(f"{source} has no key; make one with: openssl rand -base64 32")
    return keys


def _secret(word: str, source: str) -> bytes:
    with suppress(binascii.Error):
        secret = base64.b64decode(word, validate=True)
        if len(secret) == _KEY_BYTES:
            return secret
    raise ValueError(f"{source} must have 32 bytes in base64; make them with: openssl rand -base64 32")
