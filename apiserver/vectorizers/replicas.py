"""State of the vectorizers as seen by this gateway, the choice of one for the next image, and the limit of retries.

Times are in seconds of one monotonic clock.
"""

from collections.abc import Iterable, Sequence
from random import Random

_FIRST_PROBE_SECONDS = 0.25
_MAX_PROBE_SECONDS = 5.0
_FULL_SECONDS = 1.0
"""How long a refusal limits a replica. It may have been filled by other gateways' images, which soon end."""


class Replica:
    """One vectorizer: its images from this gateway, its capacity, and its health."""

    def __init__(self, url: str, slots: int) -> None:
        self.url = url
        self.in_flight = 0
        self.turn = 0
        """Sequence number of the last choice of this replica."""
        self.answers = 0
        self._slots = slots
        self._fits = slots
        self._fits_until = 0.0
        self._failures = 0
        self.set_aside = False
        """Whether the replica failed and gets no work."""
        self._probe_at = 0.0

    def has_room(self, now: float) -> bool:
        """Return whether the replica may accept another image."""
        return self.in_flight < (self._fits if now < self._fits_until else self._slots)

    def is_due(self, now: float) -> bool:
        """Return whether the replica is set aside and should be probed now."""
        return self.set_aside and self._probe_at <= now

    def answered(self) -> None:
        """Record a successful answer."""
        self.answers += 1
        self._failures = 0
        self.set_aside = False

    def refused(self, now: float) -> None:
        """Record that the replica was full: for a while, the other images in flight count as its capacity."""
        self._fits = max(1, self.in_flight - 1)
        self._fits_until = now + _FULL_SECONDS

    def failed(self, now: float) -> None:
        """Set the replica aside. The time doubles with each failure since its last answer.

        Further failures while it is set aside are not counted.
        """
        if self.set_aside and now < self._probe_at:
            return
        self.set_aside = True
        self._probe_at = now + min(_MAX_PROBE_SECONDS, _FIRST_PROBE_SECONDS * 2**self._failures)
        self._failures = min(self._failures + 1, 10)

    def recovered(self) -> None:
        """Give the replica work again after a successful probe; only an answer resets the count of failures."""
        self.set_aside = False


class Replicas:
    """All vectorizers; each gets at most `slots` images of this gateway at once."""

    def __init__(self, slots: int, random: Random | None = None) -> None:
        self._slots = slots
        self._random = random or Random()  # noqa: S311 - load balancing, not cryptography
        self.known: Sequence[Replica] = ()
        self._turns = 0

    def update(self, urls: Iterable[str]) -> None:
        """Replace the list of replicas by `urls`; the state of those that remain is kept."""
        known = {replica.url: replica for replica in self.known}
        self.known = [known.get(url) or Replica(url, self._slots) for url in dict.fromkeys(urls)]

    def choose(self, now: float, other_than: Replica | None = None) -> Replica | None:
        """Return, of two random replicas, the one with fewer images in flight; None if all are full.

        A tie goes to the one that was chosen longer ago, since chance alone would distribute a few hundred images
        unevenly. Replicas that are set aside are considered only if there are no others: they may have recovered.
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
        """Return whether a replica has room. True if no replica is known: the cause is then not a lack of room."""
        return not self.known or any(replica.has_room(now) for replica in self._sound())

    def _sound(self) -> Sequence[Replica]:
        return [replica for replica in self.known if not replica.set_aside] or self.known

    def due(self, now: float) -> list[Replica]:
        """Return the replicas that should be probed now."""
        return [replica for replica in self.known if replica.is_due(now)]


class RetryBudget:
    """Allows one retry for every few requests, so that retries do not double the load during an outage.

    A token bucket: each request adds `share` of a token, each retry takes one token. Its capacity is what `requests`
    requests add, and it starts full.
    """

    def __init__(self, *, share: float = 0.2, requests: int = 500) -> None:
        self._share = share
        self._max_tokens = share * requests
        self._tokens = self._max_tokens

    def earn(self) -> None:
        """Count a request."""
        self._tokens = min(self._max_tokens, self._tokens + self._share)

    def spend(self) -> bool:
        """Take a token for a retry; return whether the retry is allowed."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
