"""Work on one image in parts, which several lanes do."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

ModelsT = TypeVar("ModelsT")
ModelsT_co = TypeVar("ModelsT_co", covariant=True)
Part = TypeVar("Part")
Result = TypeVar("Result")


class Share(Protocol[ModelsT_co]):
    """Does work in parts."""

    def __call__(self, work: Callable[[ModelsT_co, Part], Result], parts: Sequence[Part]) -> list[Result]:
        """Return the result of `work` for each part, in their order. Raises what the first failing part raised."""


@dataclass(frozen=True, slots=True)
class _Piece(Generic[Part, Result]):
    part: Part
    outcome: Future[Result] = field(default_factory=Future)


class SharedWork(Generic[ModelsT, Part, Result]):
    """Parts that threads take one after the other, each with its own models."""

    def __init__(self, work: Callable[[ModelsT, Part], Result], parts: Sequence[Part]) -> None:
        self._work = work
        self._pieces: list[_Piece[Part, Result]] = [_Piece(part) for part in parts]
        self._waiting = deque(self._pieces)

    @property
    def waiting(self) -> bool:
        """Whether there is a part that nobody has taken."""
        return bool(self._waiting)

    def do_next(self, models: ModelsT) -> None:
        """Do the next part, if there is one; once a part has failed, there is none."""
        try:
            piece = self._waiting.popleft()
        except IndexError:
            return
        try:
            piece.outcome.set_result(self._work(models, piece.part))
        except BaseException as error:  # noqa: BLE001 - `results` raises it, on the thread that waits for them
            piece.outcome.set_exception(error)
            self._drop()

    def results(self, models: ModelsT) -> list[Result]:
        """Do all parts that nobody else takes, and return the results of all."""
        while self.waiting:
            self.do_next(models)
        # Also after a failure: parts may still use what belongs to the image.
        wait(piece.outcome for piece in self._pieces)
        for piece in self._pieces:
            if not piece.outcome.cancelled() and (error := piece.outcome.exception()):
                raise error
        return [piece.outcome.result() for piece in self._pieces]

    def _drop(self) -> None:
        while self._waiting:
            try:
                piece = self._waiting.popleft()
            except IndexError:
                return
            piece.outcome.cancel()
            piece.outcome.set_running_or_notify_cancel()  # without which its caller would wait forever
