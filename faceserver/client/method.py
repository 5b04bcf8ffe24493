"""Decorators that turn the description of a call into a method of both clients."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, overload

from faceserver.client.call import Call, Page, T

P = ParamSpec("P")


class SyncCaller(ABC):
    """A synchronous client."""

    @abstractmethod
    def answer(self, call: Call[T]) -> T:
        """Send a call and return its result; all other methods use this one."""

    @abstractmethod
    def answers(self, first: Call[Page[T]]) -> Iterator[T]:
        """Yield the entries of a list, sending the call for each page when it is needed."""


class AsyncCaller(ABC):
    """A client for asyncio."""

    @abstractmethod
    async def answer(self, call: Call[T]) -> T:
        """Send a call and return its result; all other methods use this one."""

    @abstractmethod
    def answers(self, first: Call[Page[T]]) -> AsyncIterator[T]:
        """Yield the entries of a list, sending the call for each page when it is needed."""


class result(Generic[P, T]):  # noqa: N801 - a decorator
    """Turns a method that describes a call into one that returns its result.

    The parameters stay the same; the method of an `AsyncCaller` is a coroutine.
    """

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe

    @overload
    def __get__(self, client: None, kind: type) -> Callable[..., Call[T]]: ...
    @overload
    def __get__(self, client: SyncCaller, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncCaller, kind: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: SyncCaller | AsyncCaller | None, kind: type) -> Callable[..., Any]:
        """Return the method of a client; accessed on the class, return the description, for its documentation."""
        if client is None:
            return self._describe
        describe = self._describe.__get__(client)
        if isinstance(client, SyncCaller):
            return wraps(describe)(lambda *args, **named: client.answer(describe(*args, **named)))

        @wraps(describe)
        async def send(*args: P.args, **named: P.kwargs) -> T:
            return await client.answer(describe(*args, **named))

        return send


class listing(Generic[P, T]):  # noqa: N801 - a decorator
    """Turns a method that describes the first page of a list into one that iterates over all entries.

    The parameters stay the same; the method of an `AsyncCaller` returns an asynchronous iterator.
    """

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[Page[T]]]) -> None:
        self._describe = describe

    @overload
    def __get__(self, client: None, kind: type) -> Callable[..., Call[Page[T]]]: ...
    @overload
    def __get__(self, client: SyncCaller, kind: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: AsyncCaller, kind: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: SyncCaller | AsyncCaller | None, kind: type) -> Callable[..., Any]:
        """Return the method of a client; accessed on the class, return the description, for its documentation."""
        if client is None:
            return self._describe
        describe = self._describe.__get__(client)
        return wraps(describe)(lambda *args, **named: client.answers(describe(*args, **named)))
