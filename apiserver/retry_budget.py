"""How many second attempts the vectorizers must bear."""


class RetryBudget:
    """Allows one retry for every few requests, so that an outage is not answered with twice the load.

    A bucket: every request puts a fraction of a token in, every retry takes a whole one out. It starts full, and what
    it holds at most is what the last requests have earned.
    """

    def __init__(self, *, share: float = 0.2, requests: int = 500) -> None:
        self._share = share
        self._most = share * requests
        self._tokens = self._most

    def earn(self) -> None:
        """Count a request."""
        self._tokens = min(self._most, self._tokens + self._share)

    def spend(self) -> bool:
        """Count a retry, and tell whether it may be made."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
