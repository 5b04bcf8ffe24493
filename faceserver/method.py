"""Makes a method of both clients out of one description of a call."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, overload

from faceserver.call import Call, Page, T

P = ParamSpec("P")


class Waiting(ABC):
    """A client whose calls return when the answer is there."""

    @abstractmethod
    def answer(self, call: Call[T]) -> T:
        """Send a call and return its result. Every other method is made of this one."""

    @abstractmethod
    def answers(self, first: Call[Page[T]]) -> Iterator[T]:
        """Send a call, and as they are needed those for the pages after it; yield what is listed."""


class Awaited(ABC):
    """A client whose calls are awaited."""

    @abstractmethod
    async def answer(self, call: Call[T]) -> T:
        """Send a call and return its result. Every other method is made of this one."""

    @abstractmethod
    def answers(self, first: Call[Page[T]]) -> AsyncIterator[T]:
        """Send a call, and as they are needed those for the pages after it; yield what is listed."""


class result(Generic[P, T]):  # noqa: N801 - a decorator
    """Makes a method that returns the result of the call which the decorated one describes.

    Its parameters are those of the decorated method; of an `Awaited` client it is awaited.
    """

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe

    @overload
    def __get__(self, client: None, kind: type) -> Callable[..., Call[T]]: ...
    @overload
    def __get__(self, client: Waiting, kind: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaited, kind: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Waiting | Awaited | None, kind: type) -> Callable[..., Any]:
        """Return the method of a client; of the class, for those who look up what it does, the description."""
        if client is None:
            return self._describe
        describe = self._describe.__get__(client)
        if isinstance(client, Waiting):
            return wraps(describe)(lambda *args, **named: client.answer(describe(*args, **named)))

        @wraps(describe)
        async def send(*args: P.args, **named: P.kwargs) -> T:
            return await client.answer(describe(*args, **named))

        return send


class listing(Generic[P, T]):  # noqa: N801 - a decorator
    """Makes a method that iterates over the entries of all pages, of which the decorated one describes the first.

    Its parameters are those of the decorated method; of an `Awaited` client it is for `async for`.
    """

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[Page[T]]]) -> None:
        self._describe = describe

    @overload
    def __get__(self, client: None, kind: type) -> Callable[..., Call[Page[T]]]: ...
    @overload
    def __get__(self, client: Waiting, kind: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: Awaited, kind: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Waiting | Awaited | None, kind: type) -> Callable[..., Any]:
        """Return the method of a client; of the class, for those who look up what it does, the description."""
        if client is None:
            return self._describe
        describe = self._describe.__get__(client)
        return wraps(describe)(lambda *args, **named: client.answers(describe(*args, **named)))
