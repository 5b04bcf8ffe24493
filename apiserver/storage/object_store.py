"""The object store that all gateways and workers share: opening it, and its objects; translates its errors."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from urllib.request import url2pathname

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import ObjectStore, from_url

from apiserver.problems import ImageStoreUnavailable, ImageTooLarge, ObjectNotFound, Refused

if TYPE_CHECKING:
    from obstore import GetResult
    from obstore.store import RetryConfig

# By default, obstore retries for three minutes, with pauses of up to fifteen seconds. Calls are limited here, by
# `reaching_store`: options of its HTTP client would replace all that the environment sets, such as AWS_ALLOW_HTTP.
_RETRIES: "RetryConfig" = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"init_backoff": timedelta(milliseconds=50), "max_backoff": timedelta(seconds=1), "base": 2},
}


_OF_THE_CLIENT = (
    FileNotFoundError,
    PermissionError,
    ValueError,  # a key that no store can have
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
"""Errors about what a client asks for in a bucket, or about what we may read there."""


class StoredObject(NamedTuple):
    """The content of an object, as a stream."""

    size_bytes: int
    chunks: AsyncIterator[bytes]


def open_store(url: str) -> ObjectStore:
    """Open the object store at `url`; create the folder of a `file://` URL. Raises ValueError for an unknown scheme."""
    if folder := local_folder(url):
        folder.mkdir(parents=True, exist_ok=True)
    return from_url(url, retry_config=_RETRIES)


def local_folder(url: str) -> Path | None:
    """Return the folder of a `file://` store; None for other stores."""
    parts = urlsplit(url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def require_store(url: str) -> None:
    """End the process with a message that names the setting if the store at `url` cannot be opened."""
    try:
        open_store(url)
    except OSError as error:
        reason = f"its folder cannot be created: {error.strerror}"
    except (BaseError, ValueError) as error:
        reason = str(error).partition("\n")[0]  # the lines below it show obstore's source code
    else:
        return
    sys.stderr.write(f"APISERVER_IMAGE_STORE_URL: {reason}\n")
    sys.exit(2)


@asynccontextmanager
async def reaching_store(timeout_seconds: float) -> AsyncIterator[None]:
    """Limit the time of the block and translate the object store's errors into problems."""
    try:
        async with asyncio.timeout(timeout_seconds):
            yield
    except (BaseError, OSError) as error:
        raise ImageStoreUnavailable from error


async def open_object(store: ObjectStore, key: str, timeout_seconds: float, *, missing: type[Refused]) -> StoredObject:
    """Open the object at `key`. Raises `missing` if it does not exist, or ImageStoreUnavailable."""
    async with reaching_store(timeout_seconds):
        try:
            found = await obstore.get_async(store, key)
        except FileNotFoundError as error:
            raise missing from error
    return StoredObject(found.meta["size"], _chunks(found, timeout_seconds))


async def read_foreign(
    url: str,
    key: str,
    version: str | None,
    timeout_seconds: float,
    *,
    max_bytes: int,
    admit: Callable[[int], object],
) -> bytes:
    """Return an object of a bucket that is not ours. admit: called with its size before it is read.

    Raises ObjectNotFound, also for a key or a version that the store cannot have, ImageTooLarge, or
    ImageStoreUnavailable.
    """
    if not key.strip("/") or (version and local_folder(url)):
        raise ObjectNotFound("The bucket has no such object.")
    async with reaching_store(timeout_seconds):
        try:
            found = await obstore.get_async(_foreign_store(url), key, options={"version": version} if version else {})
            if found.meta["size"] > max_bytes:
                raise ImageTooLarge
            admit(found.meta["size"])
            return bytes(await found.bytes_async())
        except _OF_THE_CLIENT as error:
            raise ObjectNotFound("The bucket has no such object, or it may not be read.") from error


@lru_cache(maxsize=100)
def _foreign_store(url: str) -> ObjectStore:
    return from_url(url, retry_config=_RETRIES)


async def _chunks(found: "GetResult", timeout_seconds: float) -> AsyncIterator[bytes]:
    """Yield the content. Raises ImageStoreUnavailable if a chunk does not arrive in time."""
    stream = found.stream()
    while True:
        async with reaching_store(timeout_seconds):
            chunk = await anext(stream, None)
        if chunk is None:
            return
        yield bytes(chunk)


async def delete_object(store: ObjectStore, key: str, timeout_seconds: float) -> None:
    """Delete the object at `key`, which need not exist. Raises ImageStoreUnavailable."""
    async with reaching_store(timeout_seconds):
        with suppress(FileNotFoundError):
            await obstore.delete_async(store, key)


async def delete_objects(store: ObjectStore, keys: Sequence[str], timeout_seconds: float) -> dict[str, BaseException]:
    """Delete objects concurrently; return the errors of those that could not be deleted, by key."""
    deletions = (delete_object(store, key, timeout_seconds) for key in keys)
    errors = await asyncio.gather(*deletions, return_exceptions=True)
    return {key: error for key, error in zip(keys, errors, strict=True) if error is not None}
