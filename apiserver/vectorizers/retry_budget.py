"""The limit of retries at the vectorizers."""


class RetryBudget:
    """Allows one retry for every few requests, so that retries do not double the load during an outage.

    A token bucket: each request adds `share` of a token, each retry takes one token. Its capacity is what `requests`
    requests add, and it starts full.
    """

    def __init__(self, *, share: float = 0.2, requests: int = 500) -> None:
        self._share = share
        self._most = share * requests
        self._tokens = self._most

    def earn(self) -> None:
        """Count a request."""
        self._tokens = min(self._most, self._tokens + self._share)

    def spend(self) -> bool:
        """Take a token for a retry; return whether the retry is allowed."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
