"""The vectorizers as this gateway sees them, and which one gets the next image. Times are seconds of one clock."""

from collections.abc import Collection, Iterable, Iterator
from random import Random

_FIRST_PROBE_SECONDS = 0.25
_MAX_PROBE_SECONDS = 5.0
_FULL_SECONDS = 1.0
"""How long a refusal tells how much a replica takes; others may have filled it, and they go."""


class Replica:
    """One vectorizer: how many images of ours are there, how many fit, and whether it is in its right mind."""

    def __init__(self, url: str, places: int) -> None:
        self.url = url
        self.in_flight = 0
        self.turn = 0
        """Which choice the last one of this replica was."""
        self.answers = 0
        self._places = places
        self._fits = places
        self._fits_until = 0.0
        self._failures = 0
        self._probe_at: float | None = None

    @property
    def set_aside(self) -> bool:
        """Whether it gets no work because it failed."""
        return self._probe_at is not None

    def has_room(self, now: float) -> bool:
        """Tell whether one image more may fit."""
        return self.in_flight < (self._fits if now < self._fits_until else self._places)

    def is_due(self, now: float) -> bool:
        """Tell whether it is time to ask a replica set aside how it is."""
        return self._probe_at is not None and self._probe_at <= now

    def answered(self) -> None:
        """Note that it did its work."""
        self.answers += 1
        self._failures = 0
        self._probe_at = None

    def refused(self, now: float) -> None:
        """Note that it was full: for a while, what is in flight beside the one it refused is taken as all that fits."""
        self._fits = max(1, self.in_flight - 1)
        self._fits_until = now + _FULL_SECONDS

    def failed(self, now: float) -> None:
        """Set it aside, for twice as long each time since its last answer; failures while it is aside are the same."""
        if self._probe_at is not None and now < self._probe_at:
            return
        self._probe_at = now + min(_MAX_PROBE_SECONDS, _FIRST_PROBE_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 10)

    def recovered(self) -> None:
        """Give it work again because it says it is well; only an answer makes its failures forgotten."""
        self._probe_at = None


class Replicas:
    """All vectorizers there are, of which each gets at most `places` images of this gateway at once."""

    def __init__(self, places: int, random: Random | None = None) -> None:
        self._places = places
        self._random = random or Random()  # noqa: S311 - spreads load, guards nothing
        self._replicas: dict[str, Replica] = {}
        self._turns = 0

    def __len__(self) -> int:
        return len(self._replicas)

    def __iter__(self) -> Iterator[Replica]:
        return iter(self._replicas.values())

    def update(self, urls: Iterable[str]) -> None:
        """Know the replicas at `urls` and no others; what is known of those that stay is kept."""
        self._replicas = {url: self._replicas.get(url) or Replica(url, self._places) for url in urls}

    def choose(self, now: float, other_than: Replica | None = None) -> Replica | None:
        """Return, of two replicas taken at random, the one with less in flight; None where all are full.

        Of two with the same, it is the one whose turn is longest ago: by chance alone, some hundred images would be
        spread unevenly. Those set aside are chosen from only when there are no others: they may be better than they
        seem.
        """
        able = [replica for replica in self._sound() if replica is not other_than and replica.has_room(now)]
        if not able:
            return None
        two = self._random.sample(able, min(2, len(able)))
        chosen = min(two, key=lambda replica: (replica.in_flight, replica.turn))
        self._turns += 1
        chosen.turn = self._turns
        return chosen

    def has_room(self, now: float) -> bool:
        """Tell whether there is a replica to choose. That none is known at all is not for want of room."""
        return not self._replicas or any(replica.has_room(now) for replica in self._sound())

    def _sound(self) -> Collection[Replica]:
        known = self._replicas.values()
        return [replica for replica in known if not replica.set_aside] or known

    def due(self, now: float) -> list[Replica]:
        """Return the replicas set aside that are to be asked how they are."""
        return [replica for replica in self._replicas.values() if replica.is_due(now)]
