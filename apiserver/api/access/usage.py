"""What a key may do, and how much of it is left."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from apiserver.access.grants import Grant, current_grant
from apiserver.access.limits import Limit, Quota
from apiserver.access.scopes import Scope
from apiserver.database.pool import Share
from apiserver.http.access.guard import needs
from apiserver.http.checked_routes import CheckedRoute
from apiserver.keys import records
from apiserver.problems import KeyNotFound
from apiserver.state import State, StateOf
from serving.problem_responses import ProblemDetails

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDetails} for status in (400, 401, 403, 404, 500, 503)
}

router = APIRouter(tags=["keys"], route_class=CheckedRoute)


class Spent(BaseModel):
    """What a key has used of a quota today. limit, left: null without a limit."""

    kind: Quota
    spent: float = Field(examples=[812.4])
    limit: float | None = Field(examples=[3600])
    left: float | None = Field(examples=[2787.6])


class LimitInForce(BaseModel):
    """A limit, the key's own or the service's; null: no limit."""

    name: Limit
    limit: float | None = Field(examples=[600])


class UsageAnswer(BaseModel):
    """What a key has used today, at all gateways, and its limits."""

    key: str = Field(examples=["3vQ0x9LkP2aB"])
    resets_at: datetime = Field(description="When the day ends: at 00:00 UTC.")
    quotas: list[Spent]
    limits: list[LimitInForce] = Field(description="Limits that are not daily quotas.")


@router.get("/usage", responses=_PROBLEMS)
@needs(free=True)
async def own_usage(state: StateOf) -> UsageAnswer:
    """Return what the caller's key has used today; 404 for callers without a key, who are not counted."""
    return await _usage(state, current_grant())


@router.get("/keys/{id}/usage", responses=_PROBLEMS)
@needs(Scope.ADMIN, free=True)
async def key_usage(id: str, state: StateOf) -> UsageAnswer:  # noqa: A002 - its name on the wire
    """Return what a key has used today."""
    async with state.database.unbound(Share.READS) as connection:
        record = await records.read(connection, id.replace("\0", ""), current_grant())
    return await _usage(state, record.grant)


async def _usage(state: State, grant: Grant) -> UsageAnswer:
    if grant.key is None:
        raise KeyNotFound("Without a key, nothing is counted and nothing is limited.")
    usage = state.usage
    spent = await usage.today(grant.key)
    daily = {quota.limit for quota in Quota}
    return UsageAnswer(
        key=grant.key,
        resets_at=_next_midnight(),
        quotas=[_spent(quota, spent[quota], usage.limit(grant, quota.limit)) for quota in Quota],
        limits=[LimitInForce(name=name, limit=usage.limit(grant, name)) for name in Limit if name not in daily],
    )


def _next_midnight() -> datetime:
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _spent(quota: Quota, spent: float, limit: float | None) -> Spent:
    left = None if limit is None else max(0.0, round(limit - spent, 3))
    return Spent(kind=quota, spent=round(spent, 3), limit=limit, left=left)
