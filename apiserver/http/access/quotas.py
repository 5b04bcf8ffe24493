"""Quotas of a day, applied where a route is known and nothing of the body is read."""

from collections.abc import Iterable

from starlette.types import Scope

from apiserver.access.grants import Grant
from apiserver.access.limits import ALWAYS, Limit, Quota
from apiserver.access.metering import set_meter
from apiserver.http.access.rates import DAY, EXEMPT_METHODS, Shown
from apiserver.state import State


async def admit(scope: Scope, grant: Grant, spends: Iterable[Quota], *, free: bool) -> None:
    """Count a request, and what the rest of it spends. Raises QuotaSpent.

    free: the call is admitted whatever is spent, as deletions are.
    """
    usage = State.of_scope(scope).usage
    await usage.prepare(grant)
    set_meter(usage.meter_of(grant))
    if grant.key is None or free or scope["method"] in EXEMPT_METHODS:
        return
    limit = usage.limit(grant, Limit.REQUESTS_PER_DAY)
    try:
        usage.check(grant, ALWAYS.union(spends))
        usage.count(grant.key, Quota.REQUESTS, 1)
    finally:
        left = usage.left(grant, Quota.REQUESTS)
        if limit is not None and left is not None:
            scope["state"]["rates"].append(Shown(DAY, int(limit), 86_400, max(0, int(left)), usage.seconds_left))
